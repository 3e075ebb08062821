/*!
SQL files become a graph: headers, table references, schemas, column lineage, selectors.

Never awaits a query: `check` plans every statement and reads no row.
*/
