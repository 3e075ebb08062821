/*!
URLs become object stores: reading, listing, conditional create, fsync, retry, time-outs.

Knows nothing about tables.
*/
