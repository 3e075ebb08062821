/*!
The DataFusion session: memory pool, spill, planning rules, and where intermediate tables live.

Knows nothing about pipelines.
*/
