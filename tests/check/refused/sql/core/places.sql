select order_id, _line as row_number from raw.shop
