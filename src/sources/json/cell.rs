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
    match node.kind {
        Kind::Null => return Ok(Span::ABSENT),
        Kind::Bool | Kind::Number | Kind::Text => {
            return Ok(Span::new(node.start as usize, node.end as usize));
        }
        Kind::Escaped | Kind::Array | Kind::Object => {}
    }
    let made_from = tail.len();
    append(tape, index, text, tail)?;
    Ok(Span::new(text.len() + made_from, text.len() + tail.len()))
}

/// Appends the text of the cell to `out`; null has none.
pub(crate) fn append(
    tape: &Tape,
    index: u32,
    text: &str,
    out: &mut String,
) -> Result<(), JsonFault> {
    let node = tape.node(index);
    let written = &text[node.start as usize..node.end as usize];
    match node.kind {
        Kind::Null => {}
        Kind::Bool | Kind::Number | Kind::Text => out.push_str(written),
        Kind::Escaped => unescape(written, out)?,
        Kind::Array | Kind::Object => compact(written, out),
    }
    if out.len() > MAX_DERIVED { Err(JsonFault::TooLong) } else { Ok(()) }
}
