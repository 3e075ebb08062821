/*!
Text line by line: the cutting that all formats of lines share, and records that a pattern takes
apart, as access logs have them.
*/

use std::{ops::Range, sync::Arc};

use memchr::memchr;
use regex::Regex;

use crate::{
    config::source::Source,
    error::{Error, Result, codes},
};

use super::{
    bind::{Bound, bind},
    buffer::{Buffer, CHUNK_BYTES},
    chunk::{Cells, Chunk, Pending, RecordReader, Refused, Span, spans},
    json::Dig,
};

/// A record cut out of the text, and the line it begins at.
pub(crate) struct Cut {
    pub(crate) span: Span,
    pub(crate) line: i64,
}

/// Cuts off at most `limit` lines that hold something, without blanks around them. Returns them
/// with the length of the text they stand in, which ends beyond `bytes`; `None` at the end of the
/// file. `line` counts on.
pub(crate) fn cut(
    buffer: &mut Buffer,
    limit: usize,
    bytes: usize,
    line: &mut i64,
) -> Result<Option<(usize, Vec<Cut>)>> {
    let mut cuts = Vec::with_capacity(limit);
    let mut at = 0;
    // The place up to which no line break was found.
    let mut searched = 0;
    while cuts.len() < limit && at < bytes {
        let window = buffer.window();
        let from = at.max(searched);
        let (end, after) = match memchr(b'\n', &window[from..]) {
            Some(found) => (from + found, from + found + 1),
            None if !buffer.finished() => {
                searched = window.len();
                buffer.fill(at)?;
                continue;
            }
            None if at == window.len() => break,
            None => (window.len(), window.len()),
        };
        let Range { start, end } = trimmed(window, at..end);
        if start < end {
            cuts.push(Cut { span: Span::new(start, end), line: *line });
        }
        *line += 1;
        at = after;
    }
    Ok((at > 0).then_some((at, cuts)))
}

fn trimmed(window: &[u8], line: Range<usize>) -> Range<usize> {
    let text = &window[line.clone()];
    let start = line.start + text.len() - text.trim_ascii_start().len();
    start..start + text.trim_ascii().len()
}

/// One open file of lines that a pattern takes apart.
pub(crate) struct PatternReader {
    buffer: Buffer,
    pattern: Arc<Pattern>,
    line: i64,
}

struct Pattern {
    regex: Regex,
    /// The groups that feed the declared columns.
    groups: Vec<Option<usize>>,
    digs: Arc<[Dig]>,
}

impl PatternReader {
    /// Binds the columns to the pattern's named groups.
    pub(crate) fn open(buffer: Buffer, source: &Source) -> Result<Self> {
        let regex = whole_line(&source.lines.pattern).map_err(|error| {
            Error::usage(codes::INVALID_VALUE, format!("source `{}`: {error}", source.name))
        })?;
        let (names, numbers): (Vec<String>, Vec<usize>) = regex
            .capture_names()
            .enumerate()
            .filter_map(|(number, name)| Some((name?.to_owned(), number)))
            .unzip();
        let Bound { positions, digs, .. } = bind(buffer.file(), &names, source)?;
        let groups = positions.into_iter().map(|at| at.map(|at| numbers[at])).collect();
        Ok(Self { buffer, pattern: Arc::new(Pattern { regex, groups, digs }), line: 1 })
    }
}

/// A line is matched whole: what a pattern leaves over would be lost in silence.
pub(crate) fn whole_line(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

impl RecordReader for PatternReader {
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let Some((end, cuts)) = cut(&mut self.buffer, limit, CHUNK_BYTES, &mut self.line)? else {
            return Ok(None);
        };
        let taken = self.buffer.take(end);
        let pattern = Arc::clone(&self.pattern);
        Ok(Some(Box::new(move || Ok(pattern.read(taken.text()?, cuts)))))
    }
}

impl Pattern {
    fn read(&self, text: String, cuts: Vec<Cut>) -> Chunk {
        let mut columns = spans(self.groups.len(), cuts.len());
        let mut chunk = Chunk::default();
        let mut places = self.regex.capture_locations();
        for Cut { span, line } in cuts {
            let record = span.of(&text).unwrap_or_default();
            if self.regex.captures_read(&mut places, record).is_none() {
                let reason = "does not match the pattern".to_owned();
                chunk.refused.push(Refused { line, raw: record.to_owned(), reason });
                continue;
            }
            for (column, group) in columns.iter_mut().zip(&self.groups) {
                let found = group.and_then(|group| places.get(group));
                column.push(found.map_or(Span::ABSENT, |(start, end)| {
                    Span::new(span.start() + start, span.start() + end)
                }));
            }
            chunk.lines.push(line);
            chunk.records.push(span);
        }
        chunk.columns = columns.into_iter().map(Cells::Text).collect();
        chunk.text = text;
        self.digs.iter().for_each(|dig| dig.apply(&mut chunk));
        chunk
    }
}
