/*
description: >
  Articles of the orders of the Shopify export. They carry no number of their own, so they are numbered
  in the order of article and price.
*/
select
    name as order_id,
    row_number() over (
        partition by name
        order by lineitem_sku, lineitem_name, lineitem_price, lineitem_quantity
    ) as line_number,
    coalesce(lineitem_sku, lineitem_name) as product_id,
    lineitem_quantity as quantity,
    cast(lineitem_quantity * lineitem_price as decimal(18, 4)) as amount,
    upper(currency) as currency
from source
where lineitem_name is not null
