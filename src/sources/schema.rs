/*!
The Arrow schemas of what the loader puts out: raw rows, quarantined rows, nulled cells.
*/

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::{config::source::Source, engine::types::arrow_type};

/// The file a row came from: in `raw.*` and quarantine only.
pub const FILE: &str = "_file";
/// The line its record starts at, or its row number in a format without lines.
pub const LINE: &str = "_line";

/// The declared columns, then `_file` and `_line`.
pub fn raw_schema(source: &Source) -> SchemaRef {
    let declared = source
        .columns
        .iter()
        .map(|column| Field::new(&column.name, arrow_type(&column.column_type), true));
    let origin = [
        // A view: one file's name is repeated in each of its rows.
        Field::new(FILE, DataType::Utf8View, false),
        Field::new(LINE, DataType::Int64, false),
    ];
    Arc::new(Schema::new(declared.chain(origin).collect::<Vec<_>>()))
}

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

static BAD_ROWS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("source", false),
        text("file", false),
        Field::new("line", DataType::Int64, false),
        text("reason", false),
        text("raw_line", true),
    ]))
});

static BAD_CELLS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("source", false),
        text("file", false),
        Field::new("line", DataType::Int64, false),
        text("column_name", false),
        text("raw_value", true),
        text("rule", false),
    ]))
});

/// `quarantine.rows`.
pub fn bad_rows_schema() -> SchemaRef {
    Arc::clone(&BAD_ROWS)
}

/// `quarantine.cells`.
pub fn bad_cells_schema() -> SchemaRef {
    Arc::clone(&BAD_CELLS)
}
