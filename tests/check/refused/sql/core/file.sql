select * from 'exports/orders.parquet'
