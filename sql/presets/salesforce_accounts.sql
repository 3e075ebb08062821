/*
description: Accounts of the Salesforce export; a country that is no code of two letters is left out.
*/
select
    coalesce(salesforce_id18(id), id) as account_id,
    name,
    industry,
    number_of_employees as employee_count,
    case when length(country_code) = 2 then upper(country_code) end as country_code,
    created_at,
    system_modstamp as updated_at,
    is_deleted
from source
