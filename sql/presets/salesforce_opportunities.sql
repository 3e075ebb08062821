/*
description: >
  Opportunities of the Salesforce export that were not deleted. It closed when it entered its last
  stage, or, where that is unknown, at the beginning of its close date.
*/
select
    coalesce(salesforce_id18(id), id) as deal_id,
    coalesce(salesforce_id18(contact_id), contact_id) as contact_id,
    coalesce(salesforce_id18(account_id), account_id) as account_id,
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
    coalesce(salesforce_id18(owner_id), owner_id) as owner_id,
    system_modstamp as updated_at
from source
where not coalesce(is_deleted, false)
