/*!
One JSON object per line.
*/

use std::sync::Arc;

use memchr::memchr;

use crate::{
    error::Result,
    sources::{
        buffer::{Buffer, CHUNK_BYTES},
        chunk::{Pending, RecordReader, Span},
    },
};

use super::{Cut, path::Paths, take};

pub(crate) struct LinesReader {
    buffer: Buffer,
    paths: Arc<Paths>,
    line: i64,
}

impl LinesReader {
    pub(crate) fn open(buffer: Buffer, paths: Arc<Paths>) -> Self {
        Self { buffer, paths, line: 1 }
    }
}

impl RecordReader for LinesReader {
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let mut cuts = Vec::with_capacity(limit);
        let mut at = 0;
        // The place up to which no line break was found.
        let mut searched = 0;
        while cuts.len() < limit && at < CHUNK_BYTES {
            let window = self.buffer.window();
            let from = at.max(searched);
            let (end, after) = match memchr(b'\n', &window[from..]) {
                Some(found) => (from + found, from + found + 1),
                None if !self.buffer.finished() => {
                    searched = window.len();
                    self.buffer.fill(at)?;
                    continue;
                }
                None if at == window.len() => break,
                None => (window.len(), window.len()),
            };
            let line = &window[at..end];
            let leading = line.len() - line.trim_ascii_start().len();
            let length = line.trim_ascii().len();
            if length > 0 {
                let span = Span::new(at + leading, at + leading + length);
                cuts.push(Cut { span, line: self.line });
            }
            self.line += 1;
            at = after;
        }
        if at == 0 {
            return Ok(None);
        }
        Ok(Some(take(&mut self.buffer, at, cuts, &self.paths)))
    }
}
