/*
description: >
  Opportunities of the Salesforce export that were not deleted. It closed when it entered its last
  stage, or, where that is unknown, at the beginning of its close date.
*/
select
    id as deal_id,
    contact_id,
    account_id,
    pipeline,
    stage_name as stage,
    amount,
    coalesce(currency, $currency) as currency,
    created_at,
    stage_changed_at as stage_entered_at,
    case
        when is_closed
            then coalesce(
                stage_changed_at,
                arrow_cast(close_date, 'Timestamp(Microsecond, Some("UTC"))')
            )
    end as closed_at,
    case when is_closed then is_won end as is_won,
    owner_id,
    system_modstamp as updated_at
from source
where not coalesce(is_deleted, false)
