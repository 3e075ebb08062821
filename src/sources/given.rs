/*!
Columns that the path of a file gives and not its content: `from: _file_name`, `from: _file_date`
(the day of `{date:…}`), `from: _member` (the path within an archive, or the name of a file that is
none), `from: _sheet` (of a workbook) and `from: _path.region`, which takes `nl` of the folder
`region=nl`.

Readers know nothing of them: they see the other columns, and these are put between.
*/

use crate::{
    config::source::{Column, Source},
    error::{Error, Result, codes},
};

use super::{
    chunk::{Cells, Chunk, Pending, RecordReader, Span},
    drift::Seen,
    fault::file_error,
    files::InputFile,
};

const FILE_NAME: &str = "_file_name";
const FILE_DATE: &str = "_file_date";
const MEMBER: &str = "_member";
const SHEET: &str = "_sheet";
const PATH: &str = "_path.";

/// Whether a column's `from` is about the path.
pub(crate) fn is_given(from: &str) -> bool {
    [FILE_NAME, FILE_DATE, MEMBER, SHEET].contains(&from) || from.starts_with(PATH)
}

/// Everything of the path that the source's columns ask for, as part of what the file's content
/// means.
pub(crate) fn facts(source: &Source, file: &InputFile) -> String {
    let wanted =
        source.columns.iter().flat_map(|column| &column.from).filter(|from| is_given(from));
    wanted.map(|from| format!(" {from}={}", value(from, file).unwrap_or_default())).collect()
}

fn value(from: &str, file: &InputFile) -> Option<String> {
    let path = file.within.as_ref().unwrap_or(&file.path);
    let mut parts = path.rsplit('/');
    match from {
        MEMBER if file.member.is_some() => file.member.clone(),
        SHEET => file.sheet.clone(),
        FILE_NAME | MEMBER => parts.next().map(str::to_owned),
        FILE_DATE => file.period.map(|period| period.date().to_string()),
        _ => {
            let key = from.strip_prefix(PATH)?;
            parts.find_map(|part| Some(part.strip_prefix(key)?.strip_prefix('=')?.to_owned()))
        }
    }
}

/// A reader with the columns of the path put in.
pub(crate) struct Given {
    reader: Box<dyn RecordReader>,
    /// By place among the source's columns: the value, or none for a column of the content.
    values: Vec<Option<String>>,
}

impl Given {
    /// Opens a file for the columns of its content and puts the others in.
    pub(crate) fn around(
        source: &Source,
        file: &InputFile,
        open: impl FnOnce(&Source) -> Result<Box<dyn RecordReader>>,
    ) -> Result<Box<dyn RecordReader>> {
        // Which sheet it is becomes known within a workbook.
        let is_known = |from: &String| is_given(from) && (from != SHEET || file.sheet.is_some());
        let is_of_path = |column: &Column| column.from.iter().any(is_known);
        if !source.columns.iter().any(is_of_path) {
            return open(source);
        }
        let values = source
            .columns
            .iter()
            .map(|column| match is_of_path(column) {
                true => given(column, file).map(Some),
                false => Ok(None),
            })
            .collect::<Result<_>>()?;
        let mut content = source.clone();
        content.columns.retain(|column| !is_of_path(column));
        Ok(Box::new(Self { reader: open(&content)?, values }))
    }
}

fn given(column: &Column, file: &InputFile) -> Result<String> {
    let found = column.from.iter().find_map(|from| value(from, file));
    found.ok_or_else(|| -> Error {
        let wanted = column.from.join("` or `");
        let message = format!("the path gives no `{wanted}` for `{}`", column.name);
        file_error(codes::HEADER_MISSING, &file.path, message).hint(
            "`_path.region` needs a folder such as `region=nl`, `_file_date` a `{date:…}` in `path`",
        )
    })
}

impl RecordReader for Given {
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let Some(pending) = self.reader.next_records(limit)? else { return Ok(None) };
        let values = self.values.clone();
        Ok(Some(Box::new(move || Ok(put_in(pending()?, &values)))))
    }

    fn seen(&self) -> Vec<(String, Seen)> {
        self.reader.seen()
    }

    fn labels(&self) -> Vec<Vec<String>> {
        let mut of_content = self.reader.labels().into_iter();
        self.values
            .iter()
            .map(|value| match value {
                Some(_) => Vec::new(),
                None => of_content.next().unwrap_or_default(),
            })
            .collect()
    }
}

fn put_in(mut chunk: Chunk, values: &[Option<String>]) -> Chunk {
    let mut of_content = std::mem::take(&mut chunk.columns).into_iter();
    for value in values {
        let column = match value {
            Some(value) => {
                let start = chunk.text.len();
                chunk.text.push_str(value);
                let cell = Span::new(start, chunk.text.len());
                Some(Cells::Text(vec![cell; chunk.lines.len()]))
            }
            None => of_content.next(),
        };
        chunk.columns.extend(column);
    }
    chunk
}
