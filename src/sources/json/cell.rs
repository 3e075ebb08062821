/*!
A JSON value as the text of a cell: text without its escapes, numbers and truth values exactly as
written, objects and arrays as compact JSON.
*/

use crate::sources::chunk::Span;

use super::tape::{JsonFault, Kind, Tape, compact, unescape};

/// Text derived from one record beyond this is refused; positions must stay within 32 bits.
const MAX_DERIVED: usize = 1 << 30;

/// The cell's place in `text`, or, where text had to be made, in `tail`, which is thought to follow
/// `text` directly.
pub(crate) fn cell(
    tape: &Tape,
    index: u32,
    text: &str,
    tail: &mut String,
) -> Result<Span, JsonFault> {
    let node = tape.node(index);
    let (start, end) = (node.start as usize, node.end as usize);
    let made_from = tail.len();
    match node.kind {
        Kind::Null => return Ok(Span::ABSENT),
        Kind::Bool | Kind::Number | Kind::Text => return Ok(Span::new(start, end)),
        Kind::Escaped => unescape(&text[start..end], tail)?,
        Kind::Array | Kind::Object => compact(&text[start..end], tail),
    }
    if tail.len() > MAX_DERIVED {
        return Err(JsonFault::TooLong);
    }
    Ok(Span::new(text.len() + made_from, text.len() + tail.len()))
}
