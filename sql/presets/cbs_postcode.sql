/*
description: >
  Figures per postal code, one row each, by the code in capitals without spaces. Figures of places with
  few people are secret and left out.
*/
with

figures as (

    select
        replace(upper(postal_code), ' ', '') as join_key,
        unnest(
            make_array(
                struct('inhabitant_count' as attribute, cast(inhabitant_count as varchar) as value),
                struct('household_count' as attribute, cast(household_count as varchar) as value),
                struct('household_size' as attribute, cast(household_size as varchar) as value),
                struct(
                    'home_value_thousand_eur' as attribute,
                    cast(home_value_thousand_eur as varchar) as value
                ),
                struct(
                    'owner_occupied_percentage' as attribute,
                    cast(owner_occupied_percentage as varchar) as value
                ),
                struct('urbanity' as attribute, cast(urbanity as varchar) as value)
            )
        ) as figure
    from source

),

enrichment as (

    select
        'postal_code' as join_key_type,
        join_key,
        figure['attribute'] as attribute,
        figure['value'] as value,
        'CC BY 4.0' as licence,
        'statistics' as purpose
    from figures
    where figure['value'] is not null

)

select * from enrichment
