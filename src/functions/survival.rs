/*!
Aggregates of durations of which some have not ended yet.

They share one state: the durations of a group and whether each end was seen.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StructArray},
        datatypes::{DataType, Field, Fields, Float64Type},
    },
    common::{exec_err, plan_err},
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
    scalar::ScalarValue,
};

use super::{
    FunctionDoc,
    aggregate::{Aggregate, Call, Groups, null},
    argument::{Argument, Parameters},
    filter::kept,
    store::{
        Record, Store,
        list::{Offsets, list_of, one_each},
    },
};
use crate::models::survival::{Estimate, Step, life_table};

/// What an aggregate answers for the life table of a group and a confidence.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// One number; null where there is none.
    Number(fn(&[Step], f64) -> Option<f64>),
    /// A list of points, one a different duration; null without subjects.
    Curve(Curve),
}

#[derive(Clone, Copy)]
pub(super) struct Curve {
    /// What the columns of an estimate and its interval are called.
    pub(super) names: [&'static str; 3],
    pub(super) estimate: fn(&[Step], f64) -> Vec<Estimate>,
}

impl Answer {
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Number(_) => DataType::Float64,
            Self::Curve(curve) => list_of(DataType::Struct(curve.fields())),
        }
    }
}

impl Curve {
    fn fields(&self) -> Fields {
        let counts = ["at_risk_count", "event_count", "censored_count"];
        let counts = counts.map(|name| Field::new(name, DataType::Int64, true));
        let estimates = self.names.map(|name| Field::new(name, DataType::Float64, true));
        let duration = Field::new("duration", DataType::Float64, true);
        std::iter::once(duration).chain(counts).chain(estimates).collect()
    }

    fn points(&self, tables: &[Vec<Step>], confidence: f64) -> Result<ArrayRef> {
        let steps: Vec<&Step> = tables.iter().flatten().collect();
        let mut estimates = Vec::with_capacity(steps.len());
        let mut offsets = Offsets::default();
        for table in tables {
            estimates.extend((self.estimate)(table, confidence));
            offsets.end_at(estimates.len())?;
        }
        let count = |read: fn(&Step) -> u64| -> ArrayRef {
            Arc::new(steps.iter().map(|step| Some(read(step) as i64)).collect::<Int64Array>())
        };
        let number = |read: fn(&Estimate) -> Option<f64>| -> ArrayRef {
            Arc::new(estimates.iter().map(read).collect::<Float64Array>())
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from_iter_values(steps.iter().map(|step| step.duration))),
            count(|step| step.at_risk),
            count(|step| step.events),
            count(|step| step.censored),
            number(|estimate| Some(estimate.value)),
            number(|estimate| estimate.interval.map(|(low, _)| low)),
            number(|estimate| estimate.interval.map(|(_, high)| high)),
        ];
        let points = StructArray::try_new(self.fields(), columns, None)?;
        Ok(offsets.lists_or_null(Arc::new(points)))
    }
}

/// An aggregate of `duration, observed` and, where given, a constant confidence.
pub(super) fn aggregate(
    doc: FunctionDoc,
    returns: fn(&[DataType]) -> DataType,
    coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> AggregateUDF {
    Aggregate {
        name: doc.name,
        coerce,
        returns,
        empty: null,
        state: |_| vec![list_of(DataType::Float64), list_of(DataType::Boolean)],
        keeps_rows: true,
        groups,
    }
    .into()
}

/// The types of `duration, observed [, confidence]`.
pub(super) fn coerce(syntax: &'static str, given: &[DataType]) -> Result<Vec<DataType>> {
    let parameters = Parameters {
        optional: &[Argument::Float],
        ..Parameters::new(syntax, &[Argument::Float, Argument::Condition])
    };
    parameters.coerce(given)
}

/// The groups of one call.
pub(super) fn groups(doc: FunctionDoc, answer: Answer, call: &Call) -> Result<Box<dyn Groups>> {
    let confidence = match call.types.len() {
        3 => match call.constant(2, doc.syntax)? {
            ScalarValue::Float64(Some(given)) if *given > 0.0 && *given < 1.0 => *given,
            other => return plan_err!("`{}` needs 0 < confidence < 1, not {other}", doc.syntax),
        },
        _ => 0.95,
    };
    Ok(Box::new(Lives { store: Store::default(), doc, answer, confidence }))
}

/// A duration that a life table takes, or why not.
pub(super) fn checked(doc: FunctionDoc, duration: f64) -> Result<f64> {
    if !duration.is_finite() || duration < 0.0 {
        return exec_err!("`{}` needs durations from 0 on, not {duration}", doc.syntax);
    }
    // A negative zero becomes a zero.
    Ok(duration + 0.0)
}

#[derive(Debug, Clone, Copy)]
struct Subject {
    duration: f64,
    slot: u32,
    is_observed: bool,
}

impl Record for Subject {
    fn slot(&self) -> u32 {
        self.slot
    }
}

#[derive(Clone)]
struct Lives {
    store: Store<Subject>,
    doc: FunctionDoc,
    answer: Answer,
    confidence: f64,
}

impl GroupsAccumulator for Lives {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let durations = values[0].as_primitive::<Float64Type>();
        let observed = values[1].as_boolean();
        let kept = kept(filter, durations.nulls());
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let duration = checked(self.doc, durations.value(row))?;
                let is_observed = observed.is_valid(row) && observed.value(row);
                self.store.push(*group, |slot| Subject { duration, slot, is_observed });
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
        let (durations, observed) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for ((durations, observed), group) in durations.iter().zip(observed.iter()).zip(groups) {
            let (Some(durations), Some(observed)) = (durations, observed) else { continue };
            let durations = durations.as_primitive::<Float64Type>().values();
            for (duration, is_observed) in durations.iter().zip(observed.as_boolean().values()) {
                let duration = *duration;
                self.store.push(*group, |slot| Subject { duration, slot, is_observed });
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut tables = Vec::new();
        let mut subjects = Vec::new();
        self.store.take(emit_to, |stored| {
            subjects.clear();
            subjects.extend(stored.iter().map(|subject| (subject.duration, subject.is_observed)));
            tables.push(life_table(&mut subjects));
            Ok(())
        })?;
        match self.answer {
            Answer::Curve(curve) => curve.points(&tables, self.confidence),
            Answer::Number(number) => {
                let numbers = tables.iter().map(|table| number(table, self.confidence));
                Ok(Arc::new(numbers.collect::<Float64Array>()))
            }
        }
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut durations, mut observed, mut offsets) =
            (Vec::new(), Vec::new(), Offsets::default());
        self.store.take(emit_to, |stored| {
            durations.extend(stored.iter().map(|subject| subject.duration));
            observed.extend(stored.iter().map(|subject| subject.is_observed));
            offsets.end_at(durations.len())?;
            Ok(())
        })?;
        Ok(vec![
            offsets.clone().lists(Arc::new(Float64Array::from(durations))),
            offsets.lists(Arc::new(BooleanArray::from(observed))),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let durations = values[0].as_primitive::<Float64Type>();
        let kept = kept(filter, durations.nulls());
        let is_kept = |row| kept.as_ref().is_none_or(|kept| kept.is_valid(row));
        let durations = (0..durations.len())
            .map(|row| if is_kept(row) { checked(self.doc, durations.value(row)) } else { Ok(0.0) })
            .collect::<Result<Vec<f64>>>()?;
        let observed = values[1].as_boolean().iter().map(|observed| observed.unwrap_or(false));
        let observed = BooleanArray::from_iter(observed.map(Some));
        Ok(vec![
            one_each(Arc::new(Float64Array::from(durations)), kept.clone()),
            one_each(Arc::new(observed), kept),
        ])
    }

    fn size(&self) -> usize {
        self.store.size()
    }
}
