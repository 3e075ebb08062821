/*!
Why a cell is not a value of its column's type.
*/

use crate::config::types::ColumnType;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not written like a value of this type.
    Malformed,
    /// Written well, but larger than the type holds.
    OutOfRange,
    /// More decimals than the type keeps.
    Inexact,
    /// What a spreadsheet leaves of a long number.
    Destroyed,
    /// What a formula left that could not be computed.
    ErrorValue,
    /// A local time that the clock showed twice.
    Ambiguous,
    /// A local time that the clock skipped.
    Nonexistent,
    /// JSON nested deeper than the parser follows.
    TooDeep,
    /// Something else than the object that the column's path goes through.
    NoObject,
    /// Something else than the array that the column's path goes through.
    NoArray,
}

impl Fault {
    /// The text of `quarantine.cells.rule`: the type, and what about it was broken.
    pub(crate) fn rule(self, column_type: &ColumnType) -> String {
        let detail = match self {
            Self::Malformed => return column_type.to_string(),
            Self::OutOfRange => "out of range",
            Self::Inexact => "too many decimals",
            Self::Destroyed => "destroyed by a spreadsheet",
            Self::ErrorValue => "error value of a spreadsheet",
            Self::Ambiguous => "ambiguous local time",
            Self::Nonexistent => "nonexistent local time",
            Self::TooDeep => "nested too deep",
            Self::NoObject => "no object on its path",
            Self::NoArray => "no array on its path",
        };
        format!("{column_type}: {detail}")
    }
}
