-- fail: nothing
select 1 where false
