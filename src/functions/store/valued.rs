/*!
Events with a text and a whole number, for aggregates that read the texts of a group in order.
*/

use std::{cmp::Ordering, ops::Range, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array},
        buffer::NullBuffer,
        datatypes::{DataType, Int64Type, TimestampMicrosecondType},
    },
    error::Result,
    logical_expr::{EmitTo, GroupsAccumulator},
};

use super::{
    Record, Store,
    list::{Offsets, TextColumn, list_of, one_each},
    marked::bits,
    texts::Texts,
};
use crate::functions::filter::kept;

/// What an aggregate makes of the events of a group.
pub(in crate::functions) trait Reading: Clone + Send + Sync + 'static {
    /// The results of the groups read so far.
    type Results: Default;

    /// The order of events of one instant: by number, then by text.
    fn tie_break(&self, left: &Valued, right: &Valued, texts: &Texts) -> Ordering {
        left.number
            .cmp(&right.number)
            .then_with(|| texts.text(left.text).cmp(&texts.text(right.text)))
    }

    /// Reads the sorted events of the next group.
    fn read(&self, events: &[Valued], texts: &Texts, results: &mut Self::Results) -> Result<()>;

    fn finish(&self, results: Self::Results) -> Result<ArrayRef>;
}

/// An event as it is stored: 24 bytes, and its text once for all that share it.
#[derive(Debug, Clone, Copy)]
pub(in crate::functions) struct Valued {
    pub(in crate::functions) at: i64,
    /// What [`Number`] says.
    pub(in crate::functions) number: i64,
    /// Number of the text in [`Texts`].
    pub(in crate::functions) text: u32,
    slot: u32,
}

impl Record for Valued {
    fn slot(&self) -> u32 {
        self.slot
    }
}

/// Which whole number an event has.
#[derive(Debug, Clone)]
pub(in crate::functions) enum Number {
    /// 0.
    Zero,
    /// The value of an argument; null comes after every value.
    Argument(usize),
    /// The conditions it meets, one bit each.
    Conditions(Range<usize>),
}

/// Where an event and its parts stand among the arguments.
#[derive(Debug, Clone)]
pub(in crate::functions) struct Arguments {
    pub(in crate::functions) ts: usize,
    pub(in crate::functions) text: usize,
    pub(in crate::functions) number: Number,
    /// Whether events without text count.
    pub(in crate::functions) keeps_nulls: bool,
}

impl Arguments {
    /// Events that have a text.
    pub(in crate::functions) fn of_text(ts: usize, text: usize, number: Number) -> Self {
        Self { ts, text, number, keeps_nulls: false }
    }
}

/// The types of the state.
pub(in crate::functions) fn state(_types: &[DataType]) -> Vec<DataType> {
    vec![list_of(DataType::Int64), list_of(DataType::Int64), list_of(DataType::Utf8)]
}

/// The events of many groups and how they are read.
#[derive(Clone)]
pub(in crate::functions) struct ValuedEvents<R> {
    store: Store<Valued>,
    texts: Texts,
    arguments: Arguments,
    reading: R,
}

impl<R: Reading> ValuedEvents<R> {
    pub(in crate::functions) fn new(arguments: Arguments, reading: R) -> Self {
        Self { store: Store::default(), texts: Texts::default(), arguments, reading }
    }

    fn numbers(&self, values: &[ArrayRef]) -> Int64Array {
        match &self.arguments.number {
            Number::Zero => Int64Array::from(vec![0; values[self.arguments.ts].len()]),
            Number::Argument(position) => values[*position].as_primitive::<Int64Type>().clone(),
            Number::Conditions(positions) => {
                let bits = bits(&values[positions.clone()], values[self.arguments.ts].len());
                Int64Array::from_iter_values(bits.into_iter().map(i64::from))
            }
        }
    }

    /// The rows that count.
    fn kept(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Option<NullBuffer> {
        let kept = kept(filter, values[self.arguments.ts].nulls());
        match self.arguments.keeps_nulls {
            true => kept,
            false => NullBuffer::union(kept.as_ref(), values[self.arguments.text].nulls()),
        }
    }

    fn push(
        &mut self,
        group: usize,
        at: i64,
        number: Option<i64>,
        text: Option<&str>,
    ) -> Result<()> {
        let number = number.unwrap_or(i64::MAX);
        let text = match text {
            Some(text) => self.texts.number(text)?,
            None => Texts::NONE,
        };
        self.store.push(group, |slot| Valued { at, number, text, slot });
        Ok(())
    }
}

impl<R: Reading> GroupsAccumulator for ValuedEvents<R> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let kept = self.kept(values, filter);
        let instants = values[self.arguments.ts].as_primitive::<TimestampMicrosecondType>();
        let numbers = self.numbers(values);
        let texts = values[self.arguments.text].as_string::<i32>();
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let number = numbers.is_valid(row).then(|| numbers.value(row));
                let text = texts.is_valid(row).then(|| texts.value(row));
                self.push(*group, instants.value(row), number, text)?;
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
        let [instants, numbers, texts] =
            [0, 1, 2].map(|position| states[position].as_list::<i32>());
        for (row, group) in groups.iter().enumerate() {
            if instants.is_null(row) {
                continue;
            }
            let [at, number, text] = [instants, numbers, texts].map(|lists| lists.value(row));
            let at = at.as_primitive::<Int64Type>();
            let number = number.as_primitive::<Int64Type>();
            let text = text.as_string::<i32>();
            for event in 0..at.len() {
                let number = number.is_valid(event).then(|| number.value(event));
                let text = text.is_valid(event).then(|| text.value(event));
                self.push(*group, at.value(event), number, text)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut results = R::Results::default();
        let (reading, texts) = (&self.reading, &self.texts);
        self.store.take(emit_to, |events| {
            let order = |left: &Valued, right: &Valued| {
                left.at.cmp(&right.at).then_with(|| reading.tie_break(left, right, texts))
            };
            if !events.is_sorted_by(|left, right| order(left, right).is_le()) {
                events.sort_unstable_by(order);
            }
            reading.read(events, texts, &mut results)
        })?;
        reading.finish(results)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut instants, mut numbers, mut offsets) = (Vec::new(), Vec::new(), Offsets::default());
        let mut column = TextColumn::default();
        let texts = &self.texts;
        self.store.take(emit_to, |events| {
            for event in events.iter() {
                instants.push(event.at);
                numbers.push(event.number);
                column.push(texts.text(event.text))?;
            }
            offsets.end_at(instants.len())
        })?;
        Ok(vec![
            offsets.clone().lists(Arc::new(Int64Array::from(instants))),
            offsets.clone().lists(Arc::new(Int64Array::from(numbers))),
            offsets.lists(column.finish()),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let kept = self.kept(values, filter);
        let instants = values[self.arguments.ts].as_primitive::<TimestampMicrosecondType>();
        let instants = Int64Array::new(instants.values().clone(), None);
        Ok(vec![
            one_each(Arc::new(instants), kept.clone()),
            one_each(Arc::new(self.numbers(values)), kept.clone()),
            one_each(Arc::clone(&values[self.arguments.text]), kept),
        ])
    }

    fn size(&self) -> usize {
        self.store.size() + self.texts.size()
    }
}
