/*!
What can be wrong with a whole file, as errors that name it.
*/

use std::io;

use crate::error::{self, Code, Diagnostic, Error, Kind, codes};

use super::files::InputFile;

/// A fault of a file as a whole.
pub(crate) fn file_error(code: Code, file: &str, message: impl std::fmt::Display) -> Error {
    Error::failed(code, format!("`{file}` {message}"))
}

/// A fault at a line of a file.
pub(crate) fn line_error(code: Code, file: &str, line: i64, message: impl Into<String>) -> Error {
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    Error::new(Kind::Failed, Diagnostic::error(code, message).at(error::Location::line(file, line)))
}

/// A byte that is not valid in the file's encoding; travels through `io::Error` from the decoder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvalidByte {
    pub(crate) offset: u64,
    pub(crate) encoding: &'static str,
}

impl std::fmt::Display for InvalidByte {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "invalid byte at offset {}", self.offset)
    }
}

impl std::error::Error for InvalidByte {}

/// What no file may hold, as the end of a sentence that begins with the file's name; travels through
/// `io::Error` from whatever unpacks it.
#[derive(Debug)]
pub(crate) struct Refusal {
    what: String,
    hint: &'static str,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

/// An error that [`read_error`] tells in these words.
pub(crate) fn refusal(what: impl Into<String>, hint: &'static str) -> io::Error {
    io::Error::other(Refusal { what: what.into(), hint })
}

/// The error of a file with a byte that its encoding does not know.
pub(crate) fn encoding_error(file: &str, encoding: &str, offset: u64) -> Error {
    let error = file_error(
        codes::ENCODING,
        file,
        format!("is not valid {encoding}: byte {offset} (after decompression)"),
    );
    error.hint(if encoding == "utf-8" {
        "if the export comes from Excel or an older system, declare `encoding: windows-1252`"
    } else {
        "declare the encoding that the export was written in"
    })
}

/// What a failed read of a file means. Whatever is no fault of the content is the store's to explain.
pub(crate) fn read_error(file: &InputFile, error: io::Error) -> Error {
    let name = &file.path;
    if let Some(invalid) = error.get_ref().and_then(|inner| inner.downcast_ref::<InvalidByte>()) {
        return encoding_error(name, &invalid.encoding.to_lowercase(), invalid.offset);
    }
    if let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref::<Refusal>()) {
        return file_error(codes::MALFORMED, name, refusal).hint(refusal.hint);
    }
    let wrapped = error.get_ref().is_some_and(|inner| inner.is::<Error>());
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            file_error(codes::TRUNCATED, name, "ends before its compressed content does")
                .hint("it was probably still being written: wait for it, or export it again")
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
            if !wrapped =>
        {
            file_error(codes::MALFORMED, name, format!("cannot be decompressed: {error}"))
        }
        _ => file.location.explain(error),
    }
}
