/*
description: Customers of the Shopify export; telephone numbers keep their digits and the plus sign.
*/
select
    customer_id as contact_id,
    email,
    nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '') as phone,
    zip as postal_code,
    upper(country_code) as country_code,
    case when total_orders > 0 then 'customer' else 'lead' end as lifecycle_stage
from source
