/*!
`log_rank(duration, observed, cohort)`: whether cohorts last equally long.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray,
            StructArray,
        },
        buffer::NullBuffer,
        datatypes::{DataType, Field, Fields, Float64Type},
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
    names::Names,
    store::{
        Record, Store,
        list::{Offsets, list_of, one_each},
    },
    survival::checked,
};
use crate::models::{chi_square::Test, log_rank::log_rank, survival::life_table};

/// More cohorts than this are not compared: the work grows with their square.
const MAX_COHORTS: usize = 100;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "log_rank",
        syntax: "log_rank(duration, observed, cohort)",
        summary: "Log-rank test of two cohorts or more lasting equally long, as a struct.",
        semantics: "The struct has statistic (chi-square), degrees_of_freedom and p_value. `duration` \
                    is a number from 0 on, `observed` whether its end was seen (false and null are \
                    censored), `cohort` a text. Rows with a null duration or cohort do not count. \
                    Null where fewer than two cohorts are left or no event tells them apart; a \
                    negative duration and more than 100 cohorts are errors.",
        complexity: "O(n log n + durations · cohorts²) a group; 16 bytes a row.",
        example: "select log_rank(tenure_days, has_left, plan)['p_value'] from customers",
        source: "Mantel, Cancer Chemotherapy Reports 50 (1966); Peto and Peto, JRSS A 135 (1972).",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| {
            let wanted = &[Argument::Float, Argument::Condition, Argument::Text];
            Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
        },
        returns: |_| DataType::Struct(fields()),
        empty: null,
        state: |_| [DataType::Float64, DataType::Boolean, DataType::Utf8].map(list_of).to_vec(),
        keeps_rows: true,
        groups: |_| Ok(Box::new(Cohorts::default())),
    }
    .into()
}

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("statistic", DataType::Float64, true),
        Field::new("degrees_of_freedom", DataType::Int64, true),
        Field::new("p_value", DataType::Float64, true),
    ])
}

#[derive(Debug, Clone, Copy)]
struct Subject {
    duration: f64,
    slot: u16,
    is_observed: bool,
    cohort: u32,
}

impl Record for Subject {
    fn slot(&self) -> u32 {
        self.slot.into()
    }
}

/// The subjects of all groups, with the names of their cohorts, each kept once.
#[derive(Clone, Default)]
struct Cohorts {
    store: Store<Subject>,
    names: Names,
}

/// The rows with a duration and a cohort that the filter keeps.
fn complete(values: &[ArrayRef], filter: Option<&BooleanArray>) -> Option<NullBuffer> {
    kept(filter, NullBuffer::union(values[0].nulls(), values[2].nulls()).as_ref())
}

impl Cohorts {
    fn push(&mut self, group: usize, duration: f64, is_observed: bool, name: &str) {
        let cohort = self.names.number(name);
        // A slot lies below 2,048.
        self.store.push(group, |slot| Subject { duration, slot: slot as u16, is_observed, cohort });
    }
}

/// The test of one group, whose subjects know the place of their cohort in the order of names.
fn test(subjects: &mut [Subject]) -> Result<Option<Test>> {
    subjects.sort_unstable_by_key(|subject| subject.cohort);
    let mut tables = Vec::new();
    for cohort in subjects.chunk_by(|left, right| left.cohort == right.cohort) {
        let mut lives: Vec<(f64, bool)> =
            cohort.iter().map(|subject| (subject.duration, subject.is_observed)).collect();
        tables.push(life_table(&mut lives));
    }
    if tables.len() > MAX_COHORTS {
        return exec_err!(
            "`{}` got {} cohorts, at most {MAX_COHORTS} can be compared",
            FUNCTION.doc.syntax,
            tables.len()
        );
    }
    Ok(log_rank(&tables))
}

impl GroupsAccumulator for Cohorts {
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
        let cohorts = values[2].as_string::<i32>();
        let kept = complete(values, filter);
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let duration = checked(FUNCTION.doc, durations.value(row))?;
                let is_observed = observed.is_valid(row) && observed.value(row);
                self.push(*group, duration, is_observed, cohorts.value(row));
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
        let [durations, observed, cohorts] =
            [0, 1, 2].map(|position| states[position].as_list::<i32>());
        for (row, group) in groups.iter().enumerate() {
            if durations.is_null(row) {
                continue;
            }
            let [durations, observed, cohorts] =
                [durations, observed, cohorts].map(|lists| lists.value(row));
            let durations = durations.as_primitive::<Float64Type>();
            let (observed, cohorts) = (observed.as_boolean(), cohorts.as_string::<i32>());
            for subject in 0..durations.len() {
                let is_observed = observed.value(subject);
                self.push(*group, durations.value(subject), is_observed, cohorts.value(subject));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let places = self.names.places();
        let mut tests = Vec::new();
        self.store.take(emit_to, |subjects| {
            for subject in subjects.iter_mut() {
                subject.cohort = places[subject.cohort as usize];
            }
            tests.push(test(subjects)?);
            Ok(())
        })?;
        let number = |read: fn(&Test) -> f64| -> ArrayRef {
            Arc::new(tests.iter().map(|test| test.as_ref().map(read)).collect::<Float64Array>())
        };
        let degrees = tests.iter().map(|test| test.map(|test| i64::from(test.degrees_of_freedom)));
        let columns: Vec<ArrayRef> = vec![
            number(|test| test.statistic),
            Arc::new(degrees.collect::<Int64Array>()),
            number(|test| test.p_value),
        ];
        let tested: NullBuffer = tests.iter().map(Option::is_some).collect();
        Ok(Arc::new(StructArray::try_new(fields(), columns, Some(tested))?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut durations, mut observed) = (Vec::new(), Vec::new());
        let (mut cohorts, mut offsets) = (Vec::new(), Offsets::default());
        let names = &self.names;
        self.store.take(emit_to, |subjects| {
            durations.extend(subjects.iter().map(|subject| subject.duration));
            observed.extend(subjects.iter().map(|subject| subject.is_observed));
            cohorts.extend(subjects.iter().map(|subject| names.text(subject.cohort)));
            offsets.end_at(durations.len())?;
            Ok(())
        })?;
        Ok(vec![
            offsets.clone().lists(Arc::new(Float64Array::from(durations))),
            offsets.clone().lists(Arc::new(BooleanArray::from(observed))),
            offsets.lists(Arc::new(StringArray::from(cohorts))),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let kept = complete(values, filter);
        let observed = values[1].as_boolean().iter().map(|observed| observed.unwrap_or(false));
        let observed: ArrayRef = Arc::new(BooleanArray::from_iter(observed.map(Some)));
        let durations = values[0].as_primitive::<Float64Type>();
        for row in 0..durations.len() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                checked(FUNCTION.doc, durations.value(row))?;
            }
        }
        let columns = [Arc::clone(&values[0]), observed, Arc::clone(&values[2])];
        Ok(columns.map(|column| one_each(column, kept.clone())).to_vec())
    }

    fn size(&self) -> usize {
        self.store.size() + self.names.size()
    }
}
