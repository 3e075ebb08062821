/*!
One record becomes several rows: one for each element of an array, each with the record's own
columns beside it.

An absent, null or empty array makes no rows. Anything else in its place, or in the way to it, is
a reason to refuse the record: its rows must not vanish.
*/

use crate::{config::source::Column, sources::chunk::Span};

use super::{
    Reason,
    cell::cell,
    path::{Barred, Notes, Paths, Way, below},
    steps::Met,
    tape::{JsonFault, Kind, MAX_NODES, Tape},
};

/// Stands for the number of the element, from 1: `items[#]`.
const POSITION: &str = "[#]";

#[derive(Debug)]
pub(crate) struct Explode {
    /// Of the array, as it is written.
    path: String,
    way: Way,
    elements: Paths,
    /// Columns fed by the element as a whole.
    whole: Vec<usize>,
    /// Columns fed by the element's number.
    positions: Vec<usize>,
}

impl Explode {
    /// The array is at `path`; the columns below it are those of one element.
    pub(crate) fn new(columns: &[Column], path: &str) -> Result<Self, String> {
        let way = Way::new(path).ok_or_else(|| format!("`{path}` is no path"))?;
        let fed_by = |rest: &str| {
            let feeds =
                |column: &Column| column.from.iter().any(|from| below(from, path) == Some(rest));
            (0..columns.len()).filter(|index| feeds(&columns[*index])).collect()
        };
        let elements = Paths::new(columns, |from| {
            below(from, path).filter(|rest| !rest.is_empty() && *rest != POSITION)
        })?;
        let (whole, positions) = (fed_by(""), fed_by(POSITION));
        let path = path.to_owned();
        Ok(Self { path, way, elements, whole, positions })
    }

    /// Whether a column's path belongs to the elements and not to the record.
    pub(crate) fn owns(from: &str, path: &str) -> bool {
        below(from, path).is_some()
    }

    /// Calls `each` with the row of every element, and with what is in the way of its cells; `row`
    /// holds what the record itself says.
    pub(crate) fn rows(
        &self,
        tape: &Tape,
        text: &str,
        tail: &mut String,
        row: &[Span],
        notes: &mut Notes,
        mut each: impl FnMut(&[Span], &[Barred]),
    ) -> Result<(), Reason> {
        let Some(array) = self.array(tape, text)? else { return Ok(()) };
        // Every element takes the columns of its record along.
        if tape.elements(array).count().saturating_mul(row.len()) > MAX_NODES {
            return Err(JsonFault::TooMany.into());
        }
        let mut element_row = row.to_vec();
        let of_record = notes.barred.len();
        for (number, element) in tape.elements(array).enumerate() {
            element_row.copy_from_slice(row);
            notes.barred.truncate(of_record);
            self.elements.extract(tape, element, text, tail, &mut element_row, notes)?;
            for column in &self.whole {
                element_row[*column] = cell(tape, element, text, tail)?;
            }
            for column in &self.positions {
                let start = text.len() + tail.len();
                tail.push_str(&(number + 1).to_string());
                element_row[*column] = Span::new(start, text.len() + tail.len());
            }
            each(&element_row, &notes.barred);
        }
        Ok(())
    }

