/*!
How delimited text is written: delimiter, quotes, escapes, lines above the header, header rows.

Every candidate dialect cuts the first records with the loader's own scanner; the one whose records
agree on their number of fields wins.
*/

use std::collections::{HashMap, HashSet};

use super::times::FORMATS;
use crate::{
    config::reading::{Csv, Names, RepeatedNames},
    sources::{
        Peeked, Signs, float64, is_iso_date, iso_timestamp, joined, likeness, peek, plainly_spaced,
    },
};

/// What was found out.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    pub(crate) csv: Csv,
    pub(crate) heading: Heading,
    /// The delimiter stands in a `sep=` line, which the loader follows by itself.
    pub(crate) declared: bool,
}

/// What stands above the records, of text or of a sheet.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) skip_rows: u32,
    /// A header, or none: columns are known by their number.
    pub(crate) names: Names,
    pub(crate) repeated_names: RepeatedNames,
    /// Fields of a record.
    pub(crate) width: usize,
}

impl Heading {
    pub(crate) fn has_names(&self) -> bool {
        self.names != Names::Numbers
    }
}

const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b'^'];
/// Records to judge by.
pub(crate) const RECORDS: usize = 2_000;
/// Header rows that are looked for.
const HEADERS: usize = 4;
/// Title rows that are looked for.
const TITLES: usize = 20;

/// A way to cut the text, and how well it does.
struct Attempt {
    csv: Csv,
    records: Vec<Peeked>,
    width: usize,
    /// Records of that width, of all.
    share: f64,
}

/// Finds the dialect of `text`; `plain` holds the defaults. `None` if nothing reads it.
pub(crate) fn detect(text: &str, complete: bool, plain: &Csv) -> Option<Dialect> {
    // The loader follows a `sep=` line by itself and does not count it among the lines to skip.
    let (text, declared) = match sep_line(text) {
        Some((sign, rest)) => (rest, Some(sign)),
        None => (text, None),
    };
    let mut best: Option<Attempt> = None;
    for delimiter in DELIMITERS.into_iter().filter(|sign| declared.is_none_or(|it| it == *sign)) {
        for (quote, escape) in
            [(Some(b'"'), None), (Some(b'"'), Some(b'\\')), (None, None), (Some(b'\''), None)]
        {
            let csv = Csv { delimiter, quote, escape, ..plain.clone() };
            let attempt = Attempt::new(csv, text, complete);
            // Plainer dialects come first and keep their place unless another is clearly better.
            if let Some(attempt) = attempt
                && best.as_ref().is_none_or(|best| attempt.beats(best))
            {
                best = Some(attempt);
            }
        }
    }
    let Attempt { mut csv, records, width, .. } = best?;
    let heading = heading(&records, width)?;
    csv.skip_rows = heading.skip_rows;
    csv.names = heading.names.clone();
    csv.repeated_names = heading.repeated_names;
    Some(Dialect { csv, heading, declared: declared.is_some() })
}

/// What stands above the records of a sheet, whose rows end with their last cell.
pub(crate) fn detect_sheet(rows: Vec<(i64, Vec<String>)>) -> Option<Heading> {
    let mut widths: HashMap<usize, usize> = HashMap::new();
    for (_, row) in &rows {
        *widths.entry(row.len()).or_default() += 1;
    }
    let (usual, _) = widths.into_iter().max_by_key(|(width, count)| (*count, *width))?;
    // Lines above a table are shorter; a header is as long as it gets.
    let first = rows.iter().position(|(_, row)| row.len() >= usual)?;
    let width = rows[first].1.len();
    let whole = |(line, mut fields): (i64, Vec<String>)| {
        fields.resize(width, String::new());
        Peeked { line, fields, flawed: false }
    };
    heading(&rows.into_iter().skip(first).map(whole).collect::<Vec<_>>(), width)
}

fn heading(records: &[Peeked], width: usize) -> Option<Heading> {
    let whole: Vec<&Peeked> =
        records.iter().filter(|record| record.fields.len() == width).collect();
    let rows: Vec<&Vec<String>> = whole.iter().map(|record| &record.fields).collect();
    let first = titles(&rows);
    let skip_rows = u32::try_from(whole.get(first)?.line - 1).unwrap_or(0);
    let rows = &rows[first..];
    let (mut names, mut repeated_names) = (Names::Numbers, RepeatedNames::Refuse);
    let count = header_rows(rows);
    if count > 0 {
        let above: Vec<Vec<String>> = rows[..count].iter().map(|row| (*row).clone()).collect();
        let join = joins(&above).then(|| " - ".to_owned());
        let header = join.as_ref().map_or_else(|| above[0].clone(), |sign| joined(&above, sign));
        if repeats(&header) {
            repeated_names = RepeatedNames::Number;
        }
        names = Names::Header { rows: count as u32, join };
    }
    Some(Heading { skip_rows, names, repeated_names, width })
}

