/*!
Chunks become typed rows: the cells are cast, and what could not be read is judged.

A bad cell is null and recorded. Its row goes to quarantine instead where the column is `required`
or part of `key`, or where the source says `on_bad_cell: quarantine_row`; it stops the load where
the source says `fail`. A row that is quarantined reports no cells: its text is kept whole.
*/

use std::{collections::BTreeMap, sync::Arc};

use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringViewArray,
        UInt32Array,
    },
    compute::{filter_record_batch, max, take},
    datatypes::{DataType, Date32Type, SchemaRef, TimestampMicrosecondType},
};

use crate::{
    config::source::{Column, OnBadCell, Source},
    error::{Diagnostic, Error, Kind, Location, Result, codes},
};

use super::{
    books::Books,
    cast::{Cast, Caster, fault::Fault},
    chunk::{Cells, Chunk},
    deletes::Deletes,
    drift::Seen,
    fault::line_error,
    quarantine::{BadCell, BadRow, Quarantine, shown},
    schema::raw_schema,
};

/// The text that the cells of one chunk may come to. A file brings far less; what is carried into the
/// rows of an array, filled down or dug through by many paths may be copied without end.
const MAX_CELL_BYTES: usize = 256 << 20;

/// Casts the chunks of one source. Cheap to clone; every thread has its own.
#[derive(Clone)]
pub(crate) struct Typer {
    source: Arc<Source>,
    columns: Vec<TypedColumn>,
    deletes: Option<Deletes>,
    /// The column that `freshness` is about.
    dated: Option<usize>,
    schema: SchemaRef,
    /// The last file and its name, repeated: chunks take slices.
    named: Option<(Arc<str>, ArrayRef)>,
}

#[derive(Clone)]
struct TypedColumn {
    declared: Arc<Column>,
    caster: Caster,
    /// Null here means no row.
    required: bool,
    is_key: bool,
}

/// What one chunk became.
pub(crate) struct Typed {
    /// What its rows call their file.
    pub(crate) file: Arc<str>,
    pub(crate) rows: RecordBatch,
    pub(crate) quarantine: Quarantine,
    pub(crate) books: Books,
    /// The first fault, for messages.
    pub(crate) example: Option<String>,
    /// Empty cells of each column.
    pub(crate) nulls: Vec<u64>,
    /// The newest moment in the column that `freshness` is about, in microseconds.
    pub(crate) newest: Option<i64>,
    /// What the records show of their columns.
    pub(crate) seen: Seen,
}

impl Typer {
    pub(crate) fn new(source: &Source) -> Result<Self> {
        let columns = source
            .columns
            .iter()
            .map(|column| {
                let declared = Arc::new(column.clone());
                let is_key = source.key.contains(&column.name);
                let required = column.required || is_key;
                Ok(TypedColumn { caster: Caster::new(&declared)?, declared, required, is_key })
            })
            .collect::<Result<_>>()?;
        let dated = source.freshness.column.as_ref();
        Ok(Self {
            source: Arc::new(source.clone()),
            columns,
            deletes: Deletes::of(source),
            dated: dated
                .and_then(|name| source.columns.iter().position(|column| column.name == *name)),
            schema: raw_schema(source),
            named: None,
        })
    }

