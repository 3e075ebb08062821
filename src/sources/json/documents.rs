/*!
Whole documents: an array of records, an object that holds it or one record at `json.records`, or one
document per record after the other, printed on one line or on many.

Only the structure is followed here, to cut the records out; whether they are valid is found out when
they are parsed.
*/

use std::sync::Arc;

use memchr::memchr2;

use crate::{
    error::{Error, Result, codes},
    sources::{
        buffer::Buffer,
        chunk::{Pending, RecordReader, Span},
        csv::line_breaks,
        fault::{file_error, line_error},
    },
};

use super::{Cut, Records, take};

pub(crate) struct DocumentsReader {
    buffer: Buffer,
    rows: Arc<Records>,
    /// The members that lead to the array of records.
    records: Vec<String>,
    open: Vec<Level>,
    /// Whether the array of records was met.
    met: bool,
    line: i64,
}

/// What a bracket opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// An array of documents that each hold records.
    Pages,
    /// The object in which the member `records[n]` is looked for.
    Envelope(usize),
    Records,
}

/// What stands at a place of the text.
enum Found {
    /// Something without records ends here.
    Passed(usize),
    Record(usize, usize),
    NeedMore,
    End,
}

impl DocumentsReader {
    pub(crate) fn open(buffer: Buffer, rows: Arc<Records>, records: Option<&str>) -> Self {
        let records = records.map(|path| path.split('.').map(str::to_owned).collect());
        Self {
            buffer,
            rows,
            records: records.unwrap_or_default(),
            open: Vec::new(),
            met: false,
            line: 1,
        }
    }

    fn step(&mut self, at: usize) -> Result<Found> {
        let window = self.buffer.window();
        let finished = self.buffer.finished();
        let start = at + window[at..].iter().take_while(|byte| is_between(**byte)).count();
        let Some(&byte) = window.get(start) else {
            return match (finished, self.open.is_empty()) {
                (false, _) => Ok(Found::NeedMore),
                (true, true) => self.end(),
                (true, false) => Err(self.cut_short()),
            };
        };
        match (self.open.last().copied(), byte) {
            (None, b'[') if self.records.is_empty() => {
                self.open.push(Level::Records);
                Ok(Found::Passed(start + 1))
            }
            (None, b'[') => {
                self.open.push(Level::Pages);
                Ok(Found::Passed(start + 1))
            }
            (None | Some(Level::Pages), b'{') if !self.records.is_empty() => {
                self.open.push(Level::Envelope(0));
                Ok(Found::Passed(start + 1))
            }
            (Some(Level::Records | Level::Pages), b']') | (Some(Level::Envelope(_)), b'}') => {
                self.open.pop();
                Ok(Found::Passed(start + 1))
            }
            (None, b'{') | (Some(Level::Records), _) => match value_end(&window[start..], finished)
            {
                Some(length) if length > 0 => Ok(Found::Record(start, start + length)),
                Some(_) => Err(self.unexpected(start)),
                None if finished => Err(self.cut_short()),
                None => Ok(Found::NeedMore),
            },
            (Some(Level::Envelope(depth)), b'"') => self.member(depth, start),
            _ => Err(self.unexpected(start)),
        }
    }

    /// A member of an envelope: the way to the records, or something to pass over.
    fn member(&mut self, depth: usize, start: usize) -> Result<Found> {
        let window = self.buffer.window();
        let finished = self.buffer.finished();
        let more = |this: &Self| if finished { Err(this.cut_short()) } else { Ok(Found::NeedMore) };
        let Some(length) = value_end(&window[start..], finished) else { return more(self) };
        let key = &window[start + 1..start + length - 1];
        let wanted = key == self.records[depth].as_bytes();
        let mut at = start + length;
        let blank = |from: usize| {
            from + window[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
        };
        at = blank(at);
        match window.get(at) {
            Some(b':') => at = blank(at + 1),
            Some(_) => return Err(self.unexpected(at)),
            None => return more(self),
        }
        let last = depth + 1 == self.records.len();
        match window.get(at) {
            None => more(self),
            Some(b'[') if wanted && last => {
                self.met = true;
                self.open.push(Level::Records);
                Ok(Found::Passed(at + 1))
            }
            // One record alone, as an answer about a single thing holds it.
            Some(b'{') if wanted && last => match value_end(&window[at..], finished) {
                Some(length) => {
                    self.met = true;
                    Ok(Found::Record(at, at + length))
                }
                None => more(self),
            },
            Some(b'{') if wanted => {
                self.open.push(Level::Envelope(depth + 1));
                Ok(Found::Passed(at + 1))
            }
            Some(_) => match value_end(&window[at..], finished) {
                Some(length) => Ok(Found::Passed(at + length)),
                None => more(self),
            },
        }
    }

    fn end(&self) -> Result<Found> {
        if self.records.is_empty() || self.met {
            return Ok(Found::End);
        }
        let path = self.records.join(".");
        let message = format!("holds no array `{path}`");
        Err(file_error(codes::MALFORMED, self.buffer.file(), message)
            .hint("`json.records` names the member that holds the records"))
    }

    fn cut_short(&self) -> Error {
        file_error(codes::TRUNCATED, self.buffer.file(), "ends within a JSON document")
            .hint("it was probably still being written: wait for it, or export it again")
    }

    fn unexpected(&self, at: usize) -> Error {
        let window = self.buffer.window();
        let line = self.line + line_breaks(&window[..at]);
        let found = char::from(window[at]);
        let message = format!("`{}` is not expected here", found.escape_default());
        line_error(codes::MALFORMED, self.buffer.file(), line, message)
            .hint("is this one JSON document, or `format: ndjson`?")
    }
}

impl RecordReader for DocumentsReader {
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let mut cuts = Vec::with_capacity(limit);
        let mut at = 0;
        let mut line = self.line;
        // The place up to which line breaks are counted.
        let mut counted = 0;
        while cuts.len() < limit && at < self.rows.chunk_bytes() {
            match self.step(at)? {
                Found::Passed(end) => at = end,
                Found::Record(start, end) => {
                    line += line_breaks(&self.buffer.window()[counted..start]);
                    counted = start;
                    cuts.push(Cut { span: Span::new(start, end), line });
                    at = end;
                }
                Found::NeedMore => self.buffer.fill(at)?,
                Found::End => break,
            }
        }
        if at == 0 {
            return Ok(None);
        }
        self.line = line + line_breaks(&self.buffer.window()[counted..at]);
        Ok(Some(take(&mut self.buffer, at, cuts, &self.rows)))
    }
}

/// White space, and the commas between values.
fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b','
}

/// The length of the value that `text` begins with; `None` if more text is needed to tell.
fn value_end(text: &[u8], finished: bool) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => {
                at += 1;
                loop {
                    at += memchr2(b'"', b'\\', text.get(at..)?)?;
                    if text[at] == b'"' {
                        break;
                    }
                    at += 2;
                }
                at += 1;
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ if depth > 0 => at += 1,
            _ => {
                let ends =
                    |byte: &u8| is_between(*byte) || matches!(byte, b']' | b'}' | b'"' | b':');
                return match text[at..].iter().position(ends) {
                    Some(length) => Some(at + length),
                    None if finished => Some(text.len()),
                    None => None,
                };
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}
