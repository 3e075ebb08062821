/*
description: Contacts that were merged into another one, which only exports of all rows show.
*/
select
    $namespace || '.contact' as id_type,
    coalesce(salesforce_id18(id), id) as from_value,
    coalesce(salesforce_id18(master_record_id), master_record_id) as to_value,
    system_modstamp as merged_at
from source
where master_record_id is not null