fn filled(row: &[String]) -> usize {
    row.iter().filter(|field| !field.trim().is_empty()).count()
}

/// How many of the first rows are titles, which a spreadsheet pads to the width of the table:
/// `Report 2026;;;`. There has to be a header below them; else they are rows that are nearly empty.
///
/// Of two columns the first may be a nameless index, as in `,city`: no title but the header.
fn titles(rows: &[&Vec<String>]) -> usize {
    if let Some([index, name]) = rows.first().map(|row| row.as_slice())
        && index.trim().is_empty()
        && !name.trim().is_empty()
        && !is_value(name)
    {
        return 0;
    }
    let first = rows.iter().take(TITLES + 1).position(|row| filled(row) > 1).unwrap_or(0);
    if header_rows(&rows[first..]) > 0 { first } else { 0 }
}

/// The delimiter that Excel writes above everything else, and the text below it.
fn sep_line(text: &str) -> Option<(u8, &str)> {
    let rest = text.strip_prefix("sep=")?;
    let sign = *rest.as_bytes().first()?;
    let below = rest.get(1..)?;
    let below = below.strip_prefix("\r\n").or_else(|| below.strip_prefix(['\n', '\r']))?;
    Some((sign, below))
}

impl Attempt {
    fn new(csv: Csv, text: &str, complete: bool) -> Option<Self> {
        let (records, unclosed) = peek(&csv, text, complete, RECORDS);
        let mut widths: HashMap<usize, usize> = HashMap::new();
        for record in &records {
            *widths.entry(record.fields.len()).or_default() += 1;
        }
        let (width, count) = widths.into_iter().max_by_key(|(width, count)| (*count, *width))?;
        let sound =
            records.iter().filter(|r| !r.flawed && r.fields.len() == width).count().min(count);
        let share = sound as f64 / records.len() as f64;
        let first = records.iter().find(|record| record.fields.len() == width)?;
        // `a;1,5` is no record of two fields: its header would have to be one too.
        let names = first.fields.iter().all(|field| !is_value(field));
        let penalty = if unclosed { 0.5 } else { 0.0 } + if names { 0.0 } else { 0.05 };
        Some(Self { csv, width, share: share - penalty, records })
    }

    /// Whether this is clearly the better reading.
    fn beats(&self, other: &Self) -> bool {
        let columns = |attempt: &Self| attempt.width.min(2);
        match columns(self).cmp(&columns(other)) {
            std::cmp::Ordering::Greater => self.share > 0.6 || self.share > other.share,
            std::cmp::Ordering::Less => other.share < 0.5 && self.share > other.share + 0.3,
            std::cmp::Ordering::Equal if self.csv.delimiter == other.csv.delimiter => {
                self.share > other.share + 0.002
            }
            std::cmp::Ordering::Equal => {
                self.share > other.share + 0.03
                    || self.share > other.share - 0.03 && self.width > other.width
            }
        }
    }
}

/// Numbers, dates and times: what stands in rows, not in headers.
pub(crate) fn is_value(field: &str) -> bool {
    let field = &*plainly_spaced(field.trim());
    let number =
        |decimal, thousands| float64(field.as_bytes(), Signs { decimal, thousands }).is_ok();
    number(b'.', Some(b','))
        || number(b',', Some(b'.'))
        || number(b',', Some(b' '))
        || number(b'.', Some(b' '))
        || is_iso_date(field)
        || iso_timestamp(field).0
        || field.contains('@')
        || field.len() >= 8 && FORMATS.iter().any(|format| format.reads(field))
}

