/*
description: Exchange rates of the finance department.
*/
select
    date as rate_date,
    base as base_currency,
    quote as quote_currency,
    rate
from source
