select
    quantity / 2 as half,
    gross_amount / 2 as fine,
    quantity / quantity as whole
from inbound.orders
