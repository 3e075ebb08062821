select customer_id, customer_key, birth_yea from core.customers
