select x from core.a
