/*!
One sheet: its header, and its rows as records.
*/

use std::sync::Arc;

use parking_lot::Mutex;

use super::{
    Rows,
    stream::{Row, Uncalculated},
    value::Value,
};
use crate::{
    config::{
        reading::Names,
        source::{Column, Source},
        xlsx::{Xlsx, column_letters},
    },
    error::{Result, codes},
    sources::{
        bind::{Bound, bind, by_number},
        buffer::CHUNK_BYTES,
        chunk::{Cells, Chunk, Mark, Pending, RecordReader, Span},
        csv::header,
        drift::Seen,
        fault::file_error,
        files::InputFile,
    },
};

pub(super) struct SheetReader {
    rows: Arc<Mutex<Rows>>,
    layout: Arc<Layout>,
    labels: Vec<Vec<String>>,
    file: String,
}

/// Which cells feed the declared columns.
struct Layout {
    columns: Vec<Column>,
    bound: Bound,
}

impl SheetReader {
    /// Reads the header and binds the columns.
    pub(super) fn open(
        rows: Arc<Mutex<Rows>>,
        source: &Source,
        file: &InputFile,
        uncalculated: &Uncalculated,
    ) -> Result<Self> {
        let (names, labels) = names(&mut rows.lock(), file, &source.xlsx)?;
        let bound = match names {
            Some(names) => bind(&file.path, &names, source)?,
            None => by_number(&source.columns),
        };
        for (column, at) in source.columns.iter().zip(&bound.positions) {
            let Some((at, row)) = at.and_then(|at| Some((at, uncalculated.get(&at)?))) else {
                continue;
            };
            let letters = column_letters(source.xlsx.range.columns.start() + at as u32);
            let what = format!(
                "holds formulas without a result in `{}`, the first in {letters}{row}",
                column.name
            );
            return Err(file_error(codes::MALFORMED, &file.path, what).hint(
                "a program wrote them: open it in a spreadsheet, which computes them, and save it",
            ));
        }
        let labels = bound
            .positions
            .iter()
            .map(|at| labels.iter().filter_map(|row| row.get((*at)?).cloned()).collect())
            .collect();
        let layout = Arc::new(Layout { columns: source.columns.clone(), bound });
        Ok(Self { rows, layout, labels, file: file.path.clone() })
    }
}

/// Names of columns, unless they are known by their number, and the header's other rows.
type Header = (Option<Vec<String>>, Vec<Vec<String>>);

/// What the header of a sheet says.
pub(super) fn names(rows: &mut Rows, file: &InputFile, xlsx: &Xlsx) -> Result<Header> {
    let first = xlsx.range.rows.start() + xlsx.skip_rows + 1;
    let skipped = |rows: &mut Rows| -> Result<Option<Row>> {
        loop {
            match rows.next()? {
                Some(row) if row.number < first => {}
                other => return Ok(other),
            }
        }
    };
    let (names, labels) = match &xlsx.names {
        Names::Header { rows: count, join } => {
            let mut above = Vec::new();
            while above.len() < *count as usize {
                let Some(row) = skipped(rows)? else {
                    let what = match above.len() {
                        0 => "is empty: it has no header",
                        _ => "ends within its header",
                    };
                    return Err(file_error(codes::HEADER_MISSING, &file.path, what)
                        .hint("is it the right sheet, and the right `range`?"));
                };
                above.push(texts(&row));
            }
            let (names, labels) = header::names(above, join.as_deref());
            (Some(names), labels)
        }
        other => {
            // The first row that is not skipped is a record.
            if let Some(row) = skipped(rows)? {
                rows.ready.push_front(row);
            }
            match other {
                Names::Declared(names) => (Some(names.clone()), Vec::new()),
                _ => (None, Vec::new()),
            }
        }
    };
    Ok((names.map(|names| header::told_apart(names, xlsx.repeated_names)), labels))
}

/// The cells of a row as people read them.
pub(super) fn texts(row: &Row) -> Vec<String> {
    let width = row.cells.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
    let mut texts = vec![String::new(); width];
    for (column, value) in &row.cells {
        texts[*column].clear();
        value.show(&mut texts[*column]);
    }
    texts
}

impl RecordReader for SheetReader {
    fn labels(&self) -> Vec<Vec<String>> {
        self.labels.clone()
    }

    fn seen(&self) -> Vec<(String, Seen)> {
        vec![(self.file.clone(), self.layout.bound.seen.clone())]
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let mut shared = self.rows.lock();
        let mut rows = Vec::new();
        let mut bytes = 0;
        while rows.len() < limit
            && bytes < CHUNK_BYTES
            && let Some(row) = shared.next()?
        {
            bytes += row.cells.iter().map(|(_, value)| value.size()).sum::<usize>();
            rows.push(row);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let layout = Arc::clone(&self.layout);
        Ok(Some(Box::new(move || Ok(layout.chunk(&rows)))))
    }
}

impl Layout {
    fn chunk(&self, rows: &[Row]) -> Chunk {
        let mut chunk = Chunk::default();
        for (column, at) in self.columns.iter().zip(&self.bound.positions) {
            let (mut cells, mut marks) = (Vec::new(), Vec::new());
            for row in rows {
                let (cell, mark) = match at.and_then(|at| cell(row, at)) {
                    None => (Span::ABSENT, Mark::Plain),
                    Some(value) => {
                        let start = chunk.text.len();
                        let mark = value.write(column, &mut chunk.text);
                        (Span::new(start, chunk.text.len()), mark)
                    }
                };
                cells.push(cell);
                marks.push(mark);
            }
            chunk.columns.push(Cells::Marked { cells, marks });
        }
        for row in rows {
            let start = chunk.text.len();
            chunk.text.push_str(&texts(row).join("\t"));
            chunk.records.push(Span::new(start, chunk.text.len()));
            chunk.lines.push(row.number.into());
        }
        self.bound.digs.iter().for_each(|dig| dig.apply(&mut chunk));
        chunk
    }
}

fn cell(row: &Row, column: usize) -> Option<&Value> {
    let at = row.cells.binary_search_by_key(&column, |(at, _)| *at).ok()?;
    Some(&row.cells[at].1)
}
