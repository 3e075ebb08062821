/*!
One record of delimited text: where it ends, where its fields are.

Positions point into the text as it is, so that nothing is copied and a bad record can be shown as it
was; only fields with doubled quotes or escapes need another look ([`unescape`]).
*/

use memchr::memchr2;

use crate::{config::reading::Csv, sources::bytes::find};

/// No export has more columns. Of longer records the rest of the fields is passed over, so that
/// memory stays bounded whatever is fed in.
pub(crate) const MAX_FIELDS: usize = 100_000;

/// A field's text, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Holds doubled quotes or escapes.
    pub(crate) escaped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    /// `end`: after the line break; `text_end`: before it.
    Record {
        end: usize,
        text_end: usize,
        /// Line breaks passed, those inside fields included.
        lines: i64,
        flaw: Option<Flaw>,
    },
    /// A line with nothing in it, or with nothing but delimiters: spreadsheets end in such.
    Blank { end: usize },
    /// A line that is no record but says something about them.
    Comment { end: usize, text_end: usize },
    /// The text ends within the record.
    NeedMore,
    /// The file ends within the quotes that open at this place.
    Unclosed { quote: usize },
}

/// Why a record cannot be trusted although it could be cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    TextAfterQuote,
}

#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
    /// Bytes that matter outside quotes; without an escape the delimiter stands there twice.
    special: [u8; 4],
}

impl Scanner {
    pub(crate) fn new(csv: &Csv) -> Self {
        // A quote that escapes itself is the doubled quote, which is always understood.
        let escape = csv.escape.filter(|escape| Some(*escape) != csv.quote);
        let special = [b'\n', b'\r', csv.delimiter, escape.unwrap_or(csv.delimiter)];
        Self { delimiter: csv.delimiter, quote: csv.quote, escape, comment: csv.comment, special }
    }

    /// Scans the record that `text` begins with; `finished` says that nothing follows `text`.
    pub(crate) fn record(&self, text: &[u8], finished: bool, fields: &mut Vec<Field>) -> Scan {
        fields.clear();
        if self.comment.is_some() && text.first().copied() == self.comment {
            return comment(text, finished);
        }
        let mut at = 0;
        let mut flaw = None;
        let mut may_hold_breaks = false;
        loop {
            if let Some(opened) = self.opening_quote(text, at) {
                may_hold_breaks = true;
                at = opened;
                let Some(field) = self.quoted(text, at + 1, finished) else {
                    return if finished {
                        Scan::Unclosed { quote: opened }
                    } else {
                        Scan::NeedMore
                    };
                };
                at = self.unquoted(text, field.end + 1).0;
                if text[field.end + 1..at.min(text.len())].iter().any(|byte| *byte != b' ') {
                    flaw = Some(Flaw::TextAfterQuote);
                }
                push(fields, field);
            } else {
                let start = at;
                let escaped;
                (at, escaped) = self.unquoted(text, at);
                may_hold_breaks |= escaped;
                push(fields, Field { start, end: at.min(text.len()), escaped });
            }
            let Some(&byte) = text.get(at) else {
                if !finished {
                    return Scan::NeedMore;
                }
                return self.finish(text, text.len(), text.len(), flaw, may_hold_breaks);
            };
            if byte == self.delimiter {
                at += 1;
                continue;
            }
            let text_end = at;
            at += 1;
            if byte == b'\r' {
                match text.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None if finished => {}
                    None => return Scan::NeedMore,
                }
            }
            return self.finish(text, text_end, at, flaw, may_hold_breaks);
        }
    }

    /// Where the quote of a field that begins at `start` stands; blanks before it mean nothing.
    fn opening_quote(&self, text: &[u8], start: usize) -> Option<usize> {
        let quote = self.quote?;
        let mut at = start;
        if self.delimiter != b' ' {
            at += text.get(start..)?.iter().take_while(|byte| **byte == b' ').count();
        }
        (text.get(at) == Some(&quote)).then_some(at)
    }

    fn finish(
        &self,
        text: &[u8],
        text_end: usize,
        end: usize,
        flaw: Option<Flaw>,
        may_hold_breaks: bool,
    ) -> Scan {
        if text[..text_end].iter().all(|byte| *byte == self.delimiter) {
            return Scan::Blank { end };
        }
        let breaks = if may_hold_breaks { line_breaks(&text[..text_end]) } else { 0 };
        Scan::Record { end, text_end, lines: breaks + i64::from(end > text_end), flaw }
    }

    /// The field whose opening quote stands before `start`; `None` if it is not closed in `text`.
    fn quoted(&self, text: &[u8], start: usize, finished: bool) -> Option<Field> {
        let quote = self.quote?;
        let escape = self.escape.unwrap_or(quote);
        let mut at = start;
        let mut escaped = false;
        loop {
            at += memchr2(quote, escape, text.get(at..)?)?;
            match text.get(at + 1) {
                Some(_) if text[at] != quote => escaped = true,
                Some(next) if *next == quote => escaped = true,
                None if text[at] != quote || !finished => return None,
                _ => return Some(Field { start, end: at, escaped }),
            }
            at += 2;
        }
    }

    /// The end of text outside quotes, and whether escapes were passed.
    fn unquoted(&self, text: &[u8], start: usize) -> (usize, bool) {
        let mut at = start;
        let mut escaped = false;
        loop {
            match find::<0, 4>(&text[at.min(text.len())..], self.special) {
                None => return (text.len().max(at), escaped),
                Some(found) => at += found,
            }
            if Some(text[at]) != self.escape {
                return (at, escaped);
            }
            escaped = true;
            at += 2;
        }
    }

    /// Appends what an escaped field stands for.
    pub(crate) fn unescape(&self, field: &str, out: &mut String) {
        // MySQL and Hive write a null as `\N`, which is no escaped `N`.
        if self.escape == Some(b'\\') && field == "\\N" {
            return out.push_str(field);
        }
        let mut letters = field.chars().peekable();
        while let Some(letter) = letters.next() {
            let is = |sign: Option<u8>| sign.is_some_and(|sign| letter == char::from(sign));
            let stands_for_next =
                is(self.escape) || is(self.quote) && letters.peek() == Some(&letter);
            let meant = if stands_for_next { letters.next() } else { None };
            out.push(meant.unwrap_or(letter));
        }
    }
}