    /// The array of the record, if there is one.
    fn array(&self, tape: &Tape, text: &str) -> Result<Option<u32>, Reason> {
        let path = &self.path;
        match self.way.meet(tape, text) {
            Met::Nothing => Ok(None),
            Met::Value(at) => match tape.node(at).kind {
                Kind::Array => Ok(Some(at)),
                Kind::Null => Ok(None),
                _ => Err(Reason(format!("`{path}` is no array"))),
            },
            Met::Barred(..) => Err(Reason(format!("`{path}` leads to no array"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        config::source::Source,
        sources::{
            chunk::{Cells, Chunk, Mark},
            json::{parse, records},
            lines::Cut,
            support::source,
        },
    };

    use super::*;

    fn declared(path: &str, columns: &[(&str, &str)]) -> Source {
        let named: Vec<(&str, &str)> = columns.iter().map(|(name, _)| (*name, "string")).collect();
        let mut source = source(&named);
        source.json.explode = Some(path.to_owned());
        for (column, (_, from)) in source.columns.iter_mut().zip(columns) {
            column.from = vec![(*from).to_owned()];
        }
        source
    }

    /// The chunk of these records, one on each line.
    fn exploded(source: &Source, lines: &[&str]) -> Chunk {
        let mut cuts = Vec::new();
        let mut text = String::new();
        for (line, record) in (1..).zip(lines) {
            let start = text.len();
            text.push_str(record);
            cuts.push(Cut { span: Span::new(start, text.len()), line });
            text.push('\n');
        }
        parse(text, &cuts, &records(source).unwrap())
    }

    /// The cells of each row: `∅` for none, `!` before what is bad.
    fn rows(chunk: &Chunk) -> Vec<String> {
        let cell = |column: &Cells, row: usize| {
            let read = column.spans()[row].of(&chunk.text).unwrap_or("∅");
            let is_bad = |marks: &[Mark]| matches!(marks[row], Mark::Bad(_));
            match column {
                Cells::Marked { marks, .. } if is_bad(marks) => format!("!{read}"),
                _ => read.to_owned(),
            }
        };
        let row = |row: usize| -> Vec<String> {
            chunk.columns.iter().map(|column| cell(column, row)).collect()
        };
        (0..chunk.lines.len()).map(|at| row(at).join("|")).collect()
    }

    fn refused(chunk: &Chunk) -> Vec<String> {
        let told = chunk.refused.iter();
        told.map(|refused| format!("{}: {}: {}", refused.line, refused.reason, refused.raw))
            .collect()
    }

    #[test]
    fn what_is_no_array_is_refused_with_its_line() {
        let source = declared("items", &[("id", "id"), ("sku", "items.sku")]);
        let chunk = exploded(
            &source,
            &[
                r#"{"id":1,"items":[{"sku":"a"}]}"#,
                r#"{"id":2,"items":{"sku":"b"}}"#,
                r#"{"id":3,"items":"x"}"#,
                r#"{"id":4,"items":"[{\"sku\":\"c\"}]"}"#,
                r#"{"id":5,"items":false}"#,
                r#"{"id":6,"items":{}}"#,
                r#"{"id":7,"items":[{"sku":"d"},{}]}"#,
            ],
        );
        assert_eq!(rows(&chunk), ["1|a", "7|d", "7|∅"]);
        assert_eq!(chunk.lines, [1, 7, 7]);
        assert_eq!(
            refused(&chunk),
            [
                r#"2: `items` is no array: {"id":2,"items":{"sku":"b"}}"#,
                r#"3: `items` is no array: {"id":3,"items":"x"}"#,
                r#"4: `items` is no array: {"id":4,"items":"[{\"sku\":\"c\"}]"}"#,
                r#"5: `items` is no array: {"id":5,"items":false}"#,
                r#"6: `items` is no array: {"id":6,"items":{}}"#,
            ]
        );
    }

    #[test]
    fn what_is_empty_makes_no_rows_and_no_fault() {
        let source = declared("lines.data", &[("id", "id"), ("sku", "lines.data.sku")]);
        let chunk = exploded(
            &source,
            &[
                r#"{"id":1}"#,
                r#"{"id":2,"lines":null}"#,
                r#"{"id":3,"lines":{}}"#,
                r#"{"id":4,"lines":{"data":null}}"#,
                r#"{"id":5,"lines":{"data":[]}}"#,
                r#"{"id":6,"lines":[]}"#,
                r#"{"id":7,"lines":"x"}"#,
                r#"{"id":8,"lines":[{"data":[]}]}"#,
            ],
        );
        assert!(rows(&chunk).is_empty());
        assert_eq!(
            refused(&chunk),
            [
                r#"7: `lines.data` leads to no array: {"id":7,"lines":"x"}"#,
                r#"8: `lines.data` leads to no array: {"id":8,"lines":[{"data":[]}]}"#,
            ]
        );
    }

    #[test]
    fn what_is_in_the_way_spoils_cells_of_the_record_and_of_its_elements() {
        let columns = [("user", "user.id"), ("net", "items.price.net"), ("sku", "items.sku")];
        let mut source = declared("items", &columns);
        source.columns[2].from.push("sku".to_owned());
        let chunk = exploded(
            &source,
            &[
                r#"{"user":"u","items":[{"price":5},{"price":{"net":1},"sku":"a"}],"sku":"s"}"#,
                r#"{"user":{"id":"v"},"items":[7,"{\"sku\":\"b\"}"]}"#,
                // Half of its rows are there when it is refused.
                r#"{"user":"w","items":[7,{"sku":"\ud83d"}]}"#,
                r#"{"user":"x","items":[{}]}"#,
            ],
        );
        assert_eq!(rows(&chunk), ["!u|!5|s", "!u|1|a", "v|!7|!7", "v|∅|b", "!x|∅|∅"]);
        assert_eq!(chunk.refused.len(), 1);
    }

    #[test]
    fn cells_without_fault_have_marks_only_where_they_are_filled_down() {
        let mut source = declared("items", &[("id", "id"), ("sku", "items.sku")]);
        let line = [r#"{"id":1,"items":[{"sku":"a"}]}"#];
        let is_marked = |source: &Source| {
            let columns = exploded(source, &line).columns;
            columns.iter().all(|column| matches!(column, Cells::Marked { .. }))
        };
        assert!(!is_marked(&source));
        source.fill_down = Some(crate::config::records::FillDown {
            within: "id".to_owned(),
            columns: vec!["sku".to_owned()],
        });
        assert!(is_marked(&source));
    }
}
