/*!
One file per subcommand: its arguments, and how its result is printed.
*/

pub(super) mod check;
pub(super) mod clean;
pub(super) mod completions;
pub(super) mod demo;
pub(super) mod docs;
pub(super) mod explain;
pub(super) mod functions;
pub(super) mod infer;
pub(super) mod init;
pub(super) mod lineage;
pub(super) mod ls;
pub(super) mod plan;
pub(super) mod presets;
pub(super) mod query;
pub(super) mod retry;
pub(super) mod rollback;
pub(super) mod run;
pub(super) mod runs;
pub(super) mod schema;
pub(super) mod show;
pub(super) mod test;
pub(super) mod vacuum;
