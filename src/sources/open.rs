/*!
From a file's bytes to its records: unpack, decode, and hand over to the reader of the format.
*/

use encoding_rs::Encoding;

use crate::{
    config::{reading::Format, source::Source},
    error::{Error, Result, codes},
};

use super::{
    archive::{ArchiveReader, the_member},
    buffer::Buffer,
    chunk::RecordReader,
    columnar::{self, ColumnarReader},
    csv::{CsvReader, header},
    decode::decode,
    fault::read_error,
    files::InputFile,
    fill_down::FillDown,
    given::Given,
    json::{DocumentsReader, LinesReader, records},
    lines::PatternReader,
    load::LoadOptions,
    unpack::Unpacked,
};

/// Opens a file as the source declares it.
pub(crate) fn open(
    source: &Source,
    file: &InputFile,
    options: &LoadOptions,
) -> Result<Box<dyn RecordReader>> {
    let unpacked = Unpacked::open(file)?;
    match unpacked.archive {
        Some(kind) => Ok(Box::new(ArchiveReader::open(source, file, unpacked, kind, options)?)),
        None => open_content(source, file, unpacked, options),
    }
}

/// Opens a file, or the member of an archive, that holds records.
pub(crate) fn open_content(
    source: &Source,
    file: &InputFile,
    unpacked: Unpacked,
    options: &LoadOptions,
) -> Result<Box<dyn RecordReader>> {
    let reader = Given::around(source, file, |source| read(source, file, unpacked, options))?;
    Ok(FillDown::over(reader, source))
}

/// Opens a file for the columns that its content has.
fn read(
    source: &Source,
    file: &InputFile,
    unpacked: Unpacked,
    options: &LoadOptions,
) -> Result<Box<dyn RecordReader>> {
    let encoding = source.encoding();
    Ok(match source.format {
        Format::Lines => Box::new(PatternReader::open(text(encoding, file, unpacked)?, source)?),
        Format::Csv => Box::new(CsvReader::open(text(encoding, file, unpacked)?, file, source)?),
        Format::Ndjson => {
            Box::new(LinesReader::open(text(encoding, file, unpacked)?, records(source)?))
        }
        Format::Json => {
            let path = source.json.records.as_deref();
            let text = text(encoding, file, unpacked)?;
            Box::new(DocumentsReader::open(text, records(source)?, path))
        }
        Format::Parquet => {
            let content = unpacked.into_file(file, &options.scratch)?;
            let opened = columnar::open::parquet(content, options.batch_rows.max(1));
            Box::new(ColumnarReader::open(source, file, opened)?)
        }
        Format::Avro => {
            let opened = columnar::open::avro(unpacked.content, options.batch_rows.max(1));
            Box::new(ColumnarReader::open(source, file, opened)?)
        }
        Format::Arrow => {
            let content = unpacked.into_file(file, &options.scratch)?;
            Box::new(ColumnarReader::open(source, file, columnar::open::arrow(content))?)
        }
    })
}

/// The names of a delimited file's columns; none where they are known by their number.
pub(crate) fn column_names(source: &Source, file: &InputFile) -> Result<Option<Vec<String>>> {
    let member = source.members.first().map(String::as_str);
    let mut buffer = small_text(source.encoding(), file, member)?;
    Ok(header::read(&mut buffer, file, &source.csv)?.names)
}

/// The text of a small file that describes others; `member` names it where it lies in an archive.
pub(crate) fn small_text(encoding: &str, file: &InputFile, member: Option<&str>) -> Result<Buffer> {
    let unpacked = Unpacked::open(file)?;
    match unpacked.archive {
        Some(kind) => {
            let (file, unpacked) = the_member(file, unpacked, kind, member)?;
            text(encoding, &file, unpacked)
        }
        None => text(encoding, file, unpacked),
    }
}

/// The content as UTF-8.
fn text(encoding: &str, file: &InputFile, unpacked: Unpacked) -> Result<Buffer> {
    let declared = Encoding::for_label(encoding.as_bytes()).ok_or_else(|| {
        let message = format!("`{encoding}` is no encoding");
        Error::usage(codes::INVALID_VALUE, message)
    })?;
    let (encoding, mark, content) =
        decode(unpacked.content, declared).map_err(|error| read_error(file, error))?;
    Ok(Buffer::new(content, mark, file, &encoding.name().to_lowercase()))
}
