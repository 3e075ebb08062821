/*!
From a file's bytes to its records: unpack, decode, and hand over to the reader of the format.
*/

use encoding_rs::Encoding;

use crate::{
    config::source::{Format, Source},
    error::{Error, Result, codes},
};

use super::{
    buffer::Buffer,
    chunk::RecordReader,
    csv::CsvReader,
    decode::decode,
    decompress::unpack,
    fault::read_error,
    files::InputFile,
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
    Ok(match source.format {
        Format::Csv => Box::new(CsvReader::open(text(source, file)?, source)?),
        Format::Ndjson => Box::new(LinesReader::open(text(source, file)?, paths(source)?)),
        Format::Json => {
            let records = source.json.records.as_deref();
            Box::new(DocumentsReader::open(text(source, file)?, paths(source)?, records))
        }
        Format::Parquet => {
            Box::new(ParquetReader::open(source, file, &options.scratch, options.batch_rows)?)
        }
    })
}

/// The text of a file, unpacked, in UTF-8.
fn text(source: &Source, file: &InputFile) -> Result<Buffer> {
    let declared = Encoding::for_label(source.csv.encoding.as_bytes()).ok_or_else(|| {
        Error::usage(
            codes::INVALID_VALUE,
            format!("source `{}`: `{}` is no encoding", source.name, source.csv.encoding),
        )
    })?;
    let failed = |error| read_error(&file.location, &source.csv.encoding, error);
    let (_, content) = unpack(Box::new(file.location.open()?)).map_err(failed)?;
    let (encoding, mark, content) = decode(content, declared).map_err(failed)?;
    Ok(Buffer::new(content, mark, file, &encoding.name().to_lowercase()))
}
