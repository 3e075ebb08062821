/*!
Dates that are exported again: the rows of a date come from the newest file that holds it.

An export that covers the last three days repeats two of them, with what arrived late. Nothing in
its rows need say which of two equal ones is which, so whole dates are replaced. How new a file is
says the date in its path; files of the same date are parts of one export.
*/

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use chrono::NaiveDateTime;
use datafusion::arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::Date32Type,
};
use parking_lot::Mutex;

use crate::{
    config::source::Source,
    error::{Error, Result, codes},
};

use super::{
    files::InputFile,
    load::{BatchSink, LoadOptions},
    schema::raw_schema,
    spool::Spool,
};

/// What each file keeps in memory until all are read.
const WAITING_BYTES: usize = 4 << 20;

pub(crate) struct Windows {
    column: usize,
    files: Vec<Waiting>,
    /// The newest period in which each date was exported. Rows without a date are one window.
    newest: Mutex<HashMap<Option<i32>, Option<NaiveDateTime>>>,
    scratch: PathBuf,
}

struct Waiting {
    period: Option<NaiveDateTime>,
    rows: Mutex<Spool>,
}

/// Takes the rows of one file.
pub(crate) struct Window<'a> {
    windows: &'a Windows,
    file: usize,
}

impl Windows {
    /// What the source declares.
    pub(crate) fn of(source: &Source, files: &[InputFile], options: &LoadOptions) -> Option<Self> {
        let wanted = source.replace_by.as_ref()?;
        let column = source.columns.iter().position(|column| column.name == *wanted)?;
        let schema = raw_schema(source);
        let waiting = |file: &InputFile| Waiting {
            period: file.period,
            rows: Mutex::new(Spool::new(Arc::clone(&schema), WAITING_BYTES)),
        };
        Some(Self {
            column,
            files: files.iter().map(waiting).collect(),
            newest: Mutex::default(),
            scratch: options.scratch.clone(),
        })
    }

    pub(crate) fn file(&self, file: usize) -> Window<'_> {
        Window { windows: self, file }
    }

    /// Writes what was not replaced, in the order of the files; returns how many rows of each were.
    pub(crate) fn finish(self, rows: &dyn BatchSink) -> Result<Vec<u64>> {
        let newest = self.newest.into_inner();
        let mut replaced = Vec::with_capacity(self.files.len());
        for file in self.files {
            let mut count = 0;
            for batch in file.rows.into_inner().read(&self.scratch)? {
                let batch = batch?;
                let dates = batch.column(self.column).as_primitive::<Date32Type>();
                let keep: BooleanArray = dates
                    .iter()
                    .map(|date| Some(newest.get(&date) == Some(&file.period)))
                    .collect();
                let kept = filter_record_batch(&batch, &keep).map_err(|error| {
                    Error::failed(codes::NODE_FAILED, format!("dates cannot be replaced: {error}"))
                })?;
                count += (batch.num_rows() - kept.num_rows()) as u64;
                if kept.num_rows() > 0 {
                    rows.write(kept)?;
                }
            }
            replaced.push(count);
        }
        Ok(replaced)
    }
}

impl BatchSink for Window<'_> {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        let windows = self.windows;
        let waiting = &windows.files[self.file];
        let dates = batch.column(windows.column).as_primitive::<Date32Type>();
        {
            let mut newest = windows.newest.lock();
            let mut last = None;
            for date in dates {
                if last == Some(date) {
                    continue;
                }
                last = Some(date);
                let known = newest.entry(date).or_insert(waiting.period);
                *known = (*known).max(waiting.period);
            }
        }
        let bytes = batch.get_array_memory_size();
        waiting.rows.lock().push(batch, bytes, &windows.scratch)
    }
}
