/*!
The stable codes of every diagnostic, with the text that `journeymart explain CODE` prints.

Ranges: 01 configuration, 02 storage, 03 sources, 04 catalog and `check`, 05 run, 06 checks,
07 publish, 08 command line. A code is never given to another meaning.
*/

use std::fmt;

use serde::{Serialize, Serializer};

/// A stable code such as `JM0101`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// What the code means and what to do about it.
    pub fn explanation(self) -> &'static str {
        ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, text)| text)
    }

    /// Finds a code by its text.
    pub fn parse(text: &str) -> Option<Self> {
        ALL.iter().map(|(code, _)| *code).find(|code| code.0.eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        $(#[doc = $text] pub const $name: Code = Code($code);)*
        /// Every code with its explanation, in order.
        pub const ALL: &[(Code, &str)] = &[$(($name, $text)),*];
    };
}

codes! {
    // 01 configuration
    YAML_SYNTAX = "JM0101", "The file is not valid YAML; nothing after the marked place was read.";
    UNKNOWN_KEY = "JM0102", "A key that has no meaning here. Unknown keys are errors, so that a typing mistake never switches a setting off silently.";
    WRONG_TYPE = "JM0103", "A value of another type than the key takes.";
    MISSING_KEY = "JM0104", "A key that must be given is absent.";
    INVALID_VALUE = "JM0105", "A value of the right type that makes no sense: an unknown time zone, a malformed type, a negative duration.";
    UNKNOWN_NAME = "JM0106", "A reference to a preset, location, parameter, target or table that does not exist.";
    UNSET_VARIABLE = "JM0107", "`${NAME}` names an environment variable that is not set and has no default. Write `${NAME:-default}` or set it.";
    NO_PIPELINE = "JM0108", "No pipeline file was found where one was expected.";
    DUPLICATE_KEY = "JM0109", "A key that is given twice in one mapping; which of the two counts would be a guess.";
    // 02 storage
    STORAGE_URL = "JM0201", "A location that is no path and no URL of a supported scheme (file, s3, gs, az, https, memory).";
    STORAGE_READ = "JM0202", "An object could not be read or listed.";
    STORAGE_WRITE = "JM0203", "An object could not be written.";
    STORAGE_DENIED = "JM0204", "The store refused the credentials or the permission.";
    STORAGE_TRANSIENT = "JM0205", "The store failed in a way that may pass: a time-out, a throttle, a dropped connection. Running again is safe.";
    STORAGE_MISSING = "JM0206", "A location or object that does not exist.";
    // 03 sources
    NO_FILES = "JM0301", "No file matches the source's path.";
    UNMATCHED_FILE = "JM0302", "A file lies beside the source's files but matches no pattern, so it was not loaded.";
    HEADER_MISSING = "JM0303", "A file lacks a column that the source declares.";
    HEADER_AMBIGUOUS = "JM0304", "Two headers of one file fold to the same column name.";
    TRUNCATED = "JM0305", "A compressed file ends before its content does. It was probably still being written.";
    ENCODING = "JM0306", "A byte that is not valid in the declared encoding.";
    MALFORMED = "JM0307", "A file that cannot be read as the declared format.";
    BAD_CELLS = "JM0308", "More cells or rows are bad than the source's budget allows.";
    BAD_CELL = "JM0309", "A cell that cannot be read as its column's type, where the source says `on_bad_cell: fail`.";
    NOT_READY = "JM0310", "Files whose completeness marker is absent, so they were not loaded.";
    EXPECTATION = "JM0311", "A source's exports are older, fewer, smaller or emptier than it promises in `freshness` and `expect`.";
    DRIFT = "JM0312", "The columns of a source's files differ from those that it declares, or from file to file, in a way that `drift` refuses or that is worth a warning.";
    // 04 catalog
    SQL_SYNTAX = "JM0401", "The file is not one valid select statement.";
    SQL_HEADER = "JM0402", "The comment block at the top of a SQL file holds something other than the documented keys.";
    UNKNOWN_TABLE = "JM0403", "A table that neither the project nor the standard library has.";
    UNKNOWN_COLUMN = "JM0404", "A column that its table does not have.";
    CYCLE = "JM0405", "Tables that read each other in a circle.";
    LAYER = "JM0406", "A table reads a later layer: raw, inbound, core, journeys and segments, marts.";
    REFUSED_SQL = "JM0407", "SQL whose result depends on the clock, on chance or on the order of rows, or that reads or writes files.";
    DOUBTFUL_SQL = "JM0408", "SQL whose result may surprise: float sums, integer division, time zone arithmetic, unbounded windows.";
    SQL_PLAN = "JM0409", "The statement does not plan against the declared schemas.";
    SCHEMA_MISMATCH = "JM0410", "The columns that a file declares differ from those that its query returns.";
    MART_TYPE = "JM0411", "A column type that BI tools cannot read from Parquet.";
    UNKNOWN_PARAM = "JM0412", "`$name` is no declared parameter.";
    SELECTOR = "JM0413", "A selector that matches nothing.";
    // 05 run
    NODE_FAILED = "JM0501", "A table could not be computed.";
    MEMORY = "JM0502", "A table needs more memory than the limit allows.";
    INTERRUPTED = "JM0503", "The run was stopped by a signal. Nothing was published; `retry` goes on from here.";
    NO_RUN = "JM0504", "There is no run to look at or to repeat.";
    WORK_FOLDER = "JM0505", "The work folder could not be read or written.";
    // 06 checks
    GRAIN = "JM0601", "Two rows share the key that the table's `grain` declares unique, or a key is null.";
    CHECK_FAILED = "JM0602", "Rows violate a check of the table.";
    BOOKS = "JM0603", "Rows are unaccounted for: read is not loaded + quarantined + filtered + superseded.";
    SHRUNK = "JM0604", "A mart lost more rows than the shrink guard allows. `--allow-shrink` publishes it all the same.";
    OLDER = "JM0605", "The run's `as_of_date` lies before the published one. `--allow-older` publishes it all the same.";
    // 07 publish
    OWNED = "JM0701", "The location belongs to another pipeline.";
    UNSAFE_STORE = "JM0702", "The store cannot create an object only if it is absent, so two runs could overwrite each other.";
    CONFLICT = "JM0703", "Another run published first. Nothing of this run became visible.";
    COMMIT_UNCERTAIN = "JM0704", "The store did not say whether the commit was written. Run again: it rolls forward or starts over.";
    COMMIT_UNREADABLE = "JM0705", "A commit record that cannot be read, or was written by a newer version.";
    NO_COMMIT = "JM0706", "Nothing has been published here yet, or not under that number.";
    // 08 command line
    CLI = "JM0801", "The command line is wrong.";
    EXISTS = "JM0802", "A file is in the way; nothing was overwritten.";
    DEMO_OPTIONS = "JM0803", "A synthetic world of that size or length cannot be made.";
    DEMO_WRITE = "JM0804", "A file of the synthetic world could not be written.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_sorted_and_explained() {
        for pair in ALL.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} comes before {}", pair[0].0, pair[1].0);
        }
        for (code, text) in ALL {
            assert!(text.ends_with('.'), "{code} has no sentence");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
    }
}
