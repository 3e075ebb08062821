/*!
What a source makes of files whose columns are not those that it declares.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens when the columns of a file are not the declared ones. Everything that is not refused is listed by file and column in `run_results.json`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// What a declared column means that a file lacks, unless it is `required` or part of `key`: those have to be there.
    #[serde(default)]
    pub missing: MissingColumn,
    /// What a column means that the source does not declare. Members of JSON records are not judged, since any record may lack any of them.
    #[serde(default)]
    pub added: AddedColumn,
    /// What it means that a declared column holds other types in one file than in another: in Parquet, Avro and Arrow files, and in JSON. Widths and units are no other types.
    #[serde(default)]
    pub retyped: RetypedColumn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingColumn {
    /// The file is refused.
    #[default]
    Error,
    /// The column is null in that file.
    Accept,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddedColumn {
    /// The file is refused: every column has to be declared.
    Error,
    /// It is not loaded, and a warning names it when it is new: when other files lack it, or those of the last published run did.
    #[default]
    Warn,
    /// It is not loaded.
    Ignore,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetypedColumn {
    /// The files are refused.
    Error,
    /// Its values are cast to the declared type, as in every file, and a warning names it.
    #[default]
    Warn,
    /// Its values are cast to the declared type.
    Cast,
}
