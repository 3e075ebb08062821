/*!
Columns that are read from within the cells of another: `properties.utm_source`, where the file has a
column `properties` of JSON text.
*/

use crate::{
    config::source::Source,
    sources::{
        cast::fault::Fault,
        chunk::{Cells, Chunk, Mark, Span, spans},
    },
};

use super::{cell::cell, path::Way, tape::Tape};

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

impl Dig {
    /// Replaces the whole cells of the columns by what their paths find.
    pub(crate) fn apply(&self, chunk: &mut Chunk) {
        let Some((first, _)) = self.columns.first() else { return };
        let fields = chunk.columns[*first].spans().to_vec();
        let mut tape = Tape::default();
        let mut tail = String::new();
        let mut found = spans(self.columns.len(), fields.len());
        let mut marks = vec![Mark::Plain; fields.len()];
        for (field, mark) in fields.into_iter().zip(&mut marks) {
            let text = field.of(&chunk.text).unwrap_or_default();
            if self.nulls.iter().any(|null| null == text.trim()) {
                found.iter_mut().for_each(|cells| cells.push(Span::ABSENT));
                continue;
            }
            let parsed = tape.parse(&chunk.text, field.start(), field.start() + text.len());
            let dug = parsed.and_then(|()| {
                let dig = |(_, way): &(usize, Way)| match way.find(&tape, &chunk.text) {
                    Some(index) => cell(&tape, index, &chunk.text, &mut tail),
                    None => Ok(Span::ABSENT),
                };
                self.columns.iter().map(dig).collect::<Result<Vec<_>, _>>()
            });
            match dug {
                Ok(cells) => found.iter_mut().zip(cells).for_each(|(all, cell)| all.push(cell)),
                Err(_) => {
                    *mark = Mark::Bad(Fault::Malformed);
                    found.iter_mut().for_each(|cells| cells.push(field));
                }
            }
        }
        chunk.text.push_str(&tail);
        for ((column, _), cells) in self.columns.iter().zip(found) {
            chunk.columns[*column] = Cells::Marked { cells, marks: marks.clone() };
        }
    }
}
