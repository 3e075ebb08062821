/*
description: Contacts that were merged into another one, which only exports of all rows show.
*/
select
    $namespace || '.contact' as id_type,
    id as from_value,
    master_record_id as to_value,
    system_modstamp as merged_at
from source
where master_record_id is not null