fn push(fields: &mut Vec<Field>, field: Field) {
    if fields.len() <= MAX_FIELDS {
        fields.push(field);
    }
}

/// A comment reaches to the end of its line, whatever quotes it holds.
fn comment(text: &[u8], finished: bool) -> Scan {
    let text_end = match memchr2(b'\n', b'\r', text) {
        Some(found) => found,
        None if finished => text.len(),
        None => return Scan::NeedMore,
    };
    match text.get(text_end..).unwrap_or_default() {
        [b'\r'] if !finished => Scan::NeedMore,
        [b'\r', b'\n', ..] => Scan::Comment { end: text_end + 2, text_end },
        [] => Scan::Comment { end: text_end, text_end },
        _ => Scan::Comment { end: text_end + 1, text_end },
    }
}

/// Line breaks of any kind: `\n`, `\r\n`, `\r`.
pub(crate) fn line_breaks(text: &[u8]) -> i64 {
    let mut count = 0;
    for at in memchr::memchr2_iter(b'\n', b'\r', text) {
        if text[at] == b'\n' || text.get(at + 1) != Some(&b'\n') {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn csv(delimiter: u8, quote: Option<u8>, escape: Option<u8>) -> Csv {
        Csv { delimiter, quote, escape, ..Csv::default() }
    }

    /// Every record with its line, read through windows that grow by `step` bytes.
    fn records(text: &str, csv: &Csv, step: usize) -> Vec<(i64, Vec<String>)> {
        let scanner = Scanner::new(csv);
        let bytes = text.as_bytes();
        let (mut at, mut window, mut line) = (0, step.min(bytes.len()), 1);
        let mut fields = Vec::new();
        let mut found = Vec::new();
        while at < bytes.len() {
            let finished = window == bytes.len();
            match scanner.record(&bytes[at..window], finished, &mut fields) {
                Scan::NeedMore => {
                    assert!(!finished, "a finished text needs no more");
                    window = (window + step).min(bytes.len());
                }
                Scan::Blank { end } | Scan::Comment { end, .. } => {
                    at += end;
                    line += 1;
                }
                Scan::Record { end, lines, .. } => {
                    let cells = fields.iter().map(|field| {
                        let cell = &text[at + field.start..at + field.end];
                        let mut out = String::new();
                        if field.escaped {
                            scanner.unescape(cell, &mut out);
                        } else {
                            out.push_str(cell);
                        }
                        out
                    });
                    found.push((line, cells.collect()));
                    at += end;
                    line += lines;
                }
                Scan::Unclosed { quote } => {
                    found.push((line, vec![format!("unclosed at {}", at + quote)]));
                    break;
                }
            }
        }
        found
    }

    fn check(text: &str, csv: &Csv, expected: &[(i64, &[&str])]) {
        for step in [1, 2, 3, 7, 1000] {
            let found = records(text, csv, step);
            let found: Vec<(i64, Vec<&str>)> = found
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect()))
                .collect();
            let expected: Vec<(i64, Vec<&str>)> =
                expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
            assert_eq!(found, expected, "{text:?} in steps of {step}");
        }
    }

    #[test]
    fn records_fields_and_lines() {
        let comma = csv(b',', Some(b'"'), None);
        check("a,b\n1,2\n", &comma, &[(1, &["a", "b"]), (2, &["1", "2"])]);
        check("a,b\r\n1,\r\n", &comma, &[(1, &["a", "b"]), (2, &["1", ""])]);
        check("a\rb\r\rc", &comma, &[(1, &["a"]), (2, &["b"]), (4, &["c"])]);
        check("\n\n,\n,\"\"\n", &comma, &[(4, &["", ""])]);
        check("a,\"\"\n\"\"\n", &comma, &[(1, &["a", ""]), (2, &[""])]);
        check(
            "\"two\nlines\",x\n\"he said \"\"no\"\"\",\"a,b\"\nlast",
            &comma,
            &[(1, &["two\nlines", "x"]), (3, &["he said \"no\"", "a,b"]), (4, &["last"])],
        );
        check("\"a\r\nb\rc\",1\r\n2", &comma, &[(1, &["a\r\nb\rc", "1"]), (4, &["2"])]);
        check("5\" pipe,x\n", &comma, &[(1, &["5\" pipe", "x"])]);
        check("a,\"b\n1,2\n", &comma, &[(1, &["unclosed at 2"])]);
        check("a,b,", &comma, &[(1, &["a", "b", ""])]);
        check("a, \"b, c\" , d\n", &comma, &[(1, &["a", "b, c", " d"])]);
        check("1,2\r\n,,\r\n,", &comma, &[(1, &["1", "2"])]);
    }

    #[test]
    fn other_dialects() {
        let json_cells = csv(b'\t', None, None);
        check("{\"a\": 1}\t\"\nx\ty", &json_cells, &[(1, &["{\"a\": 1}", "\""]), (2, &["x", "y"])]);
        let adobe = csv(b'\t', None, Some(b'\\'));
        check(
            "a\\\tb\\\nc\td\\\\\ne\t\\N\n",
            &adobe,
            &[(1, &["a\tb\nc", "d\\"]), (3, &["e", "\\N"])],
        );
        let escaped = csv(b';', Some(b'"'), Some(b'\\'));
        check(
            "\"a\\\"b\";\"c\"\"d\"\n\"\\\\\";é\n",
            &escaped,
            &[(1, &["a\"b", "c\"d"]), (2, &["\\", "é"])],
        );
        check("a\\", &adobe, &[(1, &["a\\"])]);
        let log = Csv { comment: Some(b'#'), ..csv(b' ', Some(b'"'), None) };
        check("#Fields: a \"b\r\nx  \"y z\"\n# no #\r#", &log, &[(2, &["x", "", "y z"])]);
    }

    #[test]
    fn text_after_a_closing_quote_is_a_flaw() {
        let scanner = Scanner::new(&csv(b',', Some(b'"'), None));
        let mut fields = Vec::new();
        let scan = scanner.record(b"\"a\"b,c\nd", false, &mut fields);
        assert_eq!(
            scan,
            Scan::Record { end: 7, text_end: 6, lines: 1, flaw: Some(Flaw::TextAfterQuote) }
        );
        assert_eq!(fields.len(), 2);
    }

    proptest! {
        /// The csv crate as a second opinion, on whatever it can write.
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in prop::collection::vec(prop::collection::vec("[a-z\",;\\n\\r é]{0,8}", 3), 1..20),
            step in 1usize..64,
        ) {
            let mut writer = csv_writer();
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let found = records(&text, &csv(b',', Some(b'"'), None), step);
            let cells: Vec<Vec<String>> = found.into_iter().map(|(_, cells)| cells).collect();
            // A row of nothing is no record.
            let rows: Vec<Vec<String>> =
                rows.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
            prop_assert_eq!(cells, rows);
        }

        #[test]
        fn windows_do_not_matter(text in "[a\",\\n\\r\\\\]{0,40}", step in 1usize..8) {
            for escape in [None, Some(b'\\')] {
                let csv = csv(b',', Some(b'"'), escape);
                prop_assert_eq!(records(&text, &csv, step), records(&text, &csv, 1000));
            }
        }
    }

    fn csv_writer() -> ::csv::Writer<Vec<u8>> {
        ::csv::WriterBuilder::new().from_writer(Vec::new())
    }
}
