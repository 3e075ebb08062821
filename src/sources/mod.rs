/*!
Export files become typed Arrow batches: discovery, decompression, decoding, binding by name, casts,
quarantine. One file per format. Runs no SQL.

```text
file ─── unpack ─── decode ─ buffer ─▶ csv ─▶ chunk ─ cast ─▶ rows ─▶ sinks, quarantine, books
       bytes                 text      json      text     typed
                                       lines     cells    columns
```

A reader knows its format and nothing about types; a cast knows one family of types and nothing about
files. What they exchange is a [`chunk`] of text cells.
*/

pub(crate) mod chunk;

mod archive;
mod bind;
mod books;
mod buffer;
mod bytes;
mod cast;
mod columnar;
mod csv;
mod decode;
mod deletes;
mod drift;
mod fault;
mod files;
mod fill_down;
mod given;
mod json;
mod latest;
mod layout;
mod lines;
mod load;
mod names;
mod open;
mod ordered;
mod parallel;
mod quarantine;
mod rows;
mod schema;
mod spool;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod support;
mod unpack;
mod windows;
mod xlsx;

pub use bind::fold;
pub(crate) use bind::likeness;
pub use books::{Books, check_books, check_budget};
pub(crate) use drift::new_since;
pub use drift::{Change, Drifted, Seen};
pub use files::{Discovered, InputFile, discover};
pub use latest::{Dropped, Latest};
pub use load::{
    BatchSink, FileReport, LoadOptions, LoadReport, Outputs, Sinks, finish, load, load_file,
};
pub use parallel::load_files;
pub use schema::{FILE, LINE, bad_cells_schema, bad_rows_schema, raw_schema};

// What `infer` looks at files with, so that it cannot disagree with the loader.
pub(crate) use archive::{each_part, member_names};
pub(crate) use cast::{
    DatePattern, is_iso_date, iso_timestamp,
    number::{Signs, decimal, float64, int64},
    text::{is_formula_error, plainly_spaced, strip},
};
pub(crate) use chunk::{Chunk, RecordReader};
pub(crate) use columnar::fields;
pub(crate) use csv::{Peeked, header::joined, peek};
pub(crate) use decode::decode;
pub(crate) use fault::read_error;
pub(crate) use json::tape::{Kind as JsonKind, Tape, unescape};
pub(crate) use lines::whole_line;
pub(crate) use names::NameFiles;
pub(crate) use open::{column_names, open};
pub(crate) use rows::{Typed, Typer};
pub(crate) use unpack::Unpacked;
pub(crate) use xlsx::{first_rows, sheet_names};

// What the doors for a fuzzer lead to.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use {
    buffer::Buffer,
    cast::{Civil, Zone, iso_civil},
    chunk::{Cells, Refused},
    csv::{CsvReader, line_breaks},
    json::{
        DocumentsReader, LinesReader,
        cell::cell,
        path::Way,
        records,
        tape::{JsonFault, compact},
    },
    lines::PatternReader,
};
