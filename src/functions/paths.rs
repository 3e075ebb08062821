/*!
Aggregates of journeys, each told as the path of its channels and how often it led to what.

What a model needs of a path is a few keys, sequences of channels such as transitions or the set of
channels that it touched. A group keeps each different key once with two counts, so its state grows
with the variety of paths and not with their number.
*/

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray,
            StructArray,
        },
        buffer::NullBuffer,
        datatypes::{DataType, Field, Fields, Int64Type},
    },
    common::{exec_datafusion_err, exec_err},
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
};

use super::{
    FunctionDoc,
    aggregate::{Aggregate, Call, Groups, null},
    attribution::UNASSIGNED,
    filter::kept,
    names::Names,
    store::list::{Offsets, list_of},
};

/// More different keys than this in one group are an error.
const MAX_KEYS: usize = 1_000_000;

/// In a key, the end of the path.
pub(super) const END: u32 = u32::MAX;

/// Numbers of channels; in the order of their names when a [`Model`] gets them to compute with.
pub(super) type Key = Vec<u32>;

/// How many journeys ended in a conversion, and how many in nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub(super) conversions: u64,
    pub(super) nothing: u64,
}

/// What an aggregate of paths counts, and what it makes of the counts.
pub(super) trait Model: Clone + Send + Sync + 'static {
    /// What the two numbers of a channel are called.
    const NAMES: [&'static str; 2];

    /// Shows the keys of a path of at least one channel.
    fn cut(&self, path: &[u32], key: &mut dyn FnMut(&[u32]) -> Result<()>) -> Result<()>;

    /// Brings a key whose channels were numbered anew into the order that [`Model::cut`] gives it.
    fn reorder(&self, key: &mut Key);

    /// Numbers of each channel, by the channel, in the order of channels. The keys come sorted.
    fn credits(&self, keys: &[(Key, Outcomes)]) -> Result<Vec<(u32, [f64; 2])>>;
}

