/*!
Executes a plan: order, parallelism, retries, progress, artifacts. Prints nothing.
*/
