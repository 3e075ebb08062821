/*
description: >
  The way each journey instance took: its stages in the order in which they were entered. An
  instance that entered no stage has none.
grain: [instance_key]
columns:
  instance_key: {type: int64, description: Join key of the instance.}
  variant_id: {type: string, description: 'Id of the way: equal for all instances of a journey that took it.'}
  journey: {type: string, description: The declared journey.}
  stages: {type: string, description: 'Stages in order, joined by " > ".'}
  stage_visit_count: {type: int64, description: Stays in stages.}
*/
with

instance_stages as (

    select
        instance_key,
        journey,
        string_agg(stage, ' > ' order by visit_number) as stages,
        count(*) as stage_visit_count
    from journeys.stage_visits
    group by instance_key, journey

),

variants as (

    select
        instance_key,
        entity_key(journey, stages) as variant_id,
        journey,
        stages,
        stage_visit_count
    from instance_stages

)

select * from variants
