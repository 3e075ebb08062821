/*
columns:
  order_id: {type: string}
  amount: {type: "decimal(18,4)"}
*/
select order_id, gross_amount as amount from core.misspelled
