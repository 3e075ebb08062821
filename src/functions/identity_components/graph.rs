/*!
The graph of identifiers, filled batch by batch.
*/

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            Array, AsArray, BooleanArray, RecordBatch, StringArray, StringBuilder,
            TimestampMicrosecondArray,
        },
        datatypes::TimestampMicrosecondType,
    },
    common::exec_datafusion_err,
    error::Result,
};

use super::node::SCHEMA;
use crate::{
    functions::entity_key::{digest, hexadecimal},
    models::components::{Components, components},
};

/// Which kind of identifier founds a person where several were first seen at once. The kind is
/// what follows the last dot of `<namespace>.<kind>`; what people choose for life comes first, what
/// a browser chose comes last.
const KINDS: [(&str, u8); 17] = [
    ("login", 0),
    ("user_id", 0),
    ("user", 0),
    ("email", 1),
    ("email_sha256", 1),
    ("contact", 2),
    ("crm_id", 2),
    ("customer", 2),
    ("customer_id", 2),
    ("account", 2),
    ("phone", 3),
    ("phone_e164", 3),
    ("anonymous_id", 5),
    ("client_id", 5),
    ("cookie", 5),
    ("device", 5),
    ("device_id", 5),
];

/// Between phone and cookie.
const OTHER_KIND: u8 = 4;

fn priority(id_type: &str) -> u8 {
    let kind = id_type.rsplit('.').next().unwrap_or(id_type);
    KINDS.iter().find(|(name, _)| *name == kind).map_or(OTHER_KIND, |(_, priority)| *priority)
}

struct Identifier {
    /// Position in `Graph::types`.
    kind: u32,
    value: Arc<str>,
    first_seen: Option<i64>,
    last_seen: Option<i64>,
}

/// Identifiers of one type: how it is spelled, how it ranks, and where each value is.
struct Type {
    name: String,
    priority: u8,
    positions: HashMap<Arc<str>, u32>,
}

#[derive(Default)]
pub(super) struct Graph {
    types: Vec<Type>,
    identifiers: Vec<Identifier>,
    /// Lesser position first; repeated until the next [`Graph::compact`].
    edges: Vec<(u32, u32)>,
    /// How many edges were distinct when last looked at.
    compacted: usize,
    /// Bytes of all values, counted once.
    value_bytes: usize,
}

