/*!
The records at the beginning of a text, for whoever has to find out how it is delimited.
*/

use crate::config::reading::Csv;

use super::scan::{Field, Flaw, Scan, Scanner};

/// A record as a dialect reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peeked {
    /// The line it begins at, counted from 1.
    pub(crate) line: i64,
    pub(crate) fields: Vec<String>,
    /// Text follows a closing quote: the quotes mean something else.
    pub(crate) flawed: bool,
}

/// At most `limit` records; the second value says that a quote is never closed. `complete` says that
/// nothing follows `text`: else a record that reaches its end is left out.
pub(crate) fn peek(csv: &Csv, text: &str, complete: bool, limit: usize) -> (Vec<Peeked>, bool) {
    let scanner = Scanner::new(csv);
    let mut records = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() && records.len() < limit {
        let rest = &text[at..];
        match scanner.record(rest.as_bytes(), complete, &mut fields) {
            Scan::NeedMore => break,
            Scan::Unclosed { .. } => return (records, true),
            Scan::Blank { end } | Scan::Comment { end, .. } => {
                at += end;
                line += 1;
            }
            Scan::Record { end, lines, flaw, .. } => {
                let meant = |field: &Field| {
                    let raw = &rest[field.start..field.end];
                    let mut meant = String::new();
                    if field.escaped {
                        scanner.unescape(raw, &mut meant);
                    } else {
                        meant.push_str(raw);
                    }
                    meant
                };
                let flawed = flaw == Some(Flaw::TextAfterQuote);
                records.push(Peeked { line, fields: fields.iter().map(meant).collect(), flawed });
                at += end;
                line += lines;
            }
        }
    }
    (records, false)
}
