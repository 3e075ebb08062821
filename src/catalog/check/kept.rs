/*!
What checking a file came to, kept for the next check.

A file is planned again unless all that its outcome depends on is as it was: the code, the settings
of the session, the file's text and origin, the parameters it uses, and the columns of the tables it
reads. Whether those tables were planned or kept does not matter, so that an edit reaches its
readers only where columns change. Kept are the columns of SQL files that plan, with their warnings;
what has an error is looked at anew each time.

Pure: bytes in, bytes out. Bytes that this very code did not write are as good as none.
*/

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, BinaryArray, RecordBatch, StringArray},
        datatypes::SchemaRef,
        ipc::{
            convert::{IpcSchemaEncoder, fb_to_schema},
            reader::StreamReader,
            root_as_schema,
            writer::StreamWriter,
        },
    },
    execution::SessionState,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    catalog::CODE_DIGEST,
    error::{Code, Diagnostic, Location, Severity},
    fingerprint::Fingerprint,
    functions::pseudonymize,
};

use super::super::{
    name::TableName,
    node::{Kind, Node},
};

/// Settings that say how a query is computed, not what it is; they differ from machine to machine.
const INDIFFERENT_SETTINGS: [&str; 4] = [
    "datafusion.execution.batch_size",
    "datafusion.execution.planning_concurrency",
    "datafusion.execution.sort_spill_reservation_bytes",
    "datafusion.execution.target_partitions",
];

/// Outcomes by the fingerprints of what they depend on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept(HashMap<String, Outcome>);

/// The columns of a table that plans, encoded, and the warnings about its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    columns: Arc<[u8]>,
    warnings: Vec<Warning>,
}

/// A warning about a file, without the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Warning {
    code: String,
    message: String,
    hint: Option<String>,
    /// Line, column and length.
    place: Option<[u32; 3]>,
}

/// Columns, and what they add to the fingerprints of what reads them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) schema: SchemaRef,
    encoded: Arc<[u8]>,
}

impl Columns {
    pub(super) fn of(schema: SchemaRef) -> Self {
        let encoded = IpcSchemaEncoder::new().schema_to_fb(&schema).finished_data().into();
        Self { schema, encoded }
    }

    fn decode(encoded: &Arc<[u8]>) -> Option<Self> {
        let schema = fb_to_schema(root_as_schema(encoded).ok()?);
        Some(Self { schema: Arc::new(schema), encoded: Arc::clone(encoded) })
    }
}

/// What the outcome of every file depends on.
pub(super) fn settings(state: &SessionState) -> Fingerprint {
    let mut settings: Vec<_> = state.config_options().entries();
    settings.retain(|entry| !INDIFFERENT_SETTINGS.contains(&entry.key.as_str()));
    settings.sort_by(|a, b| a.key.cmp(&b.key));
    let named = Fingerprint::of("settings")
        .with("code", CODE_DIGEST)
        // Without a key there is a function less.
        .with("pseudonym key", pseudonymize::key_digest());
    let all = settings
        .iter()
        .fold(named, |all, entry| all.with(&entry.key, entry.value.as_deref().unwrap_or("none")));
    all.finish()
}

/// What the outcome of checking a node depends on; none for nodes whose outcome is not kept.
///
/// `inputs` are all tables that the node reads, with their columns where these are known.
pub(super) fn key(
    settings: &Fingerprint,
    node: &Node,
    inputs: &[(&TableName, Option<&Columns>)],
) -> Option<Fingerprint> {
    if !matches!(node.kind, Kind::Sql) || node.query.is_none() {
        return None;
    }
    let mut key = Fingerprint::of("check")
        .with("settings", settings.as_str())
        .with("name", node.name.to_string())
        .with("file", &node.file)
        .with("origin", format!("{:?}", node.origin))
        .with("text", &*node.text);
    for (name, param) in &node.params {
        key = key.with(&format!("${name}"), format!("{} {:?}", param.ty, param.value));
    }
    for (name, columns) in inputs {
        key = match columns {
            Some(columns) => key.with(&name.to_string(), &columns.encoded),
            None => key.with("unknown", name.to_string()),
        };
    }
    Some(key.finish())
}

