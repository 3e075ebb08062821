/*!
Parquet files, versions, commits, rollback, vacuum: the protocol that makes a run visible all at once.

Computes nothing. A location looks like this:

```text
<marts>/_journeymart/location.json                                 the pipeline that owns this place
<marts>/_journeymart/versions/<run_id>/<mart>/part-00000.parquet   written first; readers never look here
<marts>/_journeymart/commits/00000000000000000042.json             the commit point: created only if absent
<marts>/_journeymart/inputs/<sha256>.ndjson.zst                    an input list, named by commits
<marts>/_journeymart/current/<mart>.json                           which file the stable path holds
<marts>/<mart>.parquet                                             the stable path: one object per mart
```

A run stages its files under `versions`, has them checked, and commits: one conditional put that
either makes all of them the truth or none. Stable files follow the newest commit, one object at a
time, each replaced in one step. A crash anywhere leaves either the old commit, with some unused
files, or the new one, with some stable files behind; [`Publisher::open`] rolls the latter forward.

No lock is taken and no clock compared: of two runs with the same parent the store lets one create
the next commit, and the other one ends with nothing published.
*/

mod boundary;
mod commit;
mod export;
mod failpoint;
mod finish;
mod history;
mod inputs;
mod layout;
mod owner;
mod parquet;
mod publisher;
mod stage;
mod vacuum;

pub use boundary::boundary;
pub use commit::{Action, Commit, FileEntry, MartEntry, MartLayout};
pub use export::export;
pub use finish::Finished;
pub use history::{Published, history, read};
pub use inputs::{InputRecord, inputs_digest, read_inputs};
pub use publisher::{CommitRequest, MartState, PublishOptions, Publisher};
pub use stage::{ColumnNote, MartSpec, StagedMart};
pub use vacuum::{RemovedVersion, VacuumOptions};
