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
