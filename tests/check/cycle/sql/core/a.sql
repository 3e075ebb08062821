select 1 as x from core.c
