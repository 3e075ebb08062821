/*!
What a source makes of files whose columns are not those that it declares.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens when the columns of a file are not the declared ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// What a declared column means that a file lacks, unless it is `required` or part of `key`: those have to be there.
    #[serde(default)]
    pub missing: MissingColumn,
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
