/*
description: Leads that became contacts.
*/
select
    $namespace || '.contact' as id_type,
    coalesce(salesforce_id18(id), id) as from_value,
    coalesce(salesforce_id18(converted_contact_id), converted_contact_id) as to_value,
    arrow_cast(converted_date, 'Timestamp(Microsecond, Some("UTC"))') as merged_at
from source
where converted_contact_id is not null
