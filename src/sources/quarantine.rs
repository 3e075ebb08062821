/*!
What was not loaded, or lost a cell, with everything needed to find it again.
*/

use std::{borrow::Cow, sync::Arc};

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use super::schema::{bad_cells_schema, bad_rows_schema};

pub(crate) struct BadRow {
    pub(crate) line: i64,
    pub(crate) reason: String,
    pub(crate) raw: Option<String>,
}

pub(crate) struct BadCell {
    pub(crate) line: i64,
    pub(crate) column: String,
    pub(crate) raw: Option<String>,
    pub(crate) rule: String,
}

/// Bad rows and cells of one chunk, in the order of their lines.
#[derive(Default)]
pub(crate) struct Quarantine {
    pub(crate) rows: Vec<BadRow>,
    pub(crate) cells: Vec<BadCell>,
}

impl Quarantine {
    /// `quarantine.rows`.
    pub(crate) fn rows_batch(&self, source: &str, file: &str) -> RecordBatch {
        let rows = &self.rows;
        let columns: Vec<ArrayRef> = vec![
            constant(source, rows.len()),
            constant(file, rows.len()),
            Arc::new(rows.iter().map(|row| Some(row.line)).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| Some(row.reason.as_str())).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| row.raw.as_deref()).collect::<StringArray>()),
        ];
        RecordBatch::try_new(bad_rows_schema(), columns).expect("columns follow the schema")
    }

    /// `quarantine.cells`.
    pub(crate) fn cells_batch(&self, source: &str, file: &str) -> RecordBatch {
        let cells = &self.cells;
        let text = |of: fn(&BadCell) -> Option<&str>| -> ArrayRef {
            Arc::new(cells.iter().map(of).collect::<StringArray>())
        };
        let columns: Vec<ArrayRef> = vec![
            constant(source, cells.len()),
            constant(file, cells.len()),
            Arc::new(cells.iter().map(|cell| Some(cell.line)).collect::<Int64Array>()),
            text(|cell| Some(&cell.column)),
            text(|cell| cell.raw.as_deref()),
            text(|cell| Some(&cell.rule)),
        ];
        RecordBatch::try_new(bad_cells_schema(), columns).expect("columns follow the schema")
    }

    /// The first fault in words.
    pub(crate) fn example(&self, file: &str) -> Option<String> {
        let row = self.rows.first().map(|row| (row.line, row.reason.clone()));
        let cell = self.cells.first().map(|cell| {
            let value = shown(cell.raw.as_deref().unwrap_or_default());
            (cell.line, format!("`{value}` in `{}` is no {}", cell.column, cell.rule))
        });
        let first = [row, cell].into_iter().flatten().min_by_key(|(line, _)| *line);
        first.map(|(line, what)| format!("{file}:{line}: {what}"))
    }
}

/// A value as messages show it: a long one is cut off.
pub(crate) fn shown(value: &str) -> Cow<'_, str> {
    const LETTERS: usize = 80;
    match value.char_indices().nth(LETTERS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}

fn constant(text: &str, count: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, count)))
}