    /// Types the rows of a chunk of `file`.
    pub(crate) fn run(&mut self, file: &Arc<str>, chunk: Chunk) -> Result<Typed> {
        let file = chunk.file.as_ref().unwrap_or(file);
        let count = chunk.lines.len();
        if chunk.cell_bytes() > MAX_CELL_BYTES {
            return Err(copied_without_end(file, &chunk));
        }
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len() + 2);
        let mut refused: BTreeMap<usize, String> = BTreeMap::new();
        let mut bad: Vec<(usize, usize, Fault)> = Vec::new();
        for (index, column) in self.columns.iter_mut().enumerate() {
            let cast = match &chunk.columns[index] {
                Cells::Text(cells) => column.caster.cast(&chunk.text, cells),
                Cells::Marked { cells, marks } => {
                    column.caster.cast_marked(&chunk.text, cells, marks)
                }
                Cells::Cast { array, bad, .. } => {
                    Cast { array: Arc::clone(array), bad: bad.clone() }
                }
            };
            let name = &column.declared.name;
            let spoils_row = column.required || self.source.on_bad_cell == OnBadCell::QuarantineRow;
            for (row, fault) in cast.bad {
                if self.source.on_bad_cell == OnBadCell::Fail {
                    return Err(stopped(file, &chunk, index, row, fault, &column.declared));
                }
                if spoils_row {
                    refused.entry(row).or_insert_with(|| {
                        format!("`{name}` is no {}", fault.rule(&column.declared.column_type))
                    });
                } else {
                    bad.push((row, index, fault));
                }
            }
            arrays.push(cast.array);
        }
        let deleted = self.deletes.as_ref().map_or_else(
            || vec![false; count],
            |deletes| deletes.marked(&arrays[deletes.column()]),
        );
        for (column, array) in self.columns.iter().zip(&arrays) {
            if column.required && array.null_count() > 0 {
                let lacks = |row: &usize| array.is_null(*row) && (column.is_key || !deleted[*row]);
                for row in (0..count).filter(lacks) {
                    let name = &column.declared.name;
                    refused.entry(row).or_insert_with(|| format!("`{name}` is missing"));
                }
            }
        }
        arrays.push(self.name_of(file, count));
        arrays.push(Arc::new(Int64Array::from(chunk.lines.clone())));
        let mut rows = RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .expect("casters return the declared types");
        bad.retain(|(row, ..)| !refused.contains_key(row));
        bad.sort_unstable_by_key(|(row, column, _)| (*row, *column));
        // Without a key no version can win, so that the mark itself is all there is to it.
        let is_left_out = |row: usize| deleted[row] && self.source.key.is_empty();
        let kept: Vec<bool> =
            (0..count).map(|row| !refused.contains_key(&row) && !is_left_out(row)).collect();
        if kept.contains(&false) {
            rows = filter_record_batch(&rows, &BooleanArray::from(kept))
                .expect("as many marks as rows");
        }
        Ok(self.account(file, &chunk, rows, &refused, &bad))
    }

    /// The name of the file in every row, stored once for all its chunks.
    fn name_of(&mut self, file: &Arc<str>, count: usize) -> ArrayRef {
        match &self.named {
            // A slice counts as the whole.
            Some((of, names)) if of == file && (count..=2 * count).contains(&names.len()) => {
                names.slice(0, count)
            }
            _ => {
                let names = repeated(file, count);
                self.named = Some((Arc::clone(file), Arc::clone(&names)));
                names
            }
        }
    }

    fn account(
        &self,
        file: &Arc<str>,
        chunk: &Chunk,
        rows: RecordBatch,
        refused: &BTreeMap<usize, String>,
        bad: &[(usize, usize, Fault)],
    ) -> Typed {
        let mut quarantine = Quarantine::default();
        let mut kept = None;
        for (row, reason) in refused {
            let record = chunk.records.get(*row).copied();
            // A record that became several rows is kept once.
            let raw = record.filter(|_| record != kept).and_then(|span| span.of(&chunk.text));
            kept = record;
            quarantine.rows.push(BadRow {
                line: chunk.lines[*row],
                reason: reason.clone(),
                raw: raw.map(str::to_owned),
            });
        }
        for refused in &chunk.refused {
            quarantine.rows.push(BadRow {
                line: refused.line,
                reason: refused.reason.clone(),
                raw: Some(refused.raw.clone()),
            });
        }
        quarantine.rows.sort_by_key(|row| row.line);
        for (row, index, fault) in bad {
            let column = &self.columns[*index].declared;
            quarantine.cells.push(BadCell {
                line: chunk.lines[*row],
                column: column.name.clone(),
                raw: raw(chunk, *index, *row).map(str::to_owned),
                rule: fault.rule(&column.column_type),
            });
        }
        let mut rows_with_nulled_cells: Vec<usize> = bad.iter().map(|(row, ..)| *row).collect();
        rows_with_nulled_cells.dedup();
        let books = Books {
            rows_read: (chunk.lines.len() + chunk.refused.len()) as u64,
            rows_loaded: rows.num_rows() as u64,
            rows_quarantined: quarantine.rows.len() as u64,
            rows_filtered: (chunk.lines.len() - refused.len() - rows.num_rows()) as u64,
            cells_nulled: quarantine.cells.len() as u64,
            rows_with_nulled_cells: rows_with_nulled_cells.len() as u64,
            ..Books::default()
        };
        let example = quarantine.example(file);
        let declared = &rows.columns()[..self.columns.len()];
        let nulls = declared.iter().map(|column| column.null_count() as u64).collect();
        let newest = self.dated.and_then(|column| newest(rows.column(column)));
        let (file, seen) = (Arc::clone(file), chunk.seen.clone());
        Typed { file, rows, quarantine, books, example, nulls, newest, seen }
    }
}

/// The latest moment of a date or timestamp column; a day counts from its first.
fn newest(column: &ArrayRef) -> Option<i64> {
    const DAY: i64 = 86_400_000_000;
    match column.data_type() {
        DataType::Date32 => {
            max(column.as_primitive::<Date32Type>()).map(|day| i64::from(day) * DAY)
        }
        DataType::Timestamp(..) => max(column.as_primitive::<TimestampMicrosecondType>()),
        _ => None,
    }
}

fn raw(chunk: &Chunk, column: usize, row: usize) -> Option<&str> {
    chunk.columns[column].spans().get(row).and_then(|cell| cell.of(&chunk.text))
}

/// One text in every row, stored once.
fn repeated(text: &str, count: usize) -> ArrayRef {
    let one = StringViewArray::from_iter_values([text]);
    take(&one, &UInt32Array::from(vec![0; count]), None).expect("the first of one")
}

fn copied_without_end(file: &str, chunk: &Chunk) -> Error {
    let line = chunk.lines.first().copied().unwrap_or_default();
    let message = format!(
        "the cells of {} rows come to more than {} MiB of text",
        chunk.lines.len(),
        MAX_CELL_BYTES >> 20
    );
    line_error(codes::MALFORMED, file, line, message)
        .hint("some value is repeated in many of them: leave it out, or the `explode`, `fill_down` or paths that repeat it")
}

fn stopped(
    file: &str,
    chunk: &Chunk,
    index: usize,
    row: usize,
    fault: Fault,
    column: &Column,
) -> Error {
    let line = u32::try_from(chunk.lines[row]).unwrap_or(u32::MAX);
    let value = shown(raw(chunk, index, row).unwrap_or_default());
    Error::new(
        Kind::Budget,
        Diagnostic::error(
            codes::BAD_CELL,
            format!("`{value}` in `{}` is no {}", column.name, fault.rule(&column.column_type)),
        )
        .at(Location::line(file, line)),
    )
}
