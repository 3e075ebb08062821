/*!
Doors for a fuzzer into what reads bytes that others wrote, each with the laws that hold there.

Not part of the library: it is there for the tests and, behind the feature `fuzzing`, for the targets
in `fuzz/`. A door takes any bytes and panics where a law is broken.
*/

mod csv;
mod dates;
mod dialect;
mod json;
mod reading;
#[cfg(test)]
mod replay;
mod timestamps;

pub use self::{
    csv::csv, dates::date_templates, dialect::dialect, json::json, timestamps::timestamps,
};

/// The first byte, which chooses between ways to read the rest.
fn choice(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(choice, rest)| (*choice, rest))
}

/// The first line, and what follows it.
fn lines(data: &[u8]) -> Option<(&str, &str)> {
    std::str::from_utf8(data).ok()?.split_once('\n')
}
