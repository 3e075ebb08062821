/*!
Parquet files, versions, commits, rollback, vacuum: the protocol that makes a run visible all at once.

Computes nothing.
*/
