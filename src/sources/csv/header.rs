/*!
What stands above the first record: a `sep=` line, lines to skip, comments, header rows; and the
names of the columns, wherever they stand.
*/

use std::collections::{HashMap, HashSet};

use crate::{
    config::reading::{Csv, Names, RepeatedNames},
    error::{Result, codes},
    sources::{
        buffer::Buffer,
        fault::{encoding_error, file_error, line_error},
        files::InputFile,
        likeness,
    },
};

use super::scan::{MAX_FIELDS, Scan, Scanner, line_breaks};

pub(crate) struct Header {
    /// `None` where columns are known by their number.
    pub(crate) names: Option<Vec<String>>,
    /// Header rows that are no names.
    pub(crate) labels: Vec<Vec<String>>,
    /// Lines read.
    pub(crate) lines: i64,
    /// Knows the delimiter that a `sep=` line declares.
    pub(crate) scanner: Scanner,
}

pub(crate) fn read(buffer: &mut Buffer, file: &InputFile, csv: &Csv) -> Result<Header> {
    let mut csv = csv.clone();
    let mut lines = 0;
    // Excel writes the delimiter above everything else, and hides it on opening.
    if let Some((line, length)) = peek_line(buffer)?
        && let Some(delimiter) = separator(&line)
    {
        csv.delimiter = delimiter;
        buffer.consume(length);
        lines += 1;
    }
    for _ in 0..csv.skip_rows {
        let Some((_, length)) = peek_line(buffer)? else { break };
        buffer.consume(length);
        lines += 1;
    }
    let scanner = Scanner::new(&csv);
    let mut labels = Vec::new();
    let names = match &csv.names {
        Names::Numbers => None,
        Names::Declared(names) => Some(names.clone()),
        Names::File(_) => file.names.as_ref().map(|names| names.to_vec()),
        Names::Line(prefix) => Some(named_by_line(buffer, &scanner, prefix, &mut lines)?),
        Names::Header { rows, join } => {
            let rows = header_rows(buffer, &scanner, *rows as usize, &mut lines)?;
            let (names, others) = self::names(rows, join.as_deref());
            labels = others;
            Some(names)
        }
    };
    let names = names.map(|names| told_apart(names, csv.repeated_names));
    Ok(Header { names, labels, lines, scanner })
}

/// The delimiter that a line such as `sep=;` declares.
fn separator(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line.strip_prefix(b"sep=")? {
        // Half a letter, or a quote, parts no fields.
        [sign] if sign.is_ascii() && *sign != b'"' => Some(*sign),
        _ => None,
    }
}

/// All records of a small file.
pub(crate) fn table(buffer: &mut Buffer, csv: &Csv) -> Result<Vec<Vec<String>>> {
    let scanner = Scanner::new(csv);
    let (mut rows, mut lines) = (Vec::new(), 0);
    while let Some(row) = record(buffer, &scanner, &mut lines)? {
        rows.push(row);
    }
    Ok(rows)
}

/// The names that a line such as `#Fields: date time` lists, parted by blanks.
pub(crate) fn listed(line: &[u8], prefix: &str) -> Option<Vec<String>> {
    let names = line.strip_prefix(prefix.as_bytes())?;
    Some(String::from_utf8_lossy(names).split_whitespace().map(str::to_owned).collect())
}

fn named_by_line(
    buffer: &mut Buffer,
    scanner: &Scanner,
    prefix: &str,
    lines: &mut i64,
) -> Result<Vec<String>> {
    let mut fields = Vec::new();
    loop {
        let window = buffer.window();
        if window.is_empty() && buffer.finished() {
            break;
        }
        match scanner.record(window, buffer.finished(), &mut fields) {
            Scan::NeedMore => buffer.fill(0)?,
            Scan::Blank { end } => {
                buffer.consume(end);
                *lines += 1;
            }
            Scan::Comment { end, text_end } => {
                let names = listed(&window[..text_end], prefix);
                buffer.consume(end);
                *lines += 1;
                if let Some(names) = names {
                    return Ok(names);
                }
            }
            Scan::Record { .. } | Scan::Unclosed { .. } => break,
        }
    }
    let what = format!("has no line `{prefix}` above its first record");
    Err(file_error(codes::HEADER_MISSING, buffer.file(), what))
}

fn header_rows(
    buffer: &mut Buffer,
    scanner: &Scanner,
    count: usize,
    lines: &mut i64,
) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    while rows.len() < count {
        let Some(row) = record(buffer, scanner, lines)? else {
            let what = if rows.is_empty() {
                "is empty: it has no header"
            } else {
                "ends within its header"
            };
            return Err(file_error(codes::HEADER_MISSING, buffer.file(), what)
                .hint("was the export cut short? remove the file or wait for it"));
        };
        rows.push(row);
    }
    Ok(rows)
}

/// One name per column from several rows. In all rows but the last a blank takes the name to its
/// left, as a merged cell does; a column that is blank in all rows has no name.
pub(crate) fn joined(rows: &[Vec<String>], join: &str) -> Vec<String> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, at: usize| {
        row.get(at).map(|cell| cell.trim()).unwrap_or_default().to_owned()
    };
    let mut left = vec![String::new(); rows.len()];
    let name = |at: usize| {
        let Some(first) = rows.iter().position(|row| !cell(row, at).is_empty()) else {
            return String::new();
        };
        for (row, left) in left.iter_mut().enumerate().skip(first) {
            // Below a name of its own a column inherits nothing.
            *left = cell(&rows[row], at);
        }
        let parts: Vec<&str> =
            left.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.join(join)
    };
    (0..width).map(name).collect()
}

