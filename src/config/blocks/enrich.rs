/*!
`enrich:` says what bought or open data may be used for.

Compiles to `config.enrichment_purposes`.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::tables::Row;

/// What data from elsewhere may be used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Enrich {
    /// The purposes that this pipeline serves: attributes that may serve none of them are not joined. By default `statistics` alone.
    pub purposes: Option<Vec<String>>,
}

impl Enrich {
    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        let purposes = self.purposes.clone().unwrap_or_else(|| vec!["statistics".to_owned()]);
        purposes.into_iter().map(|purpose| vec![cell(purpose)]).collect()
    }
}
