/*!
Parquet: columns that already have types.

A column of the declared type is taken as it is. Everything else goes through the same text and the
same rules as in any other format, so that a number kept as text, an epoch kept as an integer or a
local time without a zone mean here what they mean there. Lists and structs become JSON, where paths
find their way as in JSON files. `_line` is the number of the row.
*/

use std::{fs::File, io, path::Path, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, StringArray},
        compute::{CastOptions, cast, cast_with_options},
        datatypes::{DataType, Field, Float32Type, Float64Type, TimeUnit},
        error::ArrowError,
        json::writer::{EncoderOptions, make_encoder},
    },
    parquet::{
        arrow::{
            ProjectionMask,
            arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
        },
        errors::ParquetError,
    },
};

use crate::{
    config::{
        source::{Column, Source},
        types::ColumnType,
    },
    engine::types::arrow_type,
    error::{Error, Kind, Result, codes},
};

use super::{
    bind::{lacks, may_lack, position},
    cast::{Cast, Caster},
    chunk::{Cells, Chunk, Pending, RecordReader, Span},
    decompress::unpack,
    fault::{file_error, read_error},
    files::InputFile,
    json::{path::Paths, tape::Tape},
    spool::scratch_file,
};

pub(crate) struct ParquetReader {
    batches: ParquetRecordBatchReader,
    file: String,
    row: i64,
    routes: Arc<Vec<Route>>,
}

/// How one declared column is fed.
struct Route {
    /// The place of its field in the batches; none where the file may lack it and does.
    field: Option<usize>,
    /// The way into a nested field, which begins with the field's name.
    path: Option<(String, Paths)>,
    column: Arc<Column>,
    caster: Caster,
}

impl ParquetReader {
    pub(crate) fn open(
        source: &Source,
        file: &InputFile,
        scratch: &Path,
        batch_rows: usize,
    ) -> Result<Self> {
        let failed = |error: ParquetError| broken(&file.path, &error);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(content(file, scratch)?).map_err(failed)?;
        let names: Vec<String> =
            builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let (mut wanted, mut found, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for column in &source.columns {
            match place(&names, column) {
                Some((field, path)) => {
                    wanted.push(field);
                    found.push((Some(field), path, column));
                }
                None if may_lack(source, column) => found.push((None, None, column)),
                None => missing.push(lacks(&file.path, &names, column)),
            }
        }
        if !missing.is_empty() {
            return Err(Error { kind: Kind::Failed, diagnostics: missing });
        }
        // Batches hold the fields asked for, each once, in the order of the file.
        wanted.sort_unstable();
        wanted.dedup();
        let routes = found
            .into_iter()
            .map(|(field, path, column)| {
                let field = field.map(|field| wanted.partition_point(|known| *known < field));
                Route::new(field, path, column)
            })
            .collect::<Result<_>>()?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
        let batches = builder
            .with_projection(mask)
            .with_batch_size(batch_rows.max(1))
            .build()
            .map_err(failed)?;
        Ok(Self { batches, file: file.path.clone(), row: 1, routes: Arc::new(routes) })
    }
}

/// The fields of a file, for whoever has to declare them.
pub(crate) fn fields(file: &InputFile, scratch: &Path) -> Result<Vec<(String, DataType)>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(content(file, scratch)?)
        .map_err(|error| broken(&file.path, &error))?;
    let field = |field: &Arc<Field>| (field.name().clone(), field.data_type().clone());
    Ok(builder.schema().fields().iter().map(field).collect())
}

/// The field that feeds a column, and the path into it.
fn place(names: &[String], column: &Column) -> Option<(usize, Option<String>)> {
    column.from.iter().find_map(|from| {
        let whole = position(names, from).map(|at| (at, None));
        whole.or_else(|| {
            let root = from.split(['.', '[']).next()?;
            let at = names.iter().position(|name| name == root)?;
            (root != from).then(|| (at, Some(from.clone())))
        })
    })
}

