/*!
SQL functions, one per file, named as in SQL. Mathematics lives in `models/`.
*/
