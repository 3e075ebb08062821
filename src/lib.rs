/*!
journeymart turns a company's web, CRM, billing, support and survey exports into journey, segment,
CLV, churn and renewal marts that a BI tool can open.

The modules stand in the order of the data flow:

```text
pipeline YAML ─ config ─▶ plan ◀─ catalog ◀─ SQL files
                           │
exports ─ sources ─▶ raw.* ─ run (engine + functions + models) ─▶ checks ─▶ publish ─▶ marts
```

`config`, `catalog` and `plan` decide without touching data; `storage`, `sources`, `run` and
`publish` do the work; only `cli` prints and only `main.rs` exits.
*/

pub mod error;
pub mod fingerprint;

pub mod config;
pub mod storage;
pub mod sources;
pub mod infer;
pub mod catalog;
pub mod functions;
pub mod models;
pub mod engine;
pub mod plan;
pub mod run;
pub mod checks;
pub mod publish;
pub mod report;
pub mod demo;
pub mod cli;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
