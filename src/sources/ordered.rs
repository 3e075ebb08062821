/*!
Rows of several files in the order of the files, although they are read side by side.

The file that is next to come out is passed straight through; the rows of later ones are set aside.
*/

use std::{collections::BTreeMap, path::PathBuf};

use datafusion::arrow::{array::RecordBatch, datatypes::SchemaRef};
use parking_lot::Mutex;

use crate::error::Result;

use super::{load::BatchSink, spool::Spool};

/// What a file that has to wait keeps in memory.
const WAITING_BYTES: usize = 16 << 20;

pub(crate) struct Ordered<'a> {
    out: &'a dyn BatchSink,
    schema: SchemaRef,
    scratch: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// Place in the order of the file that is passed through.
    next: usize,
    finished: Vec<bool>,
    waiting: BTreeMap<usize, Spool>,
}

impl<'a> Ordered<'a> {
    pub(crate) fn new(
        out: &'a dyn BatchSink,
        schema: SchemaRef,
        files: usize,
        scratch: PathBuf,
    ) -> Self {
        let state = State { next: 0, finished: vec![false; files], waiting: BTreeMap::new() };
        Self { out, schema, scratch, state: Mutex::new(state) }
    }

    /// Takes a batch of the file at `place`.
    pub(crate) fn write(&self, place: usize, batch: RecordBatch) -> Result<()> {
        let mut state = self.state.lock();
        if state.next == place {
            return self.out.write(batch);
        }
        let bytes = batch.get_array_memory_size();
        let new = || Spool::new(SchemaRef::clone(&self.schema), WAITING_BYTES);
        state.waiting.entry(place).or_insert_with(new).push(batch, bytes, &self.scratch)
    }

    /// The file at `place` is complete: those behind it move up.
    pub(crate) fn finish(&self, place: usize) -> Result<()> {
        let mut state = self.state.lock();
        state.finished[place] = true;
        while state.finished.get(state.next) == Some(&true) {
            state.next += 1;
            let next = state.next;
            if let Some(spool) = state.waiting.remove(&next) {
                for batch in spool.read(&self.scratch)? {
                    self.out.write(batch?)?;
                }
            }
        }
        Ok(())
    }
}
