/*!
Writing exports: folders, lines with their numbers, CSV cells, gzip without a clock.
*/

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::error::{Error, Result, codes};

/// One export file, written record by record.
pub(crate) struct Lines {
    sink: Sink,
    path: PathBuf,
    /// The path below the exports folder, with forward slashes.
    name: String,
    next_line: u64,
}

#[expect(clippy::large_enum_variant, reason = "there is one per open file")]
enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Lines {
    /// Creates `root/name`, compressed if the name ends in `.gz`.
    pub(crate) fn create(root: &Path, name: &str) -> Result<Self> {
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        let file = BufWriter::new(File::create(&path).map_err(|error| failed(&path, &error))?);
        let sink = if name.ends_with(".gz") {
            // No name and no time in the header: equal content gives equal bytes.
            Sink::Gzip(GzBuilder::new().mtime(0).write(file, Compression::new(3)))
        } else {
            Sink::Plain(file)
        };
        Ok(Self { sink, path, name: name.to_owned(), next_line: 1 })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a record and a line end; gives the line on which the record starts.
    pub(crate) fn record(&mut self, record: &[u8]) -> Result<u64> {
        let line = self.next_line;
        self.next_line += 1 + record.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.bytes(record)?;
        self.bytes(b"\n")?;
        Ok(line)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.sink {
            Sink::Plain(file) => file.write_all(bytes),
            Sink::Gzip(encoder) => encoder.write_all(bytes),
        }
        .map_err(|error| failed(&self.path, &error))
    }

    pub(crate) fn finish(self) -> Result<()> {
        match self.sink {
            Sink::Plain(mut file) => file.flush(),
            Sink::Gzip(encoder) => encoder.finish().and_then(|mut file| file.flush()),
        }
        .map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(codes::DEMO_WRITE, format!("cannot write {}: {error}", path.display()))
}

/// A CSV record: cells that hold the delimiter, a quote or a line end are quoted.
pub(crate) fn csv(delimiter: char, cells: &[&str]) -> String {
    let mut record = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            record.push(delimiter);
        }
        if cell.contains([delimiter, '"', '\n']) {
            record.push('"');
            record.push_str(&cell.replace('"', "\"\""));
            record.push('"');
        } else {
            record.push_str(cell);
        }
    }
    record
}

/// Cents as a decimal number with the given sign.
pub(crate) fn money(cents: i64, sign: char) -> String {
    let minus = if cents < 0 { "-" } else { "" };
    format!("{minus}{}{sign}{:02}", cents.abs() / 100, cents.abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_only_where_needed() {
        assert_eq!(csv(';', &["a", "b;c", "say \"hi\"", ""]), "a;\"b;c\";\"say \"\"hi\"\"\";");
        assert_eq!(csv(',', &["a;b", "two\nlines"]), "a;b,\"two\nlines\"");
    }

    #[test]
    fn money_keeps_its_sign_and_both_digits() {
        assert_eq!(
            (money(-5, '.'), money(123_456, ','), money(0, '.')),
            ("-0.05".to_owned(), "1234,56".to_owned(), "0.00".to_owned())
        );
    }
}
