/*
description: Months, quarters and years of the local calendar from 1990 to the one $as_of_date lies in.
grain: [period_unit, period_start_date]
columns:
  period_unit: {type: string, description: 'month, quarter or year.'}
  period_start_date: {type: date, description: First day of the period.}
  period_end_date: {type: date, description: Day after the last day of the period.}
*/
with

month_starts as (

    select unnest(generate_series(
        date '1990-01-01',
        period_start($as_of_date, 'month'),
        interval '1 month'
    )) as period_start_date

),

periods as (

    select
        'month' as period_unit,
        cast(period_start_date as date) as period_start_date,
        cast(period_start_date + interval '1 month' as date) as period_end_date
    from month_starts
    union all
    select
        'quarter' as period_unit,
        cast(period_start_date as date) as period_start_date,
        cast(period_start_date + interval '3 months' as date) as period_end_date
    from month_starts
    where date_part('month', period_start_date) in (1, 4, 7, 10)
    union all
    select
        'year' as period_unit,
        cast(period_start_date as date) as period_start_date,
        cast(period_start_date + interval '12 months' as date) as period_end_date
    from month_starts
    where date_part('month', period_start_date) = 1

)

select * from periods