impl Graph {
    /// Adds the rows of a batch with the columns that `edges()` selects.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let text = |position: usize| batch.column(position).as_string::<i32>();
        let (left_types, left_values) = (text(0), text(1));
        let (right_types, right_values) = (text(2), text(3));
        let seen = batch.column(4).as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let seen = seen.is_valid(row).then(|| seen.value(row));
            let left = self.identifier(left_types, left_values, row, seen)?;
            let right = self.identifier(right_types, right_values, row, seen)?;
            if let (Some(left), Some(right)) = (left, right)
                && left != right
            {
                self.edges.push((left.min(right), left.max(right)));
            }
        }
        if self.edges.len() > 2 * self.compacted + 65_536 {
            self.compact();
        }
        Ok(())
    }

    fn identifier(
        &mut self,
        types: &StringArray,
        values: &StringArray,
        row: usize,
        seen: Option<i64>,
    ) -> Result<Option<u32>> {
        if types.is_null(row) || values.is_null(row) {
            return Ok(None);
        }
        let (name, value) = (types.value(row), values.value(row));
        if name.is_empty() || value.is_empty() {
            return Ok(None);
        }
        let kind = self.kind(name);
        let positions = &mut self.types[kind].positions;
        let position = match positions.get(value) {
            Some(position) => *position,
            None => {
                let position = u32::try_from(self.identifiers.len())
                    .map_err(|_| exec_datafusion_err!("more than 4,294,967,296 identifiers"))?;
                let value: Arc<str> = value.into();
                self.value_bytes += value.len();
                positions.insert(Arc::clone(&value), position);
                self.identifiers.push(Identifier {
                    kind: kind as u32,
                    value,
                    first_seen: None,
                    last_seen: None,
                });
                position
            }
        };
        if let Some(seen) = seen {
            let identifier = &mut self.identifiers[position as usize];
            identifier.first_seen = Some(identifier.first_seen.map_or(seen, |at| at.min(seen)));
            identifier.last_seen = Some(identifier.last_seen.map_or(seen, |at| at.max(seen)));
        }
        Ok(Some(position))
    }

    /// There are a handful of types, so a search beats a hash.
    fn kind(&mut self, name: &str) -> usize {
        self.types.iter().position(|known| known.name == name).unwrap_or_else(|| {
            self.types.push(Type {
                name: name.to_owned(),
                priority: priority(name),
                positions: HashMap::new(),
            });
            self.types.len() - 1
        })
    }

    fn compact(&mut self) {
        self.edges.sort_unstable();
        self.edges.dedup();
        self.compacted = self.edges.len();
    }

    /// Bytes held, with what the founders of [`Graph::finish`] will need.
    pub(super) fn size(&self) -> usize {
        const ARC_COUNTS: usize = 2 * size_of::<usize>();
        let maps: usize = self
            .types
            .iter()
            .map(|known| known.positions.capacity() * (size_of::<(Arc<str>, u32)>() + 1))
            .sum();
        let founders = self.identifiers.len() * (size_of::<u32>() + size_of::<u64>() + 1);
        maps + self.identifiers.capacity() * size_of::<Identifier>()
            + self.identifiers.len() * ARC_COUNTS
            + self.value_bytes
            + self.edges.capacity() * size_of::<(u32, u32)>()
            + founders
    }

    /// Founders come first: seen first (never seen last), then by kind, type and value.
    fn founding_order(&self, left: u32, right: u32) -> Ordering {
        let key = |position: u32| {
            let identifier = &self.identifiers[position as usize];
            let known = &self.types[identifier.kind as usize];
            (
                identifier.first_seen.is_none(),
                identifier.first_seen,
                known.priority,
                known.name.as_str(),
                &*identifier.value,
            )
        };
        key(left).cmp(&key(right))
    }

    /// Links the identifiers; rows are then read with [`Linked::rows`].
    pub(super) fn finish(mut self, max_edges: u64) -> Linked {
        self.compact();
        let found = components(self.identifiers.len(), &self.edges, max_edges, |left, right| {
            self.founding_order(left, right)
        });
        self.edges = Vec::new();
        Linked { graph: self, found }
    }
}

/// Identifiers with their components.
pub(super) struct Linked {
    graph: Graph,
    found: Components,
}

impl Linked {
    pub(super) fn len(&self) -> usize {
        self.graph.identifiers.len()
    }

    /// A stretch of the result.
    pub(super) fn rows(&self, rows: std::ops::Range<usize>) -> Result<RecordBatch> {
        let identifiers = &self.graph.identifiers[rows.clone()];
        let type_name =
            |identifier: &Identifier| self.graph.types[identifier.kind as usize].name.as_str();
        let types = StringArray::from_iter_values(identifiers.iter().map(type_name));
        let values = StringArray::from_iter_values(identifiers.iter().map(|id| &*id.value));
        let mut keys = StringBuilder::with_capacity(rows.len(), rows.len() * 32);
        for founder in &self.found.founders[rows.clone()] {
            let founder = &self.graph.identifiers[*founder as usize];
            keys.append_value(hexadecimal(&digest(&[type_name(founder), &founder.value])));
        }
        let first: TimestampMicrosecondArray = identifiers.iter().map(|id| id.first_seen).collect();
        let last: TimestampMicrosecondArray = identifiers.iter().map(|id| id.last_seen).collect();
        let guarded = BooleanArray::from(self.found.guarded[rows].to_vec());
        Ok(RecordBatch::try_new(
            Arc::clone(&SCHEMA),
            vec![
                Arc::new(types),
                Arc::new(values),
                Arc::new(keys.finish()),
                Arc::new(first.with_timezone("UTC")),
                Arc::new(last.with_timezone("UTC")),
                Arc::new(guarded),
            ],
        )?)
    }
}
