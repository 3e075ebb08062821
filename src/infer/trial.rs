/*!
What really becomes of the files: a source is loaded by the loader itself, rows and books, with
nothing kept.
*/

use std::collections::HashSet;

use datafusion::arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::Int64Type,
};
use indexmap::IndexMap;

use super::tally::{Place, Tally};
use crate::{
    config::source::Source,
    error::Result,
    sources::{Books, InputFile, LINE, LoadOptions, Typed, Typer, open},
};

const STEP: usize = 8_192;

/// The outcome of a load.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    pub(crate) books: Books,
    /// Bad cells by column: their texts.
    pub(crate) cells: IndexMap<String, Tally>,
    /// Quarantined rows: the reasons.
    pub(crate) rows: Tally,
}

/// Loads so many records of each file; `each` sees the rows that lost nothing.
pub(crate) fn load(
    source: &Source,
    files: &[InputFile],
    records: &[u64],
    options: &LoadOptions,
    mut each: impl FnMut(&RecordBatch),
) -> Result<Trial> {
    let mut trial = Trial::default();
    let mut typer = Typer::new(source)?;
    for (number, (file, records)) in files.iter().zip(records).enumerate() {
        let mut left = usize::try_from(*records).unwrap_or(usize::MAX);
        if left == 0 {
            continue;
        }
        let mut reader = open(source, file, options)?;
        while left > 0
            && let Some(pending) = reader.next_records(left.min(STEP))?
        {
            let typed = typer.run(&file.path.as_str().into(), pending()?)?;
            left = left.saturating_sub(usize::try_from(typed.books.rows_read).unwrap_or(left));
            trial.take(&typed, number);
            each(&whole(typed));
        }
    }
    Ok(trial)
}

/// The rows without a bad cell: what a row has lost, its copy may still have.
fn whole(typed: Typed) -> RecordBatch {
    let spoilt: HashSet<i64> = typed.quarantine.cells.iter().map(|cell| cell.line).collect();
    if spoilt.is_empty() {
        return typed.rows;
    }
    let lines = typed.rows.column_by_name(LINE).expect("the loader adds it");
    let lines = lines.as_primitive::<Int64Type>();
    let keep: BooleanArray =
        lines.values().iter().map(|line| Some(!spoilt.contains(line))).collect();
    filter_record_batch(&typed.rows, &keep).expect("as many marks as rows")
}

impl Trial {
    fn take(&mut self, typed: &Typed, file: usize) {
        self.books += typed.books;
        for row in &typed.quarantine.rows {
            self.rows.add(&row.reason, Place { file, line: row.line });
        }
        for cell in &typed.quarantine.cells {
            let raw = cell.raw.as_deref().unwrap_or_default();
            let place = Place { file, line: cell.line };
            self.cells.entry(cell.column.clone()).or_default().add(raw, place);
        }
    }
}
