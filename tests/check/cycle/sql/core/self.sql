select 1 as y from core.self
