/*
description: Contacts that HubSpot merged into another one; the export does not say when.
*/
with

merged_ids as (

    select
        hs_object_id,
        unnest(string_to_array(hs_merged_object_ids, ';')) as merged_id
    from source
    where hs_merged_object_ids is not null

),

merges as (

    select
        $namespace || '.contact' as id_type,
        trim(merged_id) as from_value,
        hs_object_id as to_value
    from merged_ids
    where trim(merged_id) != ''
        and trim(merged_id) != hs_object_id

)

select * from merges
