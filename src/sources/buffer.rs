/*!
A window over a file's text that always begins at a record.

A record longer than [`MAX_RECORD`] is an error: it is an unclosed quote or no export at all, and
memory must stay bounded.
*/

use std::io::Read;

use crate::error::{Result, codes};

use super::{
    fault::{encoding_error, file_error, read_error},
    files::InputFile,
};

/// The longest record, in bytes.
pub(crate) const MAX_RECORD: usize = 32 << 20;
/// How much text a chunk holds before it is closed, if it has not enough records yet.
pub(crate) const CHUNK_BYTES: usize = 4 << 20;

/// Text taken off a file, not yet known to be valid.
pub(crate) struct Taken {
    bytes: Vec<u8>,
    offset: u64,
    file: String,
    encoding: String,
}

impl Taken {
    pub(crate) fn text(self) -> Result<String> {
        String::from_utf8(self.bytes).map_err(|error| {
            let within = error.utf8_error().valid_up_to() as u64;
            encoding_error(&self.file, &self.encoding, self.offset + within)
        })
    }
}

const READ: usize = 1 << 18;

pub(crate) struct Buffer {
    content: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
    /// Bytes of the file before the window, its byte order mark included.
    offset: u64,
    file: InputFile,
    encoding: String,
    /// How many bytes are read at least.
    step: usize,
}

impl Buffer {
    pub(crate) fn new(
        content: Box<dyn Read + Send>,
        offset: u64,
        file: &InputFile,
        encoding: &str,
    ) -> Self {
        Self {
            content,
            bytes: Vec::new(),
            start: 0,
            end: 0,
            finished: false,
            offset,
            file: file.clone(),
            encoding: encoding.to_owned(),
            step: READ,
        }
    }

    /// Reads less at a time, so that a short text comes in pieces too.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn in_pieces(self, step: usize) -> Self {
        Self { step, ..self }
    }

    pub(crate) fn file(&self) -> &str {
        &self.file.path
    }

    pub(crate) fn encoding(&self) -> &str {
        &self.encoding
    }

    /// The text read and not yet consumed.
    pub(crate) fn window(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Where the window begins in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the window reaches to the end of the file.
    pub(crate) fn finished(&self) -> bool {
        self.finished
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    /// Takes the first `count` bytes off the window. Whether they are valid is left for later.
    pub(crate) fn take(&mut self, count: usize) -> Taken {
        let taken = Taken {
            bytes: self.window()[..count].to_vec(),
            offset: self.offset,
            file: self.file.path.clone(),
            encoding: self.encoding.clone(),
        };
        self.consume(count);
        taken
    }

    /// Lengthens the window, whose last record begins at `record`; does nothing at the end of the
    /// file. What stood at a place of the window still stands there.
    pub(crate) fn fill(&mut self, record: usize) -> Result<()> {
        if self.finished {
            return Ok(());
        }
        if self.window().len() - record > MAX_RECORD {
            let at = self.offset + record as u64;
            return Err(file_error(
                codes::MALFORMED,
                &self.file.path,
                format!("holds a record of more than {} MiB at byte {at}", MAX_RECORD >> 20),
            )
            .hint("is a quote never closed, or is this no text file?"));
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // A long record is read on in doubling steps, so that looking at it again stays linear.
        let length = self.end - record;
        let goal = self.end + length.min(MAX_RECORD - length).max(self.step);
        if self.bytes.len() < goal {
            self.bytes.resize(goal, 0);
        }
        while self.end < goal {
            match self.content.read(&mut self.bytes[self.end..]) {
                Ok(0) => {
                    self.finished = true;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(read_error(&self.file, error)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use super::*;
    use crate::sources::support::file;

    /// A line that never ends, and how much of it was asked for.
    struct Endless(Arc<AtomicUsize>);

    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.fetch_add(out.len(), Ordering::Relaxed);
            out.fill(b'x');
            Ok(out.len())
        }
    }

    #[test]
    fn a_record_without_end_is_neither_read_nor_kept_beyond_its_limit() {
        let asked = Arc::new(AtomicUsize::new(0));
        let content = Box::new(Endless(Arc::clone(&asked)));
        let mut buffer = Buffer::new(content, 0, &file("a.csv"), "utf-8");
        let error = loop {
            if let Err(error) = buffer.fill(0) {
                break error;
            }
        };
        assert!(error.to_string().contains("a record of more than 32 MiB at byte 0"), "{error}");
        let bound = 2 * MAX_RECORD + READ;
        assert!(asked.load(Ordering::Relaxed) <= bound && buffer.bytes.len() <= bound);
    }
}
