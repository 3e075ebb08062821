/*
description: >
  Touchpoints after which things go better or worse than without them, for reaching the goal of a
  journey, for a promoter's answer and for the renewal of a subscription. Many are compared at once,
  so that q_value decides and not p_value. All of it is association: those who look at the help pages
  may have had trouble before.
grain: [outcome, journey, touchpoint]
requires: [config.journeys]
columns:
  outcome: {type: string, description: 'converted (the declared journey reached its goal), promoter (nps of 9 or 10) or renewed (the term that fell due).'}
  journey: {type: string, description: 'The declared journey of converted; (all) for the others.'}
  touchpoint: {type: string, description: 'Event name, on the way or within 90 days before.'}
  customer_count: {type: int64, description: Different persons who had it.}
  with_count: {type: int64, description: 'Ended journeys, answers or decided terms with the touchpoint.'}
  with_success_count: {type: int64, description: Those of them with the outcome.}
  with_rate: {type: float64, description: with_success_count over with_count.}
  without_count: {type: int64, description: The same without the touchpoint.}
  without_success_count: {type: int64, description: Those of them with the outcome.}
  without_rate: {type: float64, description: without_success_count over without_count.}
  difference:
    type: float64
    description: with_rate less without_rate.
    definition: success rate of journeys with the touchpoint - that of journeys without it
    edge_cases:
      - It says what goes together and not what causes what.
  difference_low: {type: float64, description: Lower bound of its 95 % interval., authority: Newcombe 1998 method 10}
  difference_high: {type: float64, description: Upper bound of its 95 % interval., authority: Newcombe 1998 method 10}
  p_value: {type: float64, description: Two-sided p value of equal rates.}
  q_value: {type: float64, description: The same corrected for all touchpoints of outcome and journey., authority: Benjamini and Hochberg 1995}
  direction: {type: string, description: 'positive or negative where q_value is at most 0.05 and the interval leaves 0 out; else none.'}
  is_suppressed: {type: bool, description: Whether rates are withheld because of min_cell persons.}
checks:
  - with_success_count <= with_count and without_success_count <= without_count
  - direction in ('positive', 'negative', 'none')
*/
with

-- What rates are of; null where too few persons stand behind them.
bases as (

    select
        outcomes.*,
        case when outcomes.customer_count >= settings.min_cell then with_count end
            as shown_with_count,
        case when outcomes.customer_count >= settings.min_cell then without_count end
            as shown_without_count,
        outcomes.customer_count < settings.min_cell as is_suppressed
    from journeys.touchpoint_outcomes as outcomes
    cross join config.settings as settings

),

contrasts as (

    select
        *,
        rate(with_success_count, shown_with_count) as with_rate,
        rate(without_success_count, shown_without_count) as without_rate,
        newcombe_diff_low(
            with_success_count, shown_with_count, without_success_count, shown_without_count
        ) as difference_low,
        newcombe_diff_high(
            with_success_count, shown_with_count, without_success_count, shown_without_count
        ) as difference_high,
        two_prop_p(
            with_success_count, shown_with_count, without_success_count, shown_without_count
        ) as p_value
    from bases

),

corrected_contrasts as (

    select
        *,
        benjamini_hochberg(p_value) over (partition by outcome, journey) as q_value
    from contrasts

),

moments_of_truth as (

    select
        outcome,
        journey,
        touchpoint,
        customer_count,
        with_count,
        with_success_count,
        with_rate,
        without_count,
        without_success_count,
        without_rate,
        with_rate - without_rate as difference,
        difference_low,
        difference_high,
        p_value,
        q_value,
        case
            when q_value <= 0.05 and difference_low > 0 then 'positive'
            when q_value <= 0.05 and difference_high < 0 then 'negative'
            else 'none'
        end as direction,
        is_suppressed
    from corrected_contrasts

)

select * from moments_of_truth
