/*!
Delimited text: the header, the scanner and the lines of a file.
*/

use crate::{
    config::{
        drift::MissingColumn,
        reading::{Format, Names, Ragged},
        source::Source,
    },
    sources::{CsvReader, PatternReader},
};

use super::{
    choice,
    reading::{Open, Outcome, Pieces, read, source},
};

/// Columns that the records of a text without a header are cut into.
const WIDTH: usize = 3;

/// Two bytes choose dialect and pieces; the rest is the text.
///
/// However a text is cut into pieces, the same records come out. Where the `csv` crate reads the
/// same dialect, it finds the same records.
pub fn csv(data: &[u8]) {
    let Some((dialect, data)) = choice(data) else { return };
    let Some((pieces, text)) = choice(data) else { return };
    let source = declared(dialect);
    let open: Open = match source.format {
        Format::Lines => |buffer, _, source| Ok(Box::new(PatternReader::open(buffer, source)?)),
        _ => |buffer, file, source| Ok(Box::new(CsvReader::open(buffer, file, source)?)),
    };
    let whole = read(text, &source, open, Pieces::ONE);
    let cut = read(text, &source, open, Pieces::chosen(pieces));
    assert!(whole.agrees(&cut), "{whole:#?}\n{cut:#?}");
    if dialect < PLAIN && whole.error.is_none() {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        agrees_with_csv(text, source.csv.delimiter, &whole);
    }
}

/// Choices below are dialects that the `csv` crate reads too.
const PLAIN: u8 = 128;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

fn declared(dialect: u8) -> Source {
    let columns = [("a", "string", "1"), ("b", "decimal(18,2)", "2"), ("c", "timestamp", "3")];
    let mut source = source(Format::Csv, &columns);
    source.csv.delimiter = DELIMITERS[usize::from(dialect % 4)];
    source.csv.names = Names::Numbers;
    if dialect < PLAIN {
        return source;
    }
    let set = |bit: u8| dialect & bit != 0;
    if !set(0b0111_0000) {
        source.format = Format::Lines;
        source.lines.pattern = r#"(?<a>\S+) \[(?<c>[^\]]*)\] "(?<b>[^"]*)".*"#.to_owned();
        name(&mut source, ["a", "b", "c"]);
        return source;
    }
    if set(0b0000_0100) {
        source.csv.quote = None;
    }
    if set(0b0000_1000) {
        source.csv.escape = Some(b'\\');
    }
    if set(0b0001_0000) {
        source.csv.comment = Some(b'#');
    }
    if set(0b0010_0000) {
        source.csv.ragged = Ragged::Pad;
    }
    if set(0b0100_0000) {
        source.csv.names = Names::Header { rows: 2, join: Some(" - ".to_owned()) };
        name(&mut source, ["a", "b - x", "c - y"]);
        source.drift.missing = MissingColumn::Accept;
    }
    source
}

fn name(source: &mut Source, names: [&str; WIDTH]) {
    for (column, name) in source.columns.iter_mut().zip(names) {
        column.from = vec![name.to_owned()];
    }
}

/// What that crate finds, without what is no record here.
fn agrees_with_csv(text: &[u8], delimiter: u8, ours: &Outcome) {
    // Here a `sep=` line declares the delimiter, and blanks may stand around quotes.
    if text.starts_with(b"sep=") || text.starts_with(b"\"sep=") {
        return;
    }
    if text.windows(2).any(|pair| pair == b" \"" || pair == b"\" ") {
        return;
    }
    // A mark of UTF-16 is believed here.
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return;
    }
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text);
    let mut record = ::csv::ByteRecord::new();
    let mut theirs: Vec<(Vec<u8>, Vec<String>)> = Vec::new();
    let mut start = 0;
    while reader.read_byte_record(&mut record).expect("memory can be read") {
        let end = reader.position().byte() as usize;
        let raw = without_breaks(&text[start..end]);
        start = end;
        if raw.iter().all(|byte| *byte == delimiter) {
            continue;
        }
        let fields = record.iter().map(|field| String::from_utf8_lossy(field).into_owned());
        theirs.push((raw.to_vec(), fields.collect()));
    }
    type Judged<'a> = Result<&'a Vec<Option<String>>, &'a str>;
    let mut found: Vec<(i64, Judged<'_>)> =
        ours.rows.iter().map(|row| (row.line, Ok(&row.cells))).collect();
    found.extend(ours.refused.iter().map(|row| (row.line, Err(row.reason.as_str()))));
    found.sort_by_key(|(line, _)| *line);
    assert_eq!(found.len(), theirs.len(), "{found:#?}\n{theirs:#?}");
    for ((_, ours), (raw, fields)) in found.into_iter().zip(theirs) {
        match ours {
            Ok(cells) => {
                let cells: Vec<&str> = cells.iter().flatten().map(String::as_str).collect();
                assert_eq!(cells, fields, "{}", String::from_utf8_lossy(&raw));
            }
            Err("text after a closing quote") => {}
            Err(reason) => {
                assert_eq!(reason, format!("{} fields instead of {WIDTH}", fields.len()));
            }
        }
    }
}

fn without_breaks(raw: &[u8]) -> &[u8] {
    let holds = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let start = raw.iter().position(holds).unwrap_or(raw.len());
    let end = raw.iter().rposition(holds).map_or(start, |last| last + 1);
    &raw[start..end]
}
