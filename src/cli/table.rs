/*!
Rows on standard output: a table for people, an array of objects for programs.
*/

use datafusion::arrow::{
    array::RecordBatch,
    json::{ArrayWriter, WriterBuilder, writer::JsonArray},
    util::{display::FormatOptions, pretty::pretty_format_batches_with_options},
};

use super::printer::Printer;
use crate::{engine::errors, error::Result};

/// Prints rows in the way that was asked for. The batches share one schema and are at least one.
pub(crate) fn print(printer: &Printer, batches: &[RecordBatch]) -> Result<()> {
    if printer.is_json() { json(printer, batches) } else { text(printer, batches) }
}

fn text(printer: &Printer, batches: &[RecordBatch]) -> Result<()> {
    let options = FormatOptions::default().with_null("null");
    let table = pretty_format_batches_with_options(batches, &options)
        .map_err(|error| errors::convert(&error.into()))?;
    printer.text(&format!("{table}\n"))
}

/// Nulls are written, so that every object has every key.
fn json(printer: &Printer, batches: &[RecordBatch]) -> Result<()> {
    let mut writer: ArrayWriter<Vec<u8>> =
        WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    for batch in batches {
        writer.write(batch).map_err(|error| errors::convert(&error.into()))?;
    }
    writer.finish().map_err(|error| errors::convert(&error.into()))?;
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    if text.is_empty() {
        text.push_str("[]");
    }
    printer.text(&format!("{text}\n"))
}
