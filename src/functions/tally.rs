/*!
Aggregates that count rows of a few kinds and compute from the counts.

The state of a group is its counts, so that rows in any order and split give the same result.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array},
        buffer::NullBuffer,
        datatypes::{DataType, Int64Type},
    },
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
};

use super::{
    FunctionDoc,
    aggregate::{Aggregate, Call, Groups, null},
    filter::kept,
};

/// An aggregate of whole numbers with `KINDS` counts a group.
pub(super) fn aggregate<const KINDS: usize>(
    doc: FunctionDoc,
    coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> AggregateUDF {
    Aggregate {
        name: doc.name,
        coerce,
        returns: |_| DataType::Float64,
        empty: null,
        state: |_| vec![DataType::Int64; KINDS],
        keeps_rows: false,
        groups,
    }
    .into()
}

/// Counts of `KINDS` kinds for each group. A row counts where none of its arguments is null.
#[derive(Clone)]
pub(super) struct Tally<const KINDS: usize> {
    counts: Vec<[u64; KINDS]>,
    /// Adds a row, given as its arguments, to its group's counts.
    count: fn(&[i64], &mut [u64; KINDS]) -> Result<()>,
    finish: fn(&[u64; KINDS]) -> Option<f64>,
}

impl<const KINDS: usize> Tally<KINDS> {
    pub(super) fn new(
        count: fn(&[i64], &mut [u64; KINDS]) -> Result<()>,
        finish: fn(&[u64; KINDS]) -> Option<f64>,
    ) -> Self {
        Self { counts: Vec::new(), count, finish }
    }
}

impl<const KINDS: usize> GroupsAccumulator for Tally<KINDS> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_groups, [0; KINDS]);
        let columns: Vec<_> = values.iter().map(|v| v.as_primitive::<Int64Type>()).collect();
        let nulls = NullBuffer::union_many(columns.iter().map(|column| column.nulls()));
        let kept = kept(filter, nulls.as_ref());
        let mut arguments = vec![0; columns.len()];
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_some_and(|kept| kept.is_null(row)) {
                continue;
            }
            for (argument, column) in arguments.iter_mut().zip(&columns) {
                *argument = column.value(row);
            }
            (self.count)(&arguments, &mut self.counts[*group])?;
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_groups, [0; KINDS]);
        for (kind, state) in states.iter().enumerate() {
            // The state of no rows at all is null.
            for (count, group) in state.as_primitive::<Int64Type>().iter().zip(groups) {
                self.counts[*group][kind] += count.unwrap_or(0) as u64;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let counts = emit_to.take_needed(&mut self.counts);
        Ok(Arc::new(counts.iter().map(self.finish).collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let counts = emit_to.take_needed(&mut self.counts);
        let column = |kind: usize| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(counts.iter().map(|count| count[kind] as i64)))
        };
        Ok((0..KINDS).map(column).collect())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::new(self.count, self.finish);
        each.update_batch(values, &Vec::from_iter(0..rows), filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.counts.capacity() * size_of::<[u64; KINDS]>()
    }
}
