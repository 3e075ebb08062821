/*!
How delimited text is written, found out from the text.
*/

use crate::{
    config::reading::{Csv, Names},
    infer::detect,
    sources::peek,
};

use super::choice;

/// A byte says whether the text is whole and what it is; the rest is the text, or the cells of a
/// table to be written.
///
/// What is found reads the text: a record of the width that is told stands below the lines to skip. The
/// finding is the same where a `sep=` line says so too. A table of plain words that the `csv` crate
/// wrote is found out.
pub fn dialect(data: &[u8]) {
    let Some((choice, data)) = choice(data) else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let complete = choice & 1 == 1;
    if choice & 2 == 2 {
        return table(choice >> 2, text);
    }
    let Some(found) = detect(text, complete, &Csv::default()) else { return };
    let below = match found.declared {
        true => below_declaration(text),
        false => text,
    };
    let (records, _) = peek(&found.csv, below, complete, usize::MAX);
    let line = i64::from(found.csv.skip_rows) + 1;
    let first = records.iter().find(|record| record.line == line);
    assert_eq!(first.map(|record| record.fields.len()), Some(found.heading.width), "line {line}");
    if found.heading.has_names() {
        assert!(matches!(found.heading.names, Names::Header { rows: 1.., .. }));
    }
    if !found.declared && !text.starts_with("sep=") {
        let sign = char::from(found.csv.delimiter);
        let declared = detect(&format!("sep={sign}\n{text}"), complete, &Csv::default());
        let declared = declared.expect("what reads the text reads it below that line");
        assert_eq!(declared.csv.delimiter, found.csv.delimiter);
        assert!(declared.declared);
    }
}

/// What stands below `sep=,`.
fn below_declaration(text: &str) -> &str {
    let rest = &text["sep=,".len()..];
    rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..])
}

/// Words of letters, three or more rows of two or more columns, below names of letters.
fn table(choice: u8, text: &str) {
    const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b'^'];
    let delimiter = DELIMITERS[usize::from(choice) % DELIMITERS.len()];
    let width = usize::from(choice / 8) % 4 + 2;
    let mut words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(char::is_ascii_lowercase).collect())
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.truncate(words.len() / width * width);
    if words.len() < 3 * width {
        return;
    }
    let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    for row in words.chunks(width) {
        writer.write_record(row).expect("memory can be written");
    }
    let written = writer.into_inner().expect("memory can be written");
    let written = String::from_utf8(written).expect("letters");
    let found = detect(&written, true, &Csv::default()).expect("some dialect");
    assert_eq!((found.csv.delimiter, found.heading.width), (delimiter, width), "{written}");
}
