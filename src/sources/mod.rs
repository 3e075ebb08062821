/*!
Export files become typed Arrow batches: discovery, decompression, decoding, binding by name, casts,
quarantine. One file per format. Runs no SQL.

```text
file ─ decompress ─ decode ─ buffer ─▶ csv ─▶ chunk ─ cast ─▶ rows ─▶ sinks, quarantine, books
       bytes                 text      json      text     typed
                                       parquet   cells    columns
```

A reader knows its format and nothing about types; a cast knows one family of types and nothing about
files. What they exchange is a [`chunk`] of text cells.
*/

pub(crate) mod chunk;

mod bind;
mod books;
mod buffer;
mod cast;
mod csv;
mod decode;
mod decompress;
mod deletes;
mod fault;
mod files;
mod fill_down;
mod given;
mod json;
mod latest;
mod layout;
mod load;
mod names;
mod open;
mod ordered;
mod parallel;
mod parquet;
mod quarantine;
mod rows;
mod schema;
mod spool;
#[cfg(test)]
mod support;
mod windows;

pub use bind::fold;
pub use books::{Books, check_books, check_budget};
pub use files::{Discovered, InputFile, discover};
pub use latest::{Dropped, Latest};
pub use load::{
    BatchSink, FileReport, LoadOptions, LoadReport, Outputs, Sinks, finish, load, load_file,
};
pub use parallel::load_files;
pub use schema::{FILE, LINE, bad_cells_schema, bad_rows_schema, raw_schema};

// What `infer` looks at files with, so that it cannot disagree with the loader.
pub(crate) use cast::{
    DatePattern, is_iso_date, iso_timestamp,
    number::{Signs, decimal, float64, int64},
    text::strip,
};
pub(crate) use chunk::{Cells, Chunk, RecordReader};
pub(crate) use csv::{Peeked, header::joined, peek};
pub(crate) use decode::decode;
pub(crate) use decompress::unpack;
pub(crate) use fault::read_error;
pub(crate) use json::tape::{Kind as JsonKind, Tape, unescape};
pub(crate) use names::NameFiles;
pub(crate) use open::{column_names, open};
pub(crate) use parquet::fields;
pub(crate) use rows::{Typed, Typer};