/// How many of the first rows are no data.
fn header_rows(rows: &[&Vec<String>]) -> usize {
    let Some(first) = rows.first() else { return 0 };
    let values = first.iter().filter(|field| is_value(field)).count();
    let mut names: Vec<&str> =
        first.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let distinct = names.len() * 10 >= filled(first) * 7;
    if filled(first) == 0 || values * 5 > filled(first) || !distinct {
        return 0;
    }
    // Columns that hold values further down; a row of words above them is a header too.
    let body = &rows[rows.len().min(HEADERS)..];
    let typed: Vec<usize> = (0..first.len())
        .filter(|at| {
            let cells = || body.iter().map(|row| row[*at].trim()).filter(|cell| !cell.is_empty());
            let count = cells().count();
            count > 0 && cells().filter(|cell| is_value(cell)).count() * 10 >= count * 9
        })
        .collect();
    let is_label = |row: &[String]| {
        let words = typed.iter().filter(|at| {
            let cell = row[**at].trim();
            !cell.is_empty() && !is_value(cell)
        });
        let documents = row.iter().filter(|cell| cell.starts_with("{\"ImportId\"")).count();
        let said = words.count();
        let blank = |name: &String| name.trim().is_empty();
        // Options below a merged cell.
        let options = first.iter().zip(row).filter(|(name, part)| blank(name) && !blank(part));
        !typed.is_empty() && options.count() > 0 && !row.iter().any(|cell| is_value(cell))
            || typed.len() >= 2 && said * 10 >= typed.len() * 6 && said >= 2
            || documents * 2 > row.len()
    };
    // The last row of labels counts, so that one odd row between them does no harm.
    let last = (1..rows.len().min(HEADERS)).filter(|at| is_label(rows[*at])).max();
    last.map_or(1, |last| last + 1)
}

/// Merged cells: the first row leaves out what the second one says.
fn joins(rows: &[Vec<String>]) -> bool {
    let [first, second, ..] = rows else { return false };
    let blank = |name: &String| name.trim().is_empty();
    let parts = first.iter().zip(second).filter(|(name, part)| blank(name) && !blank(part)).count();
    parts * 10 >= first.len().max(1)
}

/// Whether the loader would take two names for one.
fn repeats(names: &[String]) -> bool {
    let mut seen = HashSet::new();
    names.iter().filter(|name| !name.trim().is_empty()).any(|name| !seen.insert(likeness(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading_of(text: &str) -> (u32, Names) {
        let found = detect(text, true, &Csv::default()).unwrap();
        (found.heading.skip_rows, found.heading.names)
    }

    #[test]
    fn rows_of_one_cell_above_a_header_are_titles() {
        let one = Names::Header { rows: 1, join: None };
        let two = Names::Header { rows: 2, join: Some(" - ".to_owned()) };
        let table = "shop;revenue;visits\nUtrecht;5;7\nGouda;6;8\nZwolle;9;3\nBreda;4;2\nEde;2;1\n";
        let merged = "shop;sales;\n;revenue;visits\nUtrecht;5;7\nGouda;6;8\nEde;9;3\nBreda;4;2\n";
        for (above, below, expected) in [
            ("", table, (0, one.clone())),
            ("Sales report;;\n", table, (1, one.clone())),
            ("Sales report;;\nPeriod: 2026;;\n;;\n", table, (3, one.clone())),
            ("Sales report\nPeriod: 2026;;\n;;\n", table, (3, one.clone())),
            ("", merged, (0, two.clone())),
            ("Sales report;;\n;;\n", merged, (2, two)),
            (";2026\n", "shop;visits\nGouda;5\nEde;6\nBreda;7\n", (1, one.clone())),
            // An index without a name.
            ("", ";city\nanna;Utrecht\nbram;Gouda\ncees;Ede\n", (0, one)),
            // Rows that are nearly empty, without a header.
            ("1;;\n", "b;5;7\nc;6;8\nd;5;2\ne;5;2\nf;5;2\n", (0, Names::Numbers)),
        ] {
            assert_eq!(heading_of(&format!("{above}{below}")), expected, "{above}{below}");
        }
    }

    #[test]
    fn rows_above_a_table_of_a_sheet_are_titles() {
        let row = |(at, cells): (usize, &&[&str])| {
            (at as i64 + 1, cells.iter().map(|cell| (*cell).to_owned()).collect())
        };
        // The second title stands below the last column, as wide as the table.
        let rows: [&[&str]; 6] = [
            &["Sales report"],
            &["", "", "2026"],
            &["shop", "revenue", "visits"],
            &["Utrecht", "5", "7"],
            &["Gouda", "6", "8"],
            &["Ede", "9", "3"],
        ];
        let found = detect_sheet(rows.iter().enumerate().map(row).collect()).unwrap();
        assert_eq!((found.skip_rows, found.width), (2, 3));
        assert!(found.has_names());
    }
}
