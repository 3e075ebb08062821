select order_id from journeys.j
