/*!
Aggregates of cases that were scored: their scores and values are kept until all are known.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array},
        buffer::NullBuffer,
        compute::cast,
        datatypes::{DataType, Float64Type, Int64Type},
    },
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
};

use super::{
    FunctionDoc,
    aggregate::{Aggregate, Call, Groups, null},
    filter::kept,
    store::{
        Record, Store,
        list::{Offsets, list_of, one_each},
    },
};
use crate::models::ranking::{Scored, roc_auc, top_share};

/// What is made of the cases of a group.
#[derive(Clone, Copy)]
pub(super) enum Measure {
    RocAuc,
    TopShare(f64),
}

impl Measure {
    fn of(self, cases: &mut [Scored]) -> Option<f64> {
        match self {
            Self::RocAuc => roc_auc(cases),
            Self::TopShare(share) => top_share(cases, share),
        }
    }
}

/// An aggregate whose first two arguments are a value, which may be a condition, and a score.
pub(super) fn aggregate(
    doc: FunctionDoc,
    coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> AggregateUDF {
    Aggregate {
        name: doc.name,
        coerce,
        returns: |_| DataType::Float64,
        empty: null,
        state: |_| vec![list_of(DataType::Int64), list_of(DataType::Float64)],
        keeps_rows: true,
        groups,
    }
    .into()
}

pub(super) fn groups(measure: Measure) -> Box<dyn Groups> {
    Box::new(Cases { store: Store::default(), measure })
}

/// A case as it is stored: 24 bytes.
#[derive(Debug, Clone, Copy)]
struct Stored {
    case: Scored,
    slot: u32,
}

impl Record for Stored {
    fn slot(&self) -> u32 {
        self.slot
    }
}

#[derive(Clone)]
struct Cases {
    store: Store<Stored>,
    measure: Measure,
}

/// Values, conditions as 0 or 1, with their scores, and the rows that have both.
fn columns(
    arguments: &[ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<(ArrayRef, ArrayRef, Option<NullBuffer>)> {
    let values = cast(&arguments[0], &DataType::Int64)?;
    let scores = Arc::clone(&arguments[1]);
    let kept = NullBuffer::union(kept(filter, values.nulls()).as_ref(), scores.nulls());
    Ok((values, scores, kept))
}

impl GroupsAccumulator for Cases {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let (values, scores, kept) = columns(values, filter)?;
        let values = values.as_primitive::<Int64Type>().values();
        let scores = scores.as_primitive::<Float64Type>().values();
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                // Negative zero is zero.
                let case = Scored { score: scores[row] + 0.0, value: values[row] };
                self.store.push(*group, |slot| Stored { case, slot });
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
        let (values, scores) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let value = values.values().as_primitive::<Int64Type>().values();
        let score = scores.values().as_primitive::<Float64Type>().values();
        for (row, group) in groups.iter().enumerate() {
            if values.is_null(row) {
                continue;
            }
            let from = values.value_offsets()[row] as usize;
            let to = values.value_offsets()[row + 1] as usize;
            let other = scores.value_offsets()[row] as usize;
            for place in 0..to - from {
                let case = Scored { score: score[other + place] + 0.0, value: value[from + place] };
                self.store.push(*group, |slot| Stored { case, slot });
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let measure = self.measure;
        let (mut measures, mut cases) = (Vec::new(), Vec::new());
        self.store.take(emit_to, |stored| {
            cases.clear();
            cases.extend(stored.iter().map(|stored| stored.case));
            measures.push(measure.of(&mut cases));
            Ok(())
        })?;
        Ok(Arc::new(Float64Array::from(measures)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut values, mut scores, mut offsets) = (Vec::new(), Vec::new(), Offsets::default());
        self.store.take(emit_to, |stored| {
            values.extend(stored.iter().map(|stored| stored.case.value));
            scores.extend(stored.iter().map(|stored| stored.case.score));
            offsets.end_at(values.len())?;
            Ok(())
        })?;
        Ok(vec![
            offsets.clone().lists(Arc::new(Int64Array::from(values))),
            offsets.lists(Arc::new(Float64Array::from(scores))),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let (values, scores, kept) = columns(values, filter)?;
        Ok(vec![one_each(values, kept.clone()), one_each(scores, kept)])
    }

    fn size(&self) -> usize {
        self.store.size()
    }
}
