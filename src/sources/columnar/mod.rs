/*!
Parquet, Avro and Arrow files: columns that already have types.

A column of the declared type is taken as it is. Everything else goes through the same text and the
same rules as in any other format, so that a number kept as text, an epoch kept as an integer or a
local time without a zone mean here what they mean there. Lists and structs become JSON, where paths
find their way as in JSON files, as they do in text that holds JSON. `_line` is the number of the row.
*/

use std::{ops::ControlFlow, sync::Arc};

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, StringArray},
    compute::{CastOptions, cast, cast_with_options},
    datatypes::{DataType, Field, Float32Type, Float64Type, TimeUnit},
    error::ArrowError,
    json::writer::{EncoderOptions, make_encoder},
};

use crate::{
    config::{
        reading::Format,
        source::{Column, Source},
        types::ColumnType,
    },
    engine::types::arrow_type,
    error::{Error, Kind, Result, codes},
};

use super::{
    archive::each_part,
    bind::{lacks, may_lack, place, seen},
    cast::{Cast, Caster, fault::Fault},
    chunk::{Cells, Chunk, Mark, Pending, RecordReader, Span},
    drift::{Physical, Seen, Types},
    fault::file_error,
    files::InputFile,
    json::{
        inner::{Found, Inner},
        path::Way,
        tape::Tape,
    },
    load::LoadOptions,
    unpack::Unpacked,
};

mod open;

use open::{Batches, Opened};

pub(crate) struct ColumnarReader {
    batches: Batches,
    /// What is left of a batch that is larger than a chunk.
    rest: Option<RecordBatch>,
    file: String,
    format: &'static str,
    row: i64,
    routes: Arc<Vec<Route>>,
    seen: Seen,
}

/// How one declared column is fed.
struct Route {
    /// The place of its field in the batches; none where the file may lack it and does.
    field: Option<usize>,
    /// The way into a nested field.
    way: Option<Way>,
    column: Arc<Column>,
    caster: Caster,
}

