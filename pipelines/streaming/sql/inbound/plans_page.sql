/*
description: Who saw which page of plans, by cookie.
*/
select
    'plans_page' as experiment_id,
    $namespace || '.cookie' as unit_type,
    cookie as unit_id,
    variant,
    exposed_at
from source
