/*!
From a file's bytes to its records: unpack, decode, and hand over to the reader of the format.
*/

use encoding_rs::Encoding;

use crate::{
    config::{reading::Format, source::Source},
    error::{Error, Result, codes},
};

use super::{
    buffer::Buffer,
    chunk::RecordReader,
    csv::{CsvReader, header},
    decode::decode,
    decompress::unpack,
    fault::read_error,
    files::InputFile,
    fill_down::FillDown,
    given::Given,
    json::{DocumentsReader, LinesReader, paths},
    load::LoadOptions,
    parquet::ParquetReader,
};

/// Opens a file as the source declares it.
pub(crate) fn open(
    source: &Source,
    file: &InputFile,
    options: &LoadOptions,
) -> Result<Box<dyn RecordReader>> {
    let reader = Given::around(source, file, |source| read(source, file, options))?;
    Ok(FillDown::over(reader, source))
}

/// Opens a file for the columns that its content has.
fn read(source: &Source, file: &InputFile, options: &LoadOptions) -> Result<Box<dyn RecordReader>> {
    let text = || text(&source.csv.encoding, file);
    Ok(match source.format {
        Format::Csv => Box::new(CsvReader::open(text()?, file, source)?),
        Format::Ndjson => Box::new(LinesReader::open(text()?, paths(source)?)),
        Format::Json => {
            let records = source.json.records.as_deref();
            Box::new(DocumentsReader::open(text()?, paths(source)?, records))
        }
        Format::Parquet => {
            Box::new(ParquetReader::open(source, file, &options.scratch, options.batch_rows)?)
        }
    })
}

/// The names of a delimited file's columns; none where they are known by their number.
pub(crate) fn column_names(source: &Source, file: &InputFile) -> Result<Option<Vec<String>>> {
    let mut buffer = text(&source.csv.encoding, file)?;
    Ok(header::read(&mut buffer, file, &source.csv)?.names)
}

/// The text of a file, unpacked, in UTF-8.
pub(crate) fn text(encoding: &str, file: &InputFile) -> Result<Buffer> {
    let declared = Encoding::for_label(encoding.as_bytes()).ok_or_else(|| {
        let message = format!("`{encoding}` is no encoding");
        Error::usage(codes::INVALID_VALUE, message)
    })?;
    let failed = |error| read_error(&file.location, encoding, error);
    let (_, content) = unpack(Box::new(file.location.open()?)).map_err(failed)?;
    let (encoding, mark, content) = decode(content, declared).map_err(failed)?;
    Ok(Buffer::new(content, mark, file, &encoding.name().to_lowercase()))
}