impl Outcome {
    /// The outcome in a form to keep; none if it has errors, or speaks of other files.
    pub(super) fn of(node: &Node, columns: &Columns, found: &[Diagnostic]) -> Option<Self> {
        let is_exact = Columns::decode(&columns.encoded)?.schema == columns.schema;
        let warnings = found.iter().map(|found| Warning::of(node, found)).collect::<Option<_>>()?;
        is_exact.then(|| Self { columns: Arc::clone(&columns.encoded), warnings })
    }

    /// The outcome as it was found.
    pub(super) fn replay(&self, node: &Node) -> Option<(Columns, Vec<Diagnostic>)> {
        let warnings = self.warnings.iter().map(|warning| warning.replay(node));
        Some((Columns::decode(&self.columns)?, warnings.collect::<Option<_>>()?))
    }
}

impl Warning {
    fn of(node: &Node, found: &Diagnostic) -> Option<Self> {
        if found.severity != Severity::Warning {
            return None;
        }
        let place = match &found.location {
            None => None,
            Some(at) if at.file == node.file && at.text.as_ref() == Some(&node.text) => {
                Some([at.line, at.column, at.length])
            }
            Some(_) => return None,
        };
        Some(Self {
            code: found.code.as_str().to_owned(),
            message: found.message.clone(),
            hint: found.hint.clone(),
            place,
        })
    }

    fn replay(&self, node: &Node) -> Option<Diagnostic> {
        let location = self.place.map(|[line, column, length]| Location {
            file: node.file.clone(),
            line,
            column,
            length,
            text: Some(Arc::clone(&node.text)),
        });
        let warning = Diagnostic::warning(Code::parse(&self.code)?, &*self.message);
        Some(Diagnostic { location, hint: self.hint.clone(), ..warning })
    }
}

impl Kept {
    pub(super) fn get(&self, key: &Fingerprint) -> Option<&Outcome> {
        self.0.get(key.as_str())
    }

    /// Whether both are about the same files in the same state.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.keys().all(|key| other.0.contains_key(key))
    }

    /// What [`Self::to_bytes`] wrote; empty for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::read(bytes).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (sum, body) = bytes.split_first_chunk()?;
        if checksum(body) != *sum {
            return None;
        }
        let batch = StreamReader::try_new(body, None).ok()?.next()?.ok()?;
        let [keys, columns, warnings] = batch.columns() else { return None };
        let (keys, columns, warnings) = (
            keys.as_string_opt::<i32>()?,
            columns.as_binary_opt::<i32>()?,
            warnings.as_binary_opt::<i32>()?,
        );
        let outcome = |row: usize| {
            let warnings = serde_json::from_slice(warnings.value(row)).ok()?;
            let outcome = Outcome { columns: columns.value(row).into(), warnings };
            Some((keys.value(row).to_owned(), outcome))
        };
        (0..batch.num_rows()).map(outcome).collect::<Option<_>>().map(Self)
    }

    /// The outcomes and a checksum, in no particular order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut keys, mut columns, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for (key, outcome) in &self.0 {
            keys.push(&**key);
            columns.push(&*outcome.columns);
            warnings.push(serde_json::to_vec(&outcome.warnings).expect("texts and numbers"));
        }
        let warnings: Vec<&[u8]> = warnings.iter().map(Vec::as_slice).collect();
        let arrays: [(&str, ArrayRef); 3] = [
            ("key", Arc::new(StringArray::from(keys))),
            ("columns", Arc::new(BinaryArray::from(columns))),
            ("warnings", Arc::new(BinaryArray::from(warnings))),
        ];
        let mut body = Vec::new();
        let written = RecordBatch::try_from_iter(arrays).and_then(|batch| {
            let mut writer = StreamWriter::try_new(&mut body, &batch.schema())?;
            writer.write(&batch)?;
            writer.finish()
        });
        written.expect("memory can be written");
        [&checksum(&body), body.as_slice()].concat()
    }
}

impl FromIterator<(Fingerprint, Outcome)> for Kept {
    fn from_iter<I: IntoIterator<Item = (Fingerprint, Outcome)>>(outcomes: I) -> Self {
        Self(outcomes.into_iter().map(|(key, outcome)| (key.to_string(), outcome)).collect())
    }
}

/// Other code may lay out the bytes in another way, so that the sum is about the code, too.
fn checksum(body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(CODE_DIGEST).chain_update(body).finalize().into()
}