/// An aggregate of `path, conversions [, null_paths …]` that gives a list of channels.
pub(super) fn aggregate<M: Model>(
    doc: FunctionDoc,
    coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> AggregateUDF {
    Aggregate {
        name: doc.name,
        coerce,
        returns: |_| list_of(DataType::Struct(fields::<M>())),
        empty: null,
        state: |_| {
            vec![
                list_of(list_of(DataType::Utf8)),
                list_of(DataType::Int64),
                list_of(DataType::Int64),
            ]
        },
        keeps_rows: false,
        groups,
    }
    .into()
}

fn fields<M: Model>() -> Fields {
    let numbers = M::NAMES.map(|name| Field::new(name, DataType::Float64, true));
    std::iter::once(Field::new("channel", DataType::Utf8, true)).chain(numbers).collect()
}

/// The keys of each group with their counts.
#[derive(Clone)]
pub(super) struct Paths<M> {
    doc: FunctionDoc,
    model: M,
    has_null_paths: bool,
    names: Names,
    groups: Vec<HashMap<Key, Outcomes>>,
    bytes: usize,
}

impl<M: Model> Paths<M> {
    pub(super) fn new(doc: FunctionDoc, model: M, has_null_paths: bool) -> Self {
        Self { doc, model, has_null_paths, names: Names::default(), groups: Vec::new(), bytes: 0 }
    }

    fn resize(&mut self, groups: usize) {
        if self.groups.len() < groups {
            self.groups.resize_with(groups, HashMap::new);
        }
    }

    /// Adds to the counts of a key.
    fn add(&mut self, group: usize, key: &[u32], outcomes: Outcomes) -> Result<()> {
        let keys = &mut self.groups[group];
        if let Some(counts) = keys.get_mut(key) {
            return counts.add(outcomes, self.doc);
        }
        if keys.len() == MAX_KEYS {
            return exec_err!(
                "`{}` met more than {MAX_KEYS} different sequences of channels in one group: \
                 fold rare channels into one, or group by less",
                self.doc.syntax
            );
        }
        let capacity = keys.capacity();
        keys.insert(key.to_vec(), outcomes);
        self.bytes += size_of_val(key) + (keys.capacity() - capacity) * ENTRY_BYTES;
        Ok(())
    }

    /// The groups that are wanted, taken out of the state.
    fn take(&mut self, emit_to: EmitTo) -> Vec<HashMap<Key, Outcomes>> {
        let taken = emit_to.take_needed(&mut self.groups);
        for keys in &taken {
            self.bytes -= keys.capacity() * ENTRY_BYTES;
            self.bytes -= keys.keys().map(|key| size_of_val(key.as_slice())).sum::<usize>();
        }
        taken
    }
}

/// A place in a map: the entry and a byte of its own.
const ENTRY_BYTES: usize = size_of::<(Key, Outcomes)>() + 1;

impl Outcomes {
    fn add(&mut self, other: Self, doc: FunctionDoc) -> Result<()> {
        let sum = |left: u64, right: u64| {
            let sum = left.checked_add(right).filter(|sum| i64::try_from(*sum).is_ok());
            sum.ok_or_else(|| exec_datafusion_err!("`{}`: the counts overflow", doc.syntax))
        };
        self.conversions = sum(self.conversions, other.conversions)?;
        self.nothing = sum(self.nothing, other.nothing)?;
        Ok(())
    }
}

impl<M: Model> GroupsAccumulator for Paths<M> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.resize(total_groups);
        let paths = values[0].as_list::<i32>();
        let conversions = values[1].as_primitive::<Int64Type>();
        let nothing = self.has_null_paths.then(|| values[2].as_primitive::<Int64Type>());
        let nulls = NullBuffer::union(conversions.nulls(), nothing.and_then(|n| n.nulls()));
        let kept = kept(filter, nulls.as_ref());
        let model = self.model.clone();
        let mut path = Vec::new();
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_some_and(|kept| kept.is_null(row)) {
                continue;
            }
            let counts = (conversions.value(row), nothing.map_or(0, |nothing| nothing.value(row)));
            let (Ok(conversions), Ok(nothing)) = (counts.0.try_into(), counts.1.try_into()) else {
                return exec_err!("`{}` needs counts of 0 or more", self.doc.syntax);
            };
            let outcomes = Outcomes { conversions, nothing };
            if outcomes == Outcomes::default() {
                continue;
            }
            path.clear();
            if paths.is_valid(row) {
                let channels = paths.value(row);
                let channels = channels.as_string::<i32>().iter();
                path.extend(channels.map(|name| self.names.number(name.unwrap_or(UNASSIGNED))));
            }
            if path.is_empty() {
                path.push(self.names.number(UNASSIGNED));
            }
            model.cut(&path, &mut |key| self.add(*group, key, outcomes))?;
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.resize(total_groups);
        let [keys, conversions, nothing] =
            [0, 1, 2].map(|position| states[position].as_list::<i32>());
        let mut key = Vec::new();
        for (row, group) in groups.iter().enumerate() {
            if keys.is_null(row) {
                continue;
            }
            let keys = keys.value(row);
            let counts = [conversions.value(row), nothing.value(row)];
            let counts = counts.each_ref().map(|counts| counts.as_primitive::<Int64Type>());
            for (position, channels) in keys.as_list::<i32>().iter().flatten().enumerate() {
                let channels = channels.as_string::<i32>().iter();
                key.clear();
                key.extend(channels.map(|name| name.map_or(END, |name| self.names.number(name))));
                self.model.reorder(&mut key);
                let [conversions, nothing] = counts.map(|counts| counts.value(position) as u64);
                self.add(*group, &key, Outcomes { conversions, nothing })?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let places = self.names.places();
        let in_order = self.names.in_order();
        let (mut channels, mut numbers, mut offsets) = (Vec::new(), Vec::new(), Offsets::default());
        for keys in self.take(emit_to) {
            let placed = |channel: &mut u32| {
                if *channel != END {
                    *channel = places[*channel as usize];
                }
            };
            let mut keys: Vec<(Key, Outcomes)> = keys
                .into_iter()
                .map(|(mut key, outcomes)| {
                    key.iter_mut().for_each(&placed);
                    self.model.reorder(&mut key);
                    (key, outcomes)
                })
                .collect();
            keys.sort_unstable_by(|left, right| left.0.cmp(&right.0));
            for (place, credit) in self.model.credits(&keys)? {
                channels.push(in_order[place as usize]);
                numbers.push(credit);
            }
            offsets.end_at(numbers.len())?;
        }
        let channels = channels.into_iter().map(|number| self.names.text(number));
        let number = |which: usize| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(numbers.iter().map(|credit| credit[which])))
        };
        let columns =
            vec![Arc::new(StringArray::from_iter_values(channels)) as _, number(0), number(1)];
        let credits = StructArray::try_new(fields::<M>(), columns, None)?;
        Ok(offsets.lists_or_null(Arc::new(credits)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut texts, mut text_offsets) = (Vec::new(), Offsets::default());
        let (mut conversions, mut nothing, mut offsets) =
            (Vec::new(), Vec::new(), Offsets::default());
        let taken = self.take(emit_to);
        for keys in &taken {
            for (key, outcomes) in keys {
                let known = |channel: &u32| (*channel != END).then(|| self.names.text(*channel));
                texts.extend(key.iter().map(known));
                text_offsets.end_at(texts.len())?;
                conversions.push(outcomes.conversions as i64);
                nothing.push(outcomes.nothing as i64);
            }
            offsets.end_at(conversions.len())?;
        }
        let keys = text_offsets.lists(Arc::new(StringArray::from(texts)));
        Ok(vec![
            offsets.clone().lists(keys),
            offsets.clone().lists(Arc::new(Int64Array::from(conversions))),
            offsets.lists(Arc::new(Int64Array::from(nothing))),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::new(self.doc, self.model.clone(), self.has_null_paths);
        each.update_batch(values, &Vec::from_iter(0..rows), filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<HashMap<Key, Outcomes>>()
            + self.bytes
            + self.names.size()
    }
}
