/*!
Contracts, data checks, row accounting and SQL unit tests.
*/
