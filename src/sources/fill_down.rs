/*!
Cells that stand once for several rows: an export of order lines repeats the order's number in every
line and its total in the first alone.

Filling needs the rows in the order of the file, so that it happens where chunks are cut, before
they are cast: a filled cell is judged like one that was written.
*/

use crate::{config::source::Source, error::Result};

use super::{
    chunk::{Cells, Chunk, Mark, Pending, RecordReader, Span},
    drift::Seen,
};

/// A reader whose blank cells take the value above them, as long as another column stays the same.
pub(crate) struct FillDown {
    reader: Box<dyn RecordReader>,
    within: usize,
    columns: Vec<Filled>,
    /// What the last row of the previous chunk held in `within`.
    group: Option<String>,
}

struct Filled {
    column: usize,
    /// Texts that are no value.
    nulls: Vec<String>,
    /// The value of the last row, and what its format knew of it.
    above: Option<(String, Mark)>,
}

impl FillDown {
    /// Wraps the reader where the source declares `fill_down`.
    pub(crate) fn over(reader: Box<dyn RecordReader>, source: &Source) -> Box<dyn RecordReader> {
        let Some(declared) = &source.fill_down else { return reader };
        let place = |name: &String| source.columns.iter().position(|column| column.name == *name);
        let Some(within) = place(&declared.within) else { return reader };
        let filled =
            |column| Filled { column, nulls: source.columns[column].nulls.clone(), above: None };
        let columns = declared.columns.iter().filter_map(place).map(filled).collect();
        Box::new(Self { reader, within, columns, group: None })
    }

    fn fill(&mut self, chunk: &mut Chunk) {
        let Chunk { text, columns, .. } = chunk;
        let Some(groups) = columns.get(self.within).map(Cells::spans) else { return };
        // Row by row: whether it belongs to the one above.
        let mut group = self.group.take();
        let mut belongs = Vec::with_capacity(groups.len());
        for cell in groups {
            let own = cell.of(text).filter(|own| !own.is_empty());
            belongs.push(own.is_some() && own == group.as_deref());
            if group.as_deref() != own {
                group = own.map(str::to_owned);
            }
        }
        self.group = group;
        for filled in &mut self.columns {
            let (cells, mut marks) = match columns.get_mut(filled.column) {
                Some(Cells::Text(cells)) => (cells, None),
                Some(Cells::Marked { cells, marks }) => (cells, Some(marks)),
                Some(Cells::Cast { .. }) | None => continue,
            };
            let (mut above, mut above_mark) = match filled.above.take() {
                Some((value, mark)) => (append(text, &value), mark),
                None => (Span::ABSENT, Mark::Plain),
            };
            for (row, (cell, belongs)) in cells.iter_mut().zip(&belongs).enumerate() {
                let mark = marks.as_mut().map(|marks| &mut marks[row]);
                if *belongs && filled.is_blank(cell.of(text)) {
                    *cell = above;
                    if let Some(mark) = mark {
                        *mark = above_mark;
                    }
                } else {
                    above_mark = mark.map_or(Mark::Plain, |mark| *mark);
                }
                above = *cell;
            }
            filled.above = above.of(text).map(|value| (value.to_owned(), above_mark));
        }
    }
}

impl Filled {
    fn is_blank(&self, cell: Option<&str>) -> bool {
        cell.is_none_or(|cell| self.nulls.iter().any(|null| null == cell.trim()))
    }
}

fn append(text: &mut String, value: &str) -> Span {
    let start = text.len();
    text.push_str(value);
    Span::new(start, text.len())
}

impl RecordReader for FillDown {
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let Some(pending) = self.reader.next_records(limit)? else { return Ok(None) };
        let mut chunk = pending()?;
        self.fill(&mut chunk);
        Ok(Some(Box::new(move || Ok(chunk))))
    }

    fn seen(&self) -> Vec<(String, Seen)> {
        self.reader.seen()
    }

    fn labels(&self) -> Vec<Vec<String>> {
        self.reader.labels()
    }
}
