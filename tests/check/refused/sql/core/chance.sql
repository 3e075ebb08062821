select random() as r, uuid() as u from inbound.orders