impl ColumnarReader {
    pub(crate) fn open(
        source: &Source,
        file: &InputFile,
        unpacked: Unpacked,
        options: &LoadOptions,
    ) -> Result<Self> {
        let format = name(source.format);
        let failed = |error: ArrowError| broken(&file.path, format, &error);
        let Opened { schema, read } = open::open(source.format, file, unpacked, options)?;
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let (mut wanted, mut found, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for column in &source.columns {
            match place(&names, column)? {
                Some((field, way)) => {
                    wanted.push(field);
                    found.push((Some(field), way, column));
                }
                None if may_lack(source, column) => found.push((None, None, column)),
                None => missing.push(lacks(&file.path, &names, column)),
            }
        }
        if !missing.is_empty() {
            return Err(Error { kind: Kind::Failed, diagnostics: missing });
        }
        let positions: Vec<Option<usize>> = found.iter().map(|(field, ..)| *field).collect();
        let mut seen = seen(&names, source, &positions);
        for (field, way, column) in &found {
            // What lies within a field is JSON by the time it is read.
            let whole = field.filter(|_| way.is_none());
            let of = whole.and_then(|field| Physical::of(schema.field(field).data_type()));
            seen.types.extend(of.map(|of| (column.name.clone(), Types::one(of))));
        }
        // Batches hold the fields asked for, each once, in the order of the file.
        wanted.sort_unstable();
        wanted.dedup();
        let routes = found
            .into_iter()
            .map(|(field, way, column)| {
                let field = field.map(|field| wanted.partition_point(|known| *known < field));
                Route::new(field, way, column)
            })
            .collect::<Result<_>>()?;
        let batches = read(wanted).map_err(failed)?;
        let file = file.path.clone();
        Ok(Self { batches, rest: None, file, format, row: 1, routes: Arc::new(routes), seen })
    }
}

/// The fields of every part of a file whose format has types, for whoever has to declare them.
pub(crate) fn fields(
    source: &Source,
    file: &InputFile,
    options: &LoadOptions,
) -> Result<Vec<Vec<(String, DataType)>>> {
    let mut found = Vec::new();
    each_part(file, &source.members, &options.scratch, |part, unpacked| {
        let opened = open::open(source.format, part, unpacked, options)?;
        let field = |field: &Arc<Field>| (field.name().clone(), field.data_type().clone());
        found.push(opened.schema.fields().iter().map(field).collect());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Avro => "Avro",
        Format::Arrow => "Arrow",
        _ => "Parquet",
    }
}

impl Route {
    fn new(field: Option<usize>, way: Option<Way>, column: &Column) -> Result<Self> {
        let column = Arc::new(column.clone());
        Ok(Self { field, way, caster: Caster::new(&column)?, column })
    }

    /// The column's values, casting what is not of its type.
    fn cells(&self, array: &ArrayRef, text: &mut String) -> Result<Cells, ArrowError> {
        if self.way.is_none()
            && let Some(array) = as_declared(array, &self.column)?
        {
            return Ok(Cells::Cast { array, bad: Vec::new(), cells: Vec::new() });
        }
        let (found, marks) = match &self.way {
            None => {
                let (found, mark) = texts(array, &self.column.column_type)?;
                (found, vec![mark; array.len()])
            }
            Some(way) => follow(array, way, &self.column.nulls)?,
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
        let Cast { array, bad } = self.caster.clone().cast_marked(text, &cells, &marks);
        Ok(Cells::Cast { array, bad, cells })
    }
}

impl RecordReader for ColumnarReader {
    fn seen(&self) -> Vec<(String, Seen)> {
        vec![(self.file.clone(), self.seen.clone())]
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let batch = match self.rest.take() {
            Some(rest) => rest,
            None => match self.batches.next() {
                Some(batch) => batch.map_err(|error| broken(&self.file, self.format, &error))?,
                None => return Ok(None),
            },
        };
        let count = batch.num_rows().min(limit);
        if count < batch.num_rows() {
            self.rest = Some(batch.slice(count, batch.num_rows() - count));
        }
        let batch = batch.slice(0, count);
        let first = self.row;
        self.row += count as i64;
        let routes = Arc::clone(&self.routes);
        let (file, format) = (self.file.clone(), self.format);
        Ok(Some(Box::new(move || {
            chunk(&batch, first, &routes).map_err(|error| broken(&file, format, &error))
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

/// The values as text; dates and times that are printed here follow ISO 8601.
fn texts(array: &ArrayRef, declared: &ColumnType) -> Result<(StringArray, Mark), ArrowError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let printed = |array: &ArrayRef| -> Result<StringArray, ArrowError> {
        Ok(cast_with_options(array, &DataType::Utf8, &strict)?.as_string::<i32>().clone())
    };
    Ok(match array.data_type() {
        DataType::Float32 | DataType::Float64 => (floats(array, declared)?, Mark::Plain),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Struct(_)
        | DataType::Map(..) => (json(array)?, Mark::Plain),
        DataType::Dictionary(_, value) => return texts(&cast(array, value)?, declared),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            (printed(array)?, Mark::Iso)
        }
        _ => (printed(array)?, Mark::Plain),
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

/// What a way finds in nested values or in JSON text.
fn follow(
    array: &ArrayRef,
    way: &Way,
    nulls: &[String],
) -> Result<(StringArray, Vec<Mark>), ArrowError> {
    let values = match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            cast(array, &DataType::Utf8)?.as_string::<i32>().clone()
        }
        _ => json(array)?,
    };
    let mut tape = Tape::default();
    let mut inner = Inner::default();
    let mut tail = String::new();
    let mut found = Vec::with_capacity(values.len());
    let mut marks = vec![Mark::Plain; values.len()];
    for (value, mark) in values.iter().zip(&mut marks) {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
            found.push(None);
            continue;
        };
        tail.clear();
        inner.forget();
        let dug = tape
            .parse(value, 0, value.len())
            .and_then(|()| way.dig(&tape, value, nulls, &mut tail, &mut inner));
        let read = |span: Span| span.of(&[value, &tail].concat()).map(str::to_owned);
        found.push(match dug {
            Ok(Found::Nothing) => None,
            Ok(Found::Value(span, _)) => read(span),
            Ok(Found::Barred(met, fault)) => {
                *mark = Mark::Bad(fault);
                read(met)
            }
            Err(_) => {
                *mark = Mark::Bad(Fault::Malformed);
                Some(value.to_owned())
            }
        });
    }
    Ok((found.into_iter().collect(), marks))
}

fn broken(file: &str, format: &str, error: &ArrowError) -> Error {
    file_error(codes::MALFORMED, file, format!("cannot be read as {format}: {error}"))
        .hint(format!("is it complete, and is it {format}?"))
}
