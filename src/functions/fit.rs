/*!
Fits of models as aggregates.

All observations of a group are kept until its end, equal ones as one with their count, so that memory
follows the patterns in which customers bought and not their number. What a fit is made of is a sorted
set with counts, hence the same for any order of rows and way of merging.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray},
        buffer::NullBuffer,
        compute::cast,
        datatypes::{DataType, Float64Type, Int64Type},
    },
    common::{ScalarValue, exec_err},
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
};

use super::{
    FunctionDoc,
    aggregate::{Aggregate, Call, Groups},
    filter::kept,
    model::Kind,
    store::list::{Offsets, list_of},
};
use crate::models::{
    fit::Fit,
    patterns::{Patterns, join},
};

/// What one observation is stored as: its values in the order of the arguments.
pub(super) trait Observation: AsRef<[f64]> + Clone + Send + Sync + 'static {
    /// The observation with these values.
    fn gather(values: impl Iterator<Item = f64>) -> Self;

    /// Bytes that one of so many values has allocated beside itself.
    fn allocated(values: usize) -> usize;
}

impl<const N: usize> Observation for [f64; N] {
    fn gather(values: impl Iterator<Item = f64>) -> Self {
        let mut all = [0.0; N];
        for (place, value) in all.iter_mut().zip(values) {
            *place = value;
        }
        all
    }

    fn allocated(_values: usize) -> usize {
        0
    }
}

impl Observation for Box<[f64]> {
    fn gather(values: impl Iterator<Item = f64>) -> Self {
        values.collect()
    }

    fn allocated(values: usize) -> usize {
        values * size_of::<f64>()
    }
}

/// A fit as its file describes it.
pub(super) struct Definition<R: 'static> {
    pub(super) doc: FunctionDoc,
    pub(super) kind: &'static Kind,
    /// The types that are read: numbers and conditions.
    pub(super) coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    /// How many of these arguments are values of an observation; one more is how often it counts.
    pub(super) values: fn(usize) -> usize,
    /// Whether an observation can be; `domain` is what an error says of it.
    pub(super) is_possible: fn(&R) -> bool,
    pub(super) domain: &'static str,
    /// Whether an observation says anything to this model.
    pub(super) counts: fn(&R) -> bool,
    pub(super) fit: fn(&Patterns<R>) -> Fit,
}

impl<R: Observation> Definition<R> {
    /// The aggregate; what it is given hands over to the functions below.
    pub(super) fn aggregate(
        &self,
        returns: fn(&[DataType]) -> DataType,
        empty: fn(&DataType) -> Result<ScalarValue>,
        state: fn(&[DataType]) -> Vec<DataType>,
        groups: fn(&Call) -> Result<Box<dyn Groups>>,
    ) -> AggregateUDF {
        Aggregate {
            name: self.doc.name,
            coerce: self.coerce,
            returns,
            empty,
            state,
            keeps_rows: false,
            groups,
        }
        .into()
    }

    /// The fit of no observations: a value that says why it is none.
    pub(super) fn nothing(&self) -> Result<ScalarValue> {
        let fit = (self.fit)(&Patterns::new(Vec::new()));
        ScalarValue::try_from_array(&self.kind.array(&[fit])?, 0)
    }

    /// A list for each value, and one of counts.
    pub(super) fn state(&self, given: &[DataType]) -> Vec<DataType> {
        let mut lists = vec![list_of(DataType::Float64); (self.values)(given.len())];
        lists.push(list_of(DataType::Int64));
        lists
    }

    pub(super) fn groups(&'static self, call: &Call) -> Box<dyn Groups> {
        let values = (self.values)(call.types.len());
        Box::new(Observations { definition: self, values, groups: Vec::new() })
    }
}

/// The observations of each group.
struct Observations<R: 'static> {
    definition: &'static Definition<R>,
    values: usize,
    groups: Vec<Group<R>>,
}

/// By hand, because a derived one would ask for a definition that is `Clone`.
impl<R: Clone> Clone for Observations<R> {
    fn clone(&self) -> Self {
        Self { groups: self.groups.clone(), ..*self }
    }
}

#[derive(Debug, Clone)]
struct Group<R> {
    rows: Vec<(R, u64)>,
    /// So many rows are joined where they are equal.
    limit: usize,
}

impl<R> Default for Group<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), limit: 4096 }
    }
}

impl<R: Observation> Group<R> {
    fn push(&mut self, row: R, count: u64) {
        if self.rows.len() >= self.limit {
            join(&mut self.rows);
            self.limit = self.limit.max(2 * self.rows.len());
        }
        self.rows.push((row, count));
    }
}

impl<R: Observation> Observations<R> {
    /// The arguments of rows as numbers, and the rows where none is null.
    fn columns(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<(Vec<Float64Array>, Option<NullBuffer>)> {
        let mut nulls = kept(filter, None);
        let mut columns = Vec::with_capacity(values.len());
        for value in values {
            let column = cast(value, &DataType::Float64)?;
            nulls = NullBuffer::union(nulls.as_ref(), column.nulls());
            columns.push(column.as_primitive::<Float64Type>().clone());
        }
        Ok((columns, nulls))
    }

    fn check(&self, row: &R, count: Option<f64>) -> Result<()> {
        let Definition { doc, is_possible, domain, .. } = self.definition;
        let is_number = row.as_ref().iter().all(|value| value.is_finite());
        let is_count = count.is_none_or(|count| count >= 0.0);
        if is_number && is_count && is_possible(row) {
            return Ok(());
        }
        let given: Vec<String> =
            row.as_ref().iter().chain(count.as_ref()).map(f64::to_string).collect();
        exec_err!("`{}` got ({}); it takes {domain}", doc.syntax, given.join(", "))
    }
}

impl<R: Observation> GroupsAccumulator for Observations<R> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.groups.resize(total_groups, Group::default());
        let (columns, nulls) = self.columns(values, filter)?;
        let (columns, counts) = columns.split_at(self.values);
        for (row, group) in groups.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            // Negative zero is zero.
            let observation = R::gather(columns.iter().map(|column| column.value(row) + 0.0));
            let count = counts.first().map(|count| count.value(row));
            self.check(&observation, count)?;
            let count = count.map_or(1, |count| count as u64);
            if count > 0 && (self.definition.counts)(&observation) {
                self.groups[*group].push(observation, count);
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
        self.groups.resize(total_groups, Group::default());
        let lists: Vec<&ListArray> = states.iter().map(|state| state.as_list::<i32>()).collect();
        let (counts, lists) = lists.split_last().expect("a state has counts");
        let columns: Vec<&[f64]> = lists
            .iter()
            .map(|list| list.values().as_primitive::<Float64Type>().values().as_ref())
            .collect();
        for (row, group) in groups.iter().enumerate() {
            if counts.is_null(row) {
                continue;
            }
            let starts = lists.iter().map(|list| list.value_offsets()[row] as usize);
            let starts: Vec<usize> = starts.collect();
            let counts = counts.value(row);
            for (place, count) in counts.as_primitive::<Int64Type>().values().iter().enumerate() {
                let values =
                    columns.iter().zip(&starts).map(|(column, start)| column[start + place]);
                self.groups[*group].push(R::gather(values), *count as u64);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = emit_to.take_needed(&mut self.groups).into_iter();
        let fits: Vec<Fit> =
            groups.map(|group| (self.definition.fit)(&Patterns::new(group.rows))).collect();
        self.definition.kind.array(&fits)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut columns = vec![Vec::new(); self.values];
        let (mut counts, mut offsets) = (Vec::new(), Offsets::default());
        for mut group in emit_to.take_needed(&mut self.groups) {
            join(&mut group.rows);
            for (row, count) in &group.rows {
                for (column, value) in columns.iter_mut().zip(row.as_ref()) {
                    column.push(*value);
                }
                counts.push(*count as i64);
            }
            offsets.end_at(counts.len())?;
        }
        let columns =
            columns.into_iter().map(|values| -> ArrayRef { Arc::new(Float64Array::from(values)) });
        let counts: ArrayRef = Arc::new(Int64Array::from(counts));
        Ok(columns.chain([counts]).map(|values| offsets.clone().lists(values)).collect())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self { groups: Vec::new(), ..*self };
        each.update_batch(values, &Vec::from_iter(0..rows), filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        let allocated = R::allocated(self.values);
        let rows = |group: &Group<R>| {
            group.rows.capacity() * size_of::<(R, u64)>() + group.rows.len() * allocated
        };
        self.groups.capacity() * size_of::<Group<R>>() + self.groups.iter().map(rows).sum::<usize>()
    }
}
