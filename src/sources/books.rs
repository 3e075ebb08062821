/*!
The books: every row that was read is accounted for.

`read = loaded + quarantined + filtered + superseded`, per file and per source. Cells that became
null are counted beside, because their rows are loaded.
*/

use std::ops::AddAssign;

use serde::Serialize;

use crate::{
    config::source::Source,
    error::{Diagnostic, Error, Kind, Result, codes},
};

/// Rows of a file or of a source, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Books {
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_quarantined: u64,
    /// Left out on purpose, as a window of dates that a newer export replaces.
    pub rows_filtered: u64,
    /// Older versions of a record.
    pub rows_superseded: u64,
    pub cells_nulled: u64,
    /// Rows that were not quarantined and hold at least one nulled cell.
    pub rows_with_nulled_cells: u64,
}

impl Books {
    pub fn close(&self) -> bool {
        self.rows_read
            == self.rows_loaded + self.rows_quarantined + self.rows_filtered + self.rows_superseded
    }

    /// The share of rows that were quarantined or lost a cell.
    pub fn bad_ratio(&self) -> f64 {
        let bad = self.rows_quarantined + self.rows_with_nulled_cells;
        if self.rows_read == 0 { 0.0 } else { bad as f64 / self.rows_read as f64 }
    }
}

impl AddAssign for Books {
    fn add_assign(&mut self, other: Self) {
        self.rows_read += other.rows_read;
        self.rows_loaded += other.rows_loaded;
        self.rows_quarantined += other.rows_quarantined;
        self.rows_filtered += other.rows_filtered;
        self.rows_superseded += other.rows_superseded;
        self.cells_nulled += other.cells_nulled;
        self.rows_with_nulled_cells += other.rows_with_nulled_cells;
    }
}

/// Fails when rows are unaccounted for.
pub fn check_books(of: &str, books: &Books) -> Result<()> {
    if books.close() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Checks,
        Diagnostic::error(
            codes::BOOKS,
            format!(
                "the books of `{of}` do not close: {} rows read, {} loaded, {} quarantined, {} filtered, {} superseded",
                books.rows_read,
                books.rows_loaded,
                books.rows_quarantined,
                books.rows_filtered,
                books.rows_superseded
            ),
        ),
    ))
}

/// Fails when more rows are bad than the source allows; `example` is the first of them.
pub fn check_budget(source: &Source, books: &Books, example: Option<&str>) -> Result<()> {
    if books.bad_ratio() <= source.max_bad_ratio {
        return Ok(());
    }
    let bad = books.rows_quarantined + books.rows_with_nulled_cells;
    let error = Error::new(
        Kind::Budget,
        Diagnostic::error(
            codes::BAD_CELLS,
            format!(
                "{bad} of {} rows of source `{}` are bad ({:.2} %), `max_bad_ratio` allows {:.2} %",
                books.rows_read,
                source.name,
                books.bad_ratio() * 100.0,
                source.max_bad_ratio * 100.0
            ),
        ),
    );
    Err(match example {
        Some(example) => error.hint(format!(
            "the first: {example}; `journeymart query` shows all in quarantine.rows and .cells"
        )),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use crate::sources::support::source;

    use super::*;

    #[test]
    fn books_close_or_say_what_is_missing() {
        let mut books = Books {
            rows_read: 10,
            rows_loaded: 6,
            rows_quarantined: 1,
            rows_superseded: 2,
            rows_filtered: 1,
            ..Books::default()
        };
        assert!(check_books("shop", &books).is_ok());
        books.rows_loaded = 5;
        let error = check_books("shop", &books).unwrap_err();
        assert_eq!((error.kind, error.diagnostics[0].code), (Kind::Checks, codes::BOOKS));
    }

    #[test]
    fn the_budget_counts_rows_not_cells() {
        let mut source = source(&[]);
        source.max_bad_ratio = 0.02;
        let mut books = Books {
            rows_read: 100,
            rows_quarantined: 1,
            rows_with_nulled_cells: 1,
            cells_nulled: 7,
            ..Books::default()
        };
        assert!(check_budget(&source, &books, None).is_ok());
        books.rows_quarantined = 2;
        let error = check_budget(&source, &books, Some("a.csv:3: `x` is no int64")).unwrap_err();
        assert_eq!(error.kind, Kind::Budget);
        assert_eq!(
            error.to_string(),
            "3 of 100 rows of source `shop` are bad (3.00 %), `max_bad_ratio` allows 2.00 % \
             (hint: the first: a.csv:3: `x` is no int64; `journeymart query` shows all in \
             quarantine.rows and .cells)"
        );
        assert!(check_budget(&source, &Books::default(), None).is_ok());
    }
}
