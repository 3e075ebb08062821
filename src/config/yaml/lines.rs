/*!
Where a byte of a text is, in lines and columns. A file can have thousands of faults, so the lines
are counted once.
*/

use std::{ops::Range, sync::Arc};

use crate::error::Location;

/// A file's text with the starts of its lines.
#[derive(Debug)]
pub(super) struct Lines {
    file: String,
    text: Arc<str>,
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn new(file: String, text: Arc<str>) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { file, text, starts }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn locate(&self, span: Range<usize>) -> Location {
        let start = span.start.min(self.text.len());
        let line = self.starts.partition_point(|line| *line <= start);
        let characters =
            |range: Range<usize>| self.text.get(range).unwrap_or_default().chars().count() as u32;
        Location {
            file: self.file.clone(),
            line: line as u32,
            column: characters(self.starts[line - 1]..start) + 1,
            length: characters(start..span.end.min(self.text.len())),
            text: Some(Arc::clone(&self.text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_plain_count() {
        let text: Arc<str> = "a: é\n\nbb: ok\n".into();
        let lines = Lines::new("x.yaml".to_owned(), Arc::clone(&text));
        for start in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let span = start..text.len();
            let counted = Location::span("x.yaml", &text, span.start, span.end);
            assert_eq!(lines.locate(span), counted);
        }
    }
}
