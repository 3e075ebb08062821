select customer as customer_id, amount > 0 as gross_amount, quantity as qty from source
