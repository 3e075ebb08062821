/*!
From a file's bytes to its records: unpack, decode, and hand over to the reader of the format.
*/

use std::ops::ControlFlow;

use encoding_rs::Encoding;

use crate::{
    config::{reading::Format, source::Source},
    error::{Error, Result, codes},
};

use super::{
    archive::{self, ArchiveReader, Opened, each_part},
    buffer::Buffer,
    chunk::RecordReader,
    columnar::ColumnarReader,
    csv::{CsvReader, header},
    decode::decode,
    fault::{file_error, read_error},
    files::InputFile,
    fill_down::FillDown,
    given::Given,
    json::{DocumentsReader, LinesReader, records},
    lines::PatternReader,
    load::LoadOptions,
    unpack::Unpacked,
    xlsx::{self, WorkbookReader},
};

/// Opens a file as the source declares it.
pub(crate) fn open(
    source: &Source,
    file: &InputFile,
    options: &LoadOptions,
) -> Result<Box<dyn RecordReader>> {
    let unpacked = Unpacked::open(file)?;
    let Some(kind) = unpacked.archive else {
        return open_content(source, file, unpacked, options);
    };
    let meter = unpacked.meter.clone();
    match archive::open(file, unpacked, kind, &options.scratch)? {
        Opened::Members(members) => {
            Ok(Box::new(ArchiveReader::open(source, file, members, meter, options)?))
        }
        Opened::Package(workbook) if source.format == Format::Xlsx => {
            open_content(source, file, workbook, options)
        }
        Opened::Package(_) => Err(archive::package(file)),
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
        Format::Parquet | Format::Avro | Format::Arrow => {
            Box::new(ColumnarReader::open(source, file, unpacked, options)?)
        }
        Format::Xlsx => Box::new(WorkbookReader::open(source, file, unpacked, options)?),
    })
}

/// The names of the columns of every part of a file, where the parts themselves say them.
pub(crate) fn column_names(
    source: &Source,
    file: &InputFile,
    options: &LoadOptions,
) -> Result<Vec<Vec<String>>> {
    let mut found = Vec::new();
    each_part(file, &source.members, &options.scratch, |part, unpacked| {
        if source.format == Format::Xlsx {
            found.extend(xlsx::column_names(source, part, unpacked, options)?);
        } else {
            let mut buffer = text(source.encoding(), part, unpacked)?;
            found.extend(header::read(&mut buffer, part, &source.csv)?.names);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// The text of a small file that describes others; `member` names it where it lies in an archive.
pub(crate) fn small_text(encoding: &str, file: &InputFile, member: Option<&str>) -> Result<Buffer> {
    let patterns: Vec<String> = member.map(str::to_owned).into_iter().collect();
    let mut found = None;
    // Such archives are small, and read before there is a work folder.
    each_part(file, &patterns, &std::env::temp_dir(), |part, unpacked| {
        if unpacked.may_be_a_workbook() {
            return Err(archive::package(part));
        }
        found = Some(text(encoding, part, unpacked)?);
        Ok(ControlFlow::Break(()))
    })?;
    found.ok_or_else(|| {
        let what = format!("holds no member `{}`", member.unwrap_or("*"));
        file_error(codes::NO_FILES, &file.path, what)
    })
}

/// The content as UTF-8.
fn text(encoding: &str, file: &InputFile, unpacked: Unpacked) -> Result<Buffer> {
    let declared = Encoding::for_label(encoding.as_bytes()).ok_or_else(|| {
        let message = format!("`{encoding}` is no encoding");
        Error::usage(codes::INVALID_VALUE, message)
    })?;
    let (encoding, mark, content) =
        decode(unpacked.into_stream(), declared).map_err(|error| read_error(file, error))?;
    Ok(Buffer::new(content, mark, file, &encoding.name().to_lowercase()))
}
