/* description: no */
create table x as select 1