impl Route {
    fn new(field: Option<usize>, path: Option<String>, column: &Column) -> Result<Self> {
        let mut column = column.clone();
        let path = path
            .map(|path| {
                let root = path.split(['.', '[']).next().unwrap_or_default().to_owned();
                column.from = vec![path];
                let paths = Paths::new(std::slice::from_ref(&column))
                    .map_err(|message| Error::usage(codes::INVALID_VALUE, message))?;
                Ok((root, paths))
            })
            .transpose()?;
        let column = Arc::new(column);
        Ok(Self { field, path, caster: Caster::new(&column)?, column })
    }

    /// The column's values, casting what is not of its type.
    fn cells(&self, array: &ArrayRef, text: &mut String) -> Result<Cells, ArrowError> {
        if self.path.is_none()
            && let Some(array) = as_declared(array, &self.column)?
        {
            return Ok(Cells::Cast { array, bad: Vec::new(), cells: Vec::new() });
        }
        let (found, native) = match &self.path {
            None => texts(array, &self.column.column_type)?,
            Some((root, paths)) => (follow(array, root, paths)?, false),
        };
        let mut cells = Vec::with_capacity(found.len());
        for value in &found {
            cells.push(match value {
                None => Span::ABSENT,
                Some(value) => {
                    let start = text.len();
                    text.push_str(value);
                    Span::new(start, text.len())
                }
            });
        }
        let mut caster = if native { self.native_caster() } else { self.caster.clone() };
        let Cast { array, bad } = caster.cast(text, &cells);
        Ok(Cells::Cast { array, bad, cells })
    }

    /// Dates and times that were printed here follow ISO 8601, whatever the column's formats are.
    fn native_caster(&self) -> Caster {
        let column = Column { formats: Vec::new(), epoch: None, ..self.column.as_ref().clone() };
        Caster::new(&Arc::new(column)).unwrap_or_else(|_| self.caster.clone())
    }
}

impl RecordReader for ParquetReader {
    fn next_records(&mut self, _limit: usize) -> Result<Option<Pending>> {
        let Some(batch) = self.batches.next() else { return Ok(None) };
        let batch = batch.map_err(|error| broken(&self.file, &error))?;
        let first = self.row;
        self.row += batch.num_rows() as i64;
        let routes = Arc::clone(&self.routes);
        let file = self.file.clone();
        Ok(Some(Box::new(move || {
            chunk(&batch, first, &routes).map_err(|error| broken(&file, &error))
        })))
    }
}

fn chunk(batch: &RecordBatch, first: i64, routes: &[Route]) -> Result<Chunk, ArrowError> {
    let mut text = String::new();
    let columns = routes
        .iter()
        .map(|route| match route.field {
            Some(field) => route.cells(batch.column(field), &mut text),
            None => Ok(Cells::Text(vec![Span::ABSENT; batch.num_rows()])),
        })
        .collect::<Result<_, _>>()?;
    let lines = (first..first + batch.num_rows() as i64).collect();
    Ok(Chunk { text, columns, lines, ..Chunk::default() })
}

/// The array itself, or an equal one of the declared type; `None` if text has to decide.
fn as_declared(array: &ArrayRef, column: &Column) -> Result<Option<ArrayRef>, ArrowError> {
    let declared = arrow_type(&column.column_type);
    // Text and marked values have their null markers looked up.
    let marked = column.nulls.iter().any(|null| !null.is_empty());
    let plain = match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => false,
        DataType::Float64 => {
            array.as_primitive::<Float64Type>().values().iter().all(|v| v.is_finite())
        }
        _ => !marked,
    };
    let instant = matches!(array.data_type(), DataType::Timestamp(_, Some(_)));
    let small = matches!(array.data_type(), DataType::Int8 | DataType::Int16 | DataType::Int32)
        && declared == DataType::Int64;
    Ok(match &declared {
        _ if *array.data_type() == declared && plain => Some(Arc::clone(array)),
        _ if small && plain => Some(cast(array, &declared)?),
        DataType::Timestamp(TimeUnit::Microsecond, _) if instant => Some(cast(array, &declared)?),
        _ => None,
    })
}

