/*!
Columns that are read from within the cells of another: `properties.utm_source`, where the file has a
column `properties` of JSON text.
*/

use crate::{
    config::source::Source,
    sources::{
        cast::fault::Fault,
        chunk::{Cells, Chunk, Mark, Span},
    },
};

use super::{
    inner::{Found, Inner},
    path::Way,
    tape::{JsonFault, Tape},
};

/// The columns that one field of the file feeds.
#[derive(Debug)]
pub(crate) struct Dig {
    columns: Vec<(usize, Way)>,
    /// Texts in place of JSON that mean null.
    nulls: Vec<String>,
}

/// The columns that are read from within fields, given the field and the path of each.
pub(crate) fn digs(source: &Source, within: &[(usize, usize, Way)]) -> Vec<Dig> {
    let mut fields: Vec<usize> = within.iter().map(|(_, field, _)| *field).collect();
    fields.sort_unstable();
    fields.dedup();
    let dig = |field: usize| {
        let columns: Vec<(usize, Way)> = within
            .iter()
            .filter(|(_, of, _)| *of == field)
            .map(|(column, _, way)| (*column, way.clone()))
            .collect();
        let nulls = columns.first().map(|(column, _)| source.columns[*column].nulls.clone());
        Dig { columns, nulls: nulls.unwrap_or_default() }
    };
    fields.into_iter().map(dig).collect()
}

/// What is needed for every field, made once.
#[derive(Default)]
struct Tools {
    tape: Tape,
    inner: Inner,
    /// Text that had to be made; follows the chunk's own.
    tail: String,
}

impl Dig {
    /// Replaces the whole cells of the columns by what their paths find.
    pub(crate) fn apply(&self, chunk: &mut Chunk) {
        let Some((first, _)) = self.columns.first() else { return };
        let fields = chunk.columns[*first].spans().to_vec();
        let mut tools = Tools::default();
        let mut dug = vec![(Vec::new(), Vec::new()); self.columns.len()];
        for field in fields {
            let found = self
                .dig(&chunk.text, field, &mut tools)
                .unwrap_or_else(|_| vec![(field, Mark::Bad(Fault::Malformed)); self.columns.len()]);
            for ((cells, marks), (cell, mark)) in dug.iter_mut().zip(found) {
                cells.push(cell);
                marks.push(mark);
            }
        }
        chunk.text.push_str(&tools.tail);
        for ((column, _), (cells, marks)) in self.columns.iter().zip(dug) {
            chunk.columns[*column] = Cells::Marked { cells, marks };
        }
    }

    /// The cells of one field, and what is known of each.
    fn dig(
        &self,
        text: &str,
        field: Span,
        tools: &mut Tools,
    ) -> Result<Vec<(Span, Mark)>, JsonFault> {
        let Tools { tape, inner, tail } = tools;
        let written = field.of(text).unwrap_or_default();
        if self.nulls.iter().any(|null| null == written.trim()) {
            return Ok(vec![(Span::ABSENT, Mark::Plain); self.columns.len()]);
        }
        tape.parse(text, field.start(), field.start() + written.len())?;
        inner.forget();
        let cell = |(_, way): &(usize, Way)| {
            let found = way.dig(tape, text, &self.nulls, tail, inner);
            found.map(|found| match found {
                Found::Nothing => (Span::ABSENT, Mark::Plain),
                Found::Value(cell, _) => (cell, Mark::Plain),
                Found::Barred(met, fault) => (met, Mark::Bad(fault)),
            })
        };
        self.columns.iter().map(cell).collect()
    }
}
