/*!
The graph of identifiers, filled batch by batch.
*/

use std::{cmp::Ordering, collections::HashMap, ops::Range, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            Array, AsArray, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray,
        },
        datatypes::TimestampMicrosecondType,
    },
    common::exec_datafusion_err,
    error::Result,
};

use super::node::Output;
use crate::{
    functions::entity_key::{digest, hexadecimal},
    models::components::{Components, Edge, Merge, UNDATED, components, merges},
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
    edges: Vec<Edge>,
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
                let seen = seen.unwrap_or(UNDATED);
                self.edges.push(Edge { left: left.min(right), right: left.max(right), seen });
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

    /// Of each edge the first time is kept.
    fn compact(&mut self) {
        self.edges.sort_unstable();
        self.edges.dedup_by_key(|edge| (edge.left, edge.right));
        self.compacted = self.edges.len();
    }

    /// Bytes held, with what the answer of [`Graph::finish`] will need.
    pub(super) fn size(&self) -> usize {
        const ARC_COUNTS: usize = 2 * size_of::<usize>();
        let maps: usize = self
            .types
            .iter()
            .map(|known| known.positions.capacity() * (size_of::<(Arc<str>, u32)>() + 1))
            .sum();
        let answer = self.identifiers.len() * size_of::<Merge>();
        maps + self.identifiers.capacity() * size_of::<Identifier>()
            + self.identifiers.len() * ARC_COUNTS
            + self.value_bytes
            + self.edges.capacity() * size_of::<Edge>()
            + answer
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

    /// Answers what is asked; rows are then read with [`Linked::rows`].
    pub(super) fn finish(mut self, max_edges: u64, output: Output) -> Linked {
        self.compact();
        let mut edges = std::mem::take(&mut self.edges);
        let nodes = self.identifiers.len();
        let order = |left, right| self.founding_order(left, right);
        let found = match output {
            Output::Identifiers => Found::Components(components(nodes, &edges, max_edges, order)),
            Output::Merges => Found::Merges(merges(nodes, &mut edges, max_edges, order)),
        };
        Linked { graph: self, found }
    }

    /// The label of the component that an identifier founds.
    fn label(&self, founder: u32) -> String {
        let founder = &self.identifiers[founder as usize];
        hexadecimal(&digest(&[self.type_name(founder), &founder.value]))
    }

    fn type_name(&self, identifier: &Identifier) -> &str {
        &self.types[identifier.kind as usize].name
    }
}

enum Found {
    Components(Components),
    Merges(Vec<Merge>),
}

/// Identifiers with what was found about them.
pub(super) struct Linked {
    graph: Graph,
    found: Found,
}

impl Linked {
    pub(super) fn len(&self) -> usize {
        match &self.found {
            Found::Components(_) => self.graph.identifiers.len(),
            Found::Merges(merges) => merges.len(),
        }
    }

    /// A stretch of the result.
    pub(super) fn rows(&self, rows: Range<usize>) -> Result<RecordBatch> {
        match &self.found {
            Found::Components(found) => self.identifiers(found, rows),
            Found::Merges(merges) => self.merges(&merges[rows]),
        }
    }

    fn identifiers(&self, found: &Components, rows: Range<usize>) -> Result<RecordBatch> {
        let graph = &self.graph;
        let identifiers = &graph.identifiers[rows.clone()];
        let types = StringArray::from_iter_values(identifiers.iter().map(|id| graph.type_name(id)));
        let values = StringArray::from_iter_values(identifiers.iter().map(|id| &*id.value));
        let labels = found.founders[rows.clone()].iter().map(|founder| graph.label(*founder));
        let first: TimestampMicrosecondArray = identifiers.iter().map(|id| id.first_seen).collect();
        let last: TimestampMicrosecondArray = identifiers.iter().map(|id| id.last_seen).collect();
        let guarded = BooleanArray::from(found.guarded[rows].to_vec());
        Ok(RecordBatch::try_new(
            Arc::clone(Output::Identifiers.schema()),
            vec![
                Arc::new(types),
                Arc::new(values),
                Arc::new(StringArray::from_iter_values(labels)),
                Arc::new(first.with_timezone("UTC")),
                Arc::new(last.with_timezone("UTC")),
                Arc::new(guarded),
            ],
        )?)
    }

    fn merges(&self, merges: &[Merge]) -> Result<RecordBatch> {
        let graph = &self.graph;
        let labels = |founder: fn(&Merge) -> u32| {
            StringArray::from_iter_values(merges.iter().map(|merge| graph.label(founder(merge))))
        };
        let first: TimestampMicrosecondArray =
            merges.iter().map(|merge| graph.identifiers[merge.from as usize].first_seen).collect();
        let merged: TimestampMicrosecondArray =
            merges.iter().map(|merge| (merge.at != UNDATED).then_some(merge.at)).collect();
        Ok(RecordBatch::try_new(
            Arc::clone(Output::Merges.schema()),
            vec![
                Arc::new(labels(|merge| merge.from)),
                Arc::new(labels(|merge| merge.into)),
                Arc::new(first.with_timezone("UTC")),
                Arc::new(merged.with_timezone("UTC")),
            ],
        )?)
    }
}
