/*!
The files whose columns have types: each as a schema and batches of it.
*/

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
};

use arrow_avro::reader::ReaderBuilder;
use datafusion::{
    arrow::{
        array::RecordBatch,
        datatypes::SchemaRef,
        error::ArrowError,
        ipc::reader::{FileReader, StreamReader},
    },
    parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
};

use super::{broken, name};
use crate::{
    config::reading::Format,
    error::Result,
    sources::{files::InputFile, load::LoadOptions, unpack::Unpacked},
};

/// Batches of a file, in order.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// A file that knows its schema and can still be told which fields matter.
pub(crate) struct Opened {
    pub(crate) schema: SchemaRef,
    /// Makes batches of the fields at these places of the schema.
    pub(crate) read: Box<dyn FnOnce(Vec<usize>) -> Result<Batches, ArrowError>>,
}

/// Opens a file of a format that has types.
pub(super) fn open(
    format: Format,
    file: &InputFile,
    unpacked: Unpacked,
    options: &LoadOptions,
) -> Result<Opened> {
    let batch_rows = options.batch_rows.max(1);
    let opened = match format {
        Format::Avro => avro(unpacked.into_stream(), batch_rows),
        Format::Arrow => arrow(unpacked.into_file(file, &options.scratch)?),
        _ => parquet(unpacked.into_file(file, &options.scratch)?, batch_rows),
    };
    opened.map_err(|error| broken(&file.path, name(format), &error))
}

fn parquet(content: File, batch_rows: usize) -> Result<Opened, ArrowError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(content)?;
    let schema = SchemaRef::clone(builder.schema());
    let read = move |fields: Vec<usize>| -> Result<Batches, ArrowError> {
        let mask = ProjectionMask::roots(builder.parquet_schema(), fields);
        Ok(Box::new(builder.with_projection(mask).with_batch_size(batch_rows).build()?))
    };
    Ok(Opened { schema, read: Box::new(read) })
}

fn avro(content: Box<dyn Read + Send>, batch_rows: usize) -> Result<Opened, ArrowError> {
    let reader = ReaderBuilder::new().with_batch_size(batch_rows).build(BufReader::new(content))?;
    let schema = reader.schema();
    // Avro stores rows: every field is decoded on the way to the next.
    let read = |fields: Vec<usize>| -> Result<Batches, ArrowError> {
        Ok(Box::new(reader.map(move |batch| batch?.project(&fields))))
    };
    Ok(Opened { schema, read: Box::new(read) })
}

/// Arrow IPC: the file format, or the stream format, which begins without a magic word.
fn arrow(mut content: File) -> Result<Opened, ArrowError> {
    let mut magic = Vec::new();
    content.by_ref().take(6).read_to_end(&mut magic)?;
    content.rewind()?;
    if magic == b"ARROW1" {
        let schema = FileReader::try_new(BufReader::new(&content), None)?.schema();
        let read = move |fields: Vec<usize>| -> Result<Batches, ArrowError> {
            Ok(Box::new(FileReader::try_new(BufReader::new(content), Some(fields))?))
        };
        return Ok(Opened { schema, read: Box::new(read) });
    }
    let reader = StreamReader::try_new(BufReader::new(content), None)?;
    let schema = reader.schema();
    let read = |fields: Vec<usize>| -> Result<Batches, ArrowError> {
        Ok(Box::new(reader.map(move |batch| batch?.project(&fields))))
    };
    Ok(Opened { schema, read: Box::new(read) })
}
