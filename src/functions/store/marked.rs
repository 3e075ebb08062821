/*!
Events with the conditions they meet, for aggregates that read the events of a group in order.
*/

use std::{ops::Range, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array},
        buffer::NullBuffer,
        datatypes::{DataType, Int64Type, TimestampMicrosecondType, UInt32Type},
    },
    error::Result,
    logical_expr::{EmitTo, GroupsAccumulator},
};

use super::{
    Record, Store,
    list::{Offsets, list_of, one_each},
};
use crate::{
    functions::{aggregate::Call, filter::kept},
    models::event::Event,
};

/// What an aggregate makes of the events of a group.
pub(in crate::functions) trait Reading: Clone + Send + Sync + 'static {
    /// The results of the groups read so far.
    type Results: Default;

    /// Whether an event that meets these conditions can change the result.
    fn looks_at(&self, met: u32) -> bool {
        met != 0
    }

    /// Reads the sorted events of the next group.
    fn read(&self, events: &[Event], results: &mut Self::Results) -> Result<()>;

    fn finish(&self, results: Self::Results) -> Result<ArrayRef>;
}

/// The types of the state.
pub(in crate::functions) fn state(_types: &[DataType]) -> Vec<DataType> {
    vec![list_of(DataType::Int64), list_of(DataType::UInt32)]
}

/// The events of many groups and how they are read.
#[derive(Clone)]
pub(in crate::functions) struct MarkedEvents<R> {
    store: Store<Stored>,
    /// Position of the time stamp among the arguments.
    ts: usize,
    /// Positions of the conditions.
    conditions: Range<usize>,
    reading: R,
}

impl<R: Reading> MarkedEvents<R> {
    /// Events of a time stamp and the conditions in the arguments after it.
    pub(in crate::functions) fn new(ts: usize, call: &Call, reading: R) -> Self {
        Self { store: Store::default(), ts, conditions: ts + 1..call.types.len(), reading }
    }

    /// Events of a time stamp alone.
    pub(in crate::functions) fn without_conditions(ts: usize, reading: R) -> Self {
        Self { store: Store::default(), ts, conditions: 0..0, reading }
    }

    /// The conditions that each row meets, and the rows that count.
    fn marks(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> (Vec<u32>, Option<NullBuffer>) {
        let conditions = &values[self.conditions.clone()];
        (bits(conditions, values[self.ts].len()), kept(filter, values[self.ts].nulls()))
    }
}

/// The conditions that each row meets, one bit each; a null condition is false.
pub(in crate::functions) fn bits(conditions: &[ArrayRef], rows: usize) -> Vec<u32> {
    let mut bits = vec![0; rows];
    for (condition, column) in conditions.iter().enumerate() {
        let column = column.as_boolean();
        let met = match column.nulls() {
            Some(nulls) => column.values() & nulls.inner(),
            None => column.values().clone(),
        };
        for row in met.set_indices() {
            bits[row] |= 1 << condition;
        }
    }
    bits
}

/// An event as it is stored: 16 bytes.
#[derive(Debug, Clone, Copy)]
struct Stored {
    at: i64,
    met: u32,
    slot: u32,
}

impl Record for Stored {
    fn slot(&self) -> u32 {
        self.slot
    }
}

impl<R: Reading> GroupsAccumulator for MarkedEvents<R> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let (marks, kept) = self.marks(values, filter);
        let instants = values[self.ts].as_primitive::<TimestampMicrosecondType>().values();
        for (row, group) in groups.iter().enumerate() {
            let met = marks[row];
            if self.reading.looks_at(met) && kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let at = instants[row];
                self.store.push(*group, |slot| Stored { at, met, slot });
            }
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let (instants, marks) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let at = instants.values().as_primitive::<Int64Type>().values();
        let met = marks.values().as_primitive::<UInt32Type>().values();
        for (row, group) in groups.iter().enumerate() {
            if instants.is_null(row) {
                continue;
            }
            let from = instants.value_offsets()[row] as usize;
            let to = instants.value_offsets()[row + 1] as usize;
            let other = marks.value_offsets()[row] as usize;
            for event in 0..to - from {
                let (at, met) = (at[from + event], met[other + event]);
                if self.reading.looks_at(met) {
                    self.store.push(*group, |slot| Stored { at, met, slot });
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut results = R::Results::default();
        let mut events = Vec::new();
        let reading = self.reading.clone();
        self.store.take(emit_to, |stored| {
            events.clear();
            events.extend(stored.iter().map(|event| Event { at: event.at, met: event.met }));
            if !events.is_sorted() {
                events.sort_unstable();
            }
            reading.read(&events, &mut results)
        })?;
        reading.finish(results)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut instants, mut marks, mut offsets) = (Vec::new(), Vec::new(), Offsets::default());
        self.store.take(emit_to, |stored| {
            instants.extend(stored.iter().map(|event| event.at));
            marks.extend(stored.iter().map(|event| event.met));
            offsets.end_at(instants.len())
        })?;
        Ok(vec![
            offsets.clone().lists(Arc::new(Int64Array::from(instants))),
            offsets.lists(Arc::new(UInt32Array::from(marks))),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let (marks, kept) = self.marks(values, filter);
        let instants = values[self.ts].as_primitive::<TimestampMicrosecondType>();
        let instants = Int64Array::new(instants.values().clone(), None);
        Ok(vec![
            one_each(Arc::new(instants), kept.clone()),
            one_each(Arc::new(UInt32Array::from(marks)), kept),
        ])
    }

    fn size(&self) -> usize {
        self.store.size()
    }
}
