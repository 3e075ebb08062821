/*
description: >
  Any two segments of today on each metric of customers, with the interval of their difference.
  Customers in both count in both, so that the interval of overlapping segments is too wide rather
  than too narrow. What differs between segments is associated with them, not caused.
grain: [metric, segment, other_segment]
requires: [orders]
columns:
  metric: {type: string, description: 'repeat_rate (bought on two days or more), subscriber_rate, order_count, order_value, historic_value (means per customer).'}
  segment: {type: string, description: A segment.}
  other_segment: {type: string, description: 'A segment after it in the alphabet, or (others): customers who are not in the first.'}
  customer_count: {type: int64, description: Customers of segment.}
  other_customer_count: {type: int64, description: Customers of other_segment.}
  shared_customer_count: {type: int64, description: Customers in both.}
  value: {type: float64, description: The metric in segment.}
  other_value: {type: float64, description: The metric in other_segment.}
  difference: {type: float64, description: value less other_value.}
  difference_low:
    type: float64
    description: 'Lower bound of its 95 % interval: Newcombe for rates, Welch for means.'
    definition: lower bound of the 95 % interval of value - other_value
    authority: 'Newcombe 1998 method 10; Welch 1947'
  difference_high:
    type: float64
    description: Upper bound of the same.
    definition: upper bound of the 95 % interval of value - other_value
    authority: 'Newcombe 1998 method 10; Welch 1947'
  p_value: {type: float64, description: Two-sided p value of no difference.}
  q_value: {type: float64, description: 'The same, corrected for all comparisons of the metric.', authority: Benjamini and Hochberg 1995}
  test: {type: string, description: two_prop or welch.}
  is_suppressed: {type: bool, description: Whether values are withheld because a segment has fewer than min_cell customers.}
checks:
  - shared_customer_count <= customer_count
  - shared_customer_count <= other_customer_count
*/
with

current_members as (

    select
        segment,
        customer_id
    from segments.members
    where valid_from_date <= $as_of_date
        and (valid_to_date > $as_of_date or valid_to_date is null)

),

measures as (

    select
        customer_id,
        'repeat_rate' as metric,
        cast(case when frequency > 0 then 1 else 0 end as decimal(18, 4)) as value
    from marts.customer_value
    union all
    select
        customer_id,
        'subscriber_rate' as metric,
        cast(case when is_subscriber then 1 else 0 end as decimal(18, 4)) as value
    from marts.customer_value
    union all
    select customer_id, 'order_count' as metric, cast(order_count as decimal(18, 4)) as value
    from marts.customer_value
    union all
    select customer_id, 'order_value' as metric, order_value as value
    from marts.customer_value
    union all
    select customer_id, 'historic_value' as metric, historic_value as value
    from marts.customer_value

),

totals as (

    select
        metric,
        count(*) as customer_count,
        sum(value) as value_sum,
        sum(value * value) as square_sum
    from measures
    group by metric

),

segment_sums as (

    select
        measures.metric,
        current_members.segment,
        count(*) as customer_count,
        sum(measures.value) as value_sum,
        sum(measures.value * measures.value) as square_sum
    from current_members
    inner join measures
        on current_members.customer_id = measures.customer_id
    group by measures.metric, current_members.segment

),

shared_sums as (

    select
        members.segment,
        others.segment as other_segment,
        count(*) as shared_customer_count
    from current_members as members
    inner join current_members as others
        on members.customer_id = others.customer_id
        and members.segment < others.segment
    group by members.segment, others.segment

),

pairs as (

    select
        members.metric,
        members.segment,
        others.segment as other_segment,
        members.customer_count,
        members.value_sum,
        members.square_sum,
        others.customer_count as other_customer_count,
        others.value_sum as other_value_sum,
        others.square_sum as other_square_sum,
        coalesce(shared_sums.shared_customer_count, 0) as shared_customer_count
    from segment_sums as members
    inner join segment_sums as others
        on members.metric = others.metric
        and members.segment < others.segment
    left join shared_sums
        on members.segment = shared_sums.segment
        and others.segment = shared_sums.other_segment
    union all
    select
        members.metric,
        members.segment,
        '(others)' as other_segment,
        members.customer_count,
        members.value_sum,
        members.square_sum,
        totals.customer_count - members.customer_count as other_customer_count,
        totals.value_sum - members.value_sum as other_value_sum,
        totals.square_sum - members.square_sum as other_square_sum,
        0 as shared_customer_count
    from segment_sums as members
    inner join totals
        on members.metric = totals.metric

),

judged_pairs as (

    select
        pairs.*,
        least(pairs.customer_count, pairs.other_customer_count) < settings.min_cell as is_small
    from pairs
    cross join config.settings as settings

),

-- What values are of; null where too few customers stand behind either side.
bases as (

    select
        pairs.*,
        case when not is_small then customer_count end as shown_count,
        case when not is_small then other_customer_count end as shown_other_count
    from judged_pairs as pairs

),

tests as (

    select
        bases.*,
        'two_prop' as test,
        newcombe_diff_low(
            cast(value_sum as bigint), shown_count,
            cast(other_value_sum as bigint), shown_other_count
        ) as difference_low,
        newcombe_diff_high(
            cast(value_sum as bigint), shown_count,
            cast(other_value_sum as bigint), shown_other_count
        ) as difference_high,
        two_prop_p(
            cast(value_sum as bigint), shown_count,
            cast(other_value_sum as bigint), shown_other_count
        ) as p_value
    from bases
    where metric like '%_rate'
    union all
    select
        bases.*,
        'welch' as test,
        welch_diff_low(
            shown_count, value_sum, square_sum,
            shown_other_count, other_value_sum, other_square_sum
        ) as difference_low,
        welch_diff_high(
            shown_count, value_sum, square_sum,
            shown_other_count, other_value_sum, other_square_sum
        ) as difference_high,
        welch_p(
            shown_count, value_sum, square_sum,
            shown_other_count, other_value_sum, other_square_sum
        ) as p_value
    from bases
    where metric not like '%_rate'

),

segment_compare as (

    select
        metric,
        segment,
        other_segment,
        customer_count,
        other_customer_count,
        shared_customer_count,
        rate(value_sum, shown_count) as value,
        rate(other_value_sum, shown_other_count) as other_value,
        rate(value_sum, shown_count) - rate(other_value_sum, shown_other_count) as difference,
        difference_low,
        difference_high,
        p_value,
        benjamini_hochberg(p_value) over (partition by metric) as q_value,
        test,
        is_small as is_suppressed
    from tests

)

select * from segment_compare
