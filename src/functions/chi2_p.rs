/*!
`chi2_p(count, weight)`: whether counts are as they should be.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array},
        buffer::NullBuffer,
        datatypes::{DataType, Float64Type, Int64Type},
    },
    common::exec_err,
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, null},
    argument::{Argument, Parameters},
    filter::kept,
    store::{
        Record, Store,
        list::{Offsets, list_of, one_each},
    },
};
use crate::models::chi_square::goodness_of_fit;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "chi2_p",
        syntax: "chi2_p(count, weight)",
        summary: "p value of Pearson's chi-square test of counts against the shares they should have: \
                  a sample-ratio mismatch of an experiment where it is very small.",
        semantics: "One row a category, such as a variant. `weight` is its planned share or any \
                    multiple of it; weights need not sum to 1. Rows with a null do not count. A \
                    category without weight that was counted gives 0. Null where nothing was counted \
                    or fewer than two categories have weight; an error for negative counts and for \
                    weights that are negative or not finite.",
        complexity: "O(n log n) a group; 24 bytes a row.",
        example: "select experiment_id, chi2_p(unit_count, planned_share) < 0.001 as has_mismatch from variants group by experiment_id",
        source: "Pearson, Philosophical Magazine 50 (1900); Fabijan and others, KDD 2019 on sample-ratio mismatch.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| {
            let wanted = &[Argument::Integer, Argument::Float];
            Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
        },
        returns: |_| DataType::Float64,
        empty: null,
        state: |_| vec![list_of(DataType::Int64), list_of(DataType::Float64)],
        keeps_rows: false,
        groups: |_| Ok(Box::new(Categories::default())),
    }
    .into()
}

#[derive(Debug, Clone, Copy)]
struct Category {
    count: i64,
    weight: f64,
    slot: u32,
}

impl Record for Category {
    fn slot(&self) -> u32 {
        self.slot
    }
}

#[derive(Clone, Default)]
struct Categories {
    store: Store<Category>,
}

/// The rows without nulls that the filter keeps.
fn complete(values: &[ArrayRef], filter: Option<&BooleanArray>) -> Option<NullBuffer> {
    kept(filter, NullBuffer::union(values[0].nulls(), values[1].nulls()).as_ref())
}

impl GroupsAccumulator for Categories {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let counts = values[0].as_primitive::<Int64Type>();
        let weights = values[1].as_primitive::<Float64Type>();
        let kept = complete(values, filter);
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let (count, weight) = (counts.value(row), weights.value(row));
                self.store.push(*group, |slot| Category { count, weight, slot });
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
        let (counts, weights) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for ((counts, weights), group) in counts.iter().zip(weights.iter()).zip(groups) {
            let (Some(counts), Some(weights)) = (counts, weights) else { continue };
            let counts = counts.as_primitive::<Int64Type>().values();
            for (count, weight) in counts.iter().zip(weights.as_primitive::<Float64Type>().values())
            {
                let (count, weight) = (*count, *weight);
                self.store.push(*group, |slot| Category { count, weight, slot });
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut p_values = Vec::new();
        let mut categories = Vec::new();
        self.store.take(emit_to, |stored| {
            categories.clear();
            for Category { count, weight, .. } in stored {
                if *count < 0 || !weight.is_finite() || *weight < 0.0 {
                    return exec_err!(
                        "`{}` needs count >= 0 and a finite weight >= 0, not {count}, {weight}",
                        FUNCTION.doc.syntax
                    );
                }
                categories.push((*count as u64, *weight));
            }
            p_values.push(goodness_of_fit(&mut categories).map(|test| test.p_value));
            Ok(())
        })?;
        Ok(Arc::new(Float64Array::from(p_values)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut counts, mut weights, mut offsets) = (Vec::new(), Vec::new(), Offsets::default());
        self.store.take(emit_to, |stored| {
            counts.extend(stored.iter().map(|category| category.count));
            weights.extend(stored.iter().map(|category| category.weight));
            offsets.end_at(counts.len())?;
            Ok(())
        })?;
        Ok(vec![
            offsets.clone().lists(Arc::new(Int64Array::from(counts))),
            offsets.lists(Arc::new(Float64Array::from(weights))),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let kept = complete(values, filter);
        Ok(values.iter().map(|value| one_each(Arc::clone(value), kept.clone())).collect())
    }

    fn size(&self) -> usize {
        self.store.size()
    }
}