/// The names that header rows give, and the rows that are none.
pub(crate) fn names(
    mut rows: Vec<Vec<String>>,
    join: Option<&str>,
) -> (Vec<String>, Vec<Vec<String>>) {
    if let Some(join) = join {
        return (joined(&rows, join), Vec::new());
    }
    let labels = rows.split_off(rows.len().min(1));
    (rows.pop().unwrap_or_default(), labels)
}

/// The names as they are bound: those that are alike numbered, where the source says so.
pub(crate) fn told_apart(names: Vec<String>, repeated: RepeatedNames) -> Vec<String> {
    match repeated {
        RepeatedNames::Refuse => names,
        RepeatedNames::Number => numbered(names),
    }
}

/// The second `Name` becomes `Name_2`, or the next number that is free.
fn numbered(names: Vec<String>) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut taken: HashSet<String> = names.iter().map(|name| likeness(name)).collect();
    names
        .into_iter()
        .map(|name| {
            if name.trim().is_empty() {
                return name;
            }
            let count = seen.entry(likeness(&name)).or_default();
            *count += 1;
            if *count == 1 {
                return name;
            }
            while taken.contains(&likeness(&format!("{name}_{count}"))) {
                *count += 1;
            }
            let numbered = format!("{name}_{count}");
            taken.insert(likeness(&numbered));
            numbered
        })
        .collect()
}

/// The next line without its break, and its length with it; `None` at the end of the file.
fn peek_line(buffer: &mut Buffer) -> Result<Option<(Vec<u8>, usize)>> {
    loop {
        let window = buffer.window();
        let found = memchr::memchr2(b'\n', b'\r', window);
        let complete = match found {
            Some(at) if window[at] == b'\r' => at + 1 < window.len() || buffer.finished(),
            Some(_) => true,
            None => buffer.finished(),
        };
        if !complete {
            buffer.fill(0)?;
            continue;
        }
        if window.is_empty() {
            return Ok(None);
        }
        let end = found.unwrap_or(window.len());
        let length = match &window[end..] {
            [b'\r', b'\n', ..] => end + 2,
            [] => end,
            _ => end + 1,
        };
        return Ok(Some((window[..end].to_vec(), length)));
    }
}

/// The fields of the next record as text.
fn record(buffer: &mut Buffer, scanner: &Scanner, lines: &mut i64) -> Result<Option<Vec<String>>> {
    let mut fields = Vec::new();
    loop {
        let window = buffer.window();
        if window.is_empty() && buffer.finished() {
            return Ok(None);
        }
        match scanner.record(window, buffer.finished(), &mut fields) {
            Scan::NeedMore => buffer.fill(0)?,
            Scan::Blank { end } | Scan::Comment { end, .. } => {
                buffer.consume(end);
                *lines += 1;
            }
            Scan::Unclosed { quote } => {
                let line = *lines + 1 + line_breaks(&window[..quote]);
                let message = "a quote in the header is never closed";
                return Err(line_error(codes::MALFORMED, buffer.file(), line, message));
            }
            Scan::Record { end, text_end, lines: passed, .. } => {
                let text = std::str::from_utf8(&window[..text_end]).map_err(|error| {
                    let offset = buffer.offset() + error.valid_up_to() as u64;
                    encoding_error(buffer.file(), buffer.encoding(), offset)
                })?;
                if fields.len() > MAX_FIELDS {
                    let message = format!("the header names more than {MAX_FIELDS} columns");
                    return Err(line_error(codes::MALFORMED, buffer.file(), *lines + 1, message)
                        .hint("is the delimiter declared as the file has it, and is it text?"));
                }
                let cells = fields.iter().map(|field| {
                    let cell = &text[field.start..field.end];
                    let mut meant = String::new();
                    if field.escaped {
                        scanner.unescape(cell, &mut meant);
                    } else {
                        meant.push_str(cell);
                    }
                    meant
                });
                let cells = cells.collect();
                buffer.consume(end);
                *lines += passed;
                return Ok(Some(cells));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn blanks_take_the_name_to_their_left_where_something_stands_below() {
        let two = rows(&[
            &["Respondent ID", "Seen which?", "", "", "Gender", ""],
            &["", "Episode I", "Episode II", " ", "Response", ""],
        ]);
        assert_eq!(
            joined(&two, " - "),
            [
                "Respondent ID",
                "Seen which? - Episode I",
                "Seen which? - Episode II",
                "",
                "Gender - Response",
                "",
            ]
        );
        let three =
            rows(&[&["Sales", "", "", "Costs", ""], &["NL", "", "BE", "", "NL"], &["a", "b", "c"]]);
        assert_eq!(
            joined(&three, "/"),
            ["Sales/NL/a", "Sales/NL/b", "Sales/BE/c", "Costs", "Costs/NL"]
        );
        assert_eq!(joined(&rows(&[&["", "x"], &["only below", "y"]]), " "), ["only below", "x y"]);
    }

    #[test]
    fn repeated_names_are_numbered_around_those_that_are_taken() {
        let names = ["a", "b", "a", "", "a", "", "a_2"].map(str::to_owned).to_vec();
        assert_eq!(numbered(names), ["a", "b", "a_3", "", "a_4", "", "a_2"]);
        // The numbered ones are compared too: signs fold to nothing.
        let names = ["#", "#", "%", "%"].map(str::to_owned).to_vec();
        assert_eq!(numbered(names), ["#", "#_2", "%", "%_3"]);
        assert_eq!(separator(b"sep=;"), Some(b';'));
        assert_eq!(separator(b"\"sep=,\""), Some(b','));
        assert_eq!(separator(b"sep=\""), None);
        assert_eq!(separator(b"sep=\xc3"), None);
        assert_eq!(separator(b"sep=;;"), None);
        assert_eq!(separator(b"separator"), None);
    }
}
