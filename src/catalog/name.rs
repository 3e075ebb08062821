/*!
Names of tables and the layers they belong to.
*/

use std::fmt;

use datafusion::common::TableReference;
use serde::{Serialize, Serializer};

/// `schema.name`, always lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    pub schema: String,
    pub name: String,
}

impl TableName {
    pub fn new(schema: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        Self { schema: schema.as_ref().to_lowercase(), name: name.as_ref().to_lowercase() }
    }

    /// Reads `schema.name`; anything else is no table name.
    pub fn parse(text: &str) -> Option<Self> {
        let (schema, name) = text.split_once('.')?;
        let is_plain = |part: &str| !part.is_empty() && !part.contains(['.', ' ', '/']);
        (is_plain(schema) && is_plain(name)).then(|| Self::new(schema, name))
    }

    pub fn reference(&self) -> TableReference {
        TableReference::partial(self.schema.as_str(), self.name.as_str())
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Schemas that hold files of SQL, in the order of the data flow.
pub const SQL_SCHEMAS: [&str; 4] = ["core", "journeys", "segments", "marts"];

/// The schema of mapping results: one table per source and contract.
pub const MAPPINGS: &str = "mappings";

/// The place of a schema in the data flow; a table reads its own layer and earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Files as typed, small tables that need no computation, and the books of loading.
    Raw,
    /// Contracts and the mappings that feed them.
    Inbound,
    Core,
    /// `journeys` and `segments`: facts and dimensions over core.
    Journeys,
    Marts,
}

impl Layer {
    pub fn of(schema: &str) -> Option<Self> {
        Some(match schema {
            "raw" | "config" | "lookups" | "quarantine" => Self::Raw,
            MAPPINGS | "inbound" => Self::Inbound,
            "core" => Self::Core,
            "journeys" | "segments" => Self::Journeys,
            "marts" => Self::Marts,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_parts_and_no_case() {
        assert_eq!(TableName::parse("Core.Orders").unwrap().to_string(), "core.orders");
        for text in ["orders", "a.b.c", "core.", ".x", "core.a b", "core.a/b"] {
            assert_eq!(TableName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn layers_stand_in_the_order_of_the_data_flow() {
        let layers: Vec<_> =
            ["raw", "inbound", "core", "segments", "marts"].map(Layer::of).into_iter().collect();
        assert!(layers.is_sorted());
        assert_eq!(Layer::of("journeys"), Layer::of("segments"));
        assert_eq!(Layer::of("presets"), None);
    }
}