/// The values as text, and whether they are dates or times printed here.
fn texts(array: &ArrayRef, declared: &ColumnType) -> Result<(StringArray, bool), ArrowError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let printed = |array: &ArrayRef| -> Result<StringArray, ArrowError> {
        Ok(cast_with_options(array, &DataType::Utf8, &strict)?.as_string::<i32>().clone())
    };
    Ok(match array.data_type() {
        DataType::Float32 | DataType::Float64 => (floats(array, declared)?, false),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Struct(_)
        | DataType::Map(..) => (json(array)?, false),
        DataType::Dictionary(_, value) => return texts(&cast(array, value)?, declared),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => (printed(array)?, true),
        _ => (printed(array)?, false),
    })
}

/// Floats in their shortest form. For a decimal column they are rounded to its scale: a float is no
/// exact number, and its last digits mean nothing.
fn floats(array: &ArrayRef, declared: &ColumnType) -> Result<StringArray, ArrowError> {
    let shown = |value: f64, shortest: String| match declared {
        ColumnType::Decimal(_, scale) if value.is_finite() => {
            format!("{value:.*}", usize::try_from(*scale).unwrap_or(0))
        }
        _ => shortest,
    };
    Ok(match array.data_type() {
        DataType::Float32 => array
            .as_primitive::<Float32Type>()
            .iter()
            .map(|value| value.map(|value| shown(value.into(), value.to_string())))
            .collect(),
        _ => array
            .as_primitive::<Float64Type>()
            .iter()
            .map(|value| value.map(|value| shown(value, value.to_string())))
            .collect(),
    })
}

/// Nested values as JSON.
fn json(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let field = Arc::new(Field::new("value", array.data_type().clone(), true));
    let options = EncoderOptions::default();
    let mut encoder = make_encoder(&field, array, &options)?;
    let mut out = Vec::new();
    (0..array.len())
        .map(|row| {
            if encoder.is_null(row) {
                return Ok(None);
            }
            out.clear();
            encoder.encode(row, &mut out);
            String::from_utf8(std::mem::take(&mut out))
                .map(Some)
                .map_err(|error| ArrowError::JsonError(error.to_string()))
        })
        .collect()
}

/// What a path finds in nested values, or in texts that are JSON; other texts hold nothing.
fn follow(array: &ArrayRef, root: &str, paths: &Paths) -> Result<StringArray, ArrowError> {
    let is_text =
        matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let values = if is_text { texts(array, &ColumnType::String)?.0 } else { json(array)? };
    let root = serde_json::Value::from(root);
    let mut tape = Tape::default();
    let fault = |fault: super::json::tape::JsonFault| ArrowError::JsonError(fault.to_string());
    let mut found = Vec::with_capacity(values.len());
    for value in &values {
        let Some(value) = value else {
            found.push(None);
            continue;
        };
        // Paths start at a member of a record: the field is its only one.
        let record = format!("{{{root}:{value}}}");
        match tape.parse(&record, 0, record.len()) {
            Err(_) if is_text => {
                found.push(None);
                continue;
            }
            parsed => parsed.map_err(fault)?,
        }
        let mut cells = vec![Vec::new()];
        let mut tail = String::new();
        paths.extract(&tape, &record, &mut tail, &mut cells, &mut Vec::new()).map_err(fault)?;
        let text = [record, tail].concat();
        found.push(cells[0][0].of(&text).map(str::to_owned));
    }
    Ok(found.into_iter().collect())
}

/// The file itself where it is on this machine and not packed, else an unnamed copy.
fn content(file: &InputFile, scratch: &Path) -> Result<File> {
    let failed = |error: io::Error| read_error(&file.location, "binary", error);
    let (packing, mut unpacked) = unpack(Box::new(file.location.open()?)).map_err(failed)?;
    if packing.is_plain()
        && let Some(path) = file.location.local_path()
    {
        return File::open(path).map_err(failed);
    }
    let mut copy = scratch_file(scratch).map_err(|error| {
        Error::failed(codes::WORK_FOLDER, format!("`{}`: {error}", scratch.display()))
    })?;
    io::copy(&mut unpacked, &mut copy).map_err(failed)?;
    Ok(copy)
}

fn broken(file: &str, error: &dyn std::error::Error) -> Error {
    file_error(codes::MALFORMED, file, format!("cannot be read as Parquet: {error}"))
        .hint("is it complete, and is it Parquet?")
}
