select * from raw.shop
