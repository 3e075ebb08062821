/*!
`quantile_exact(value, q)`: quantiles from all values of a group.
*/

use std::{slice, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Float64Array,
            PrimitiveArray,
        },
        datatypes::{DataType, Decimal128Type, Float64Type, Int64Type},
    },
    common::plan_err,
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups, null},
    argument::{Argument, Parameters},
    filter::kept,
    store::{
        Record, Store,
        list::{Offsets, list_of, one_each},
    },
};
use crate::models::quantile::interpolated;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "quantile_exact",
        syntax: "quantile_exact(value, q)",
        summary: "Quantile `q` of a group, as Float64, the same for any order of rows.",
        semantics: "`q` is a constant from 0 to 1; between two values the result is interpolated. \
                    For a list of such constants the result is a list with a quantile for each, from \
                    values that are held once: `quantile_exact(value, [0.5, 0.9])`. \
                    Integers, decimals and floats; nulls do not count; null where no value is left. \
                    NaN counts as larger than any number.",
        complexity: "O(n) a group and quantile; 16 bytes a value, 32 for decimals.",
        example: "select quantile_exact(duration_seconds, 0.9) from journeys.stage_visits group by stage",
        source: "Hyndman and Fan 1996, definition 7; SQL percentile_cont.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    let coerce = |given: &[DataType]| {
        let wanted = &[Argument::Measure, Argument::FloatOrFloats];
        Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
    };
    let returns = |types: &[DataType]| types[1].clone();
    aggregate(FUNCTION.doc, coerce, returns, |call| groups(call, Quantiles::of(call)?)).into()
}

/// An aggregate of all values of a group.
pub(super) fn aggregate(
    doc: FunctionDoc,
    coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    returns: fn(&[DataType]) -> DataType,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> Aggregate {
    Aggregate {
        name: doc.name,
        coerce,
        returns,
        empty: null,
        state: |types| vec![list_of(types[0].clone())],
        keeps_rows: true,
        groups,
    }
}

/// What is asked for: each from 0 to 1.
#[derive(Debug, Clone)]
pub(super) enum Quantiles {
    One(f64),
    /// At least one.
    List(Vec<f64>),
}

impl Quantiles {
    fn of(call: &Call) -> Result<Self> {
        let given = call.constant(1, FUNCTION.doc.syntax)?;
        let quantiles = match given {
            ScalarValue::Float64(Some(q)) => Some(Self::One(*q)),
            ScalarValue::List(list) if list.is_valid(0) => list
                .value(0)
                .as_primitive::<Float64Type>()
                .iter()
                .collect::<Option<_>>()
                .map(Self::List),
            _ => None,
        };
        let is_quantile = |q: &f64| (0.0..=1.0).contains(q);
        match quantiles {
            Some(quantiles)
                if !quantiles.each().is_empty() && quantiles.each().iter().all(is_quantile) =>
            {
                Ok(quantiles)
            }
            _ => plan_err!("`{}` needs q from 0 to 1, not {given}", FUNCTION.doc.syntax),
        }
    }

    fn each(&self) -> &[f64] {
        match self {
            Self::One(q) => slice::from_ref(q),
            Self::List(list) => list,
        }
    }
}

/// The groups for the type of the first argument.
pub(super) fn groups(call: &Call, quantiles: Quantiles) -> Result<Box<dyn Groups>> {
    Ok(match &call.types[0] {
        DataType::Decimal128(_, scale) => {
            let scale = 10f64.powi(i32::from(*scale));
            Box::new(Values::<Decimal128Type>::new(&call.types[0], quantiles, scale))
        }
        DataType::Float64 => Box::new(Values::<Float64Type>::new(&call.types[0], quantiles, 1.0)),
        _ => Box::new(Values::<Int64Type>::new(&call.types[0], quantiles, 1.0)),
    })
}

/// A value type with a total order, on which one can walk from one value to another.
trait Measure: ArrowPrimitiveType<Native: Sync> {
    fn order(left: &Self::Native, right: &Self::Native) -> std::cmp::Ordering;

    /// A part of the way from a value to a greater one.
    fn between(low: Self::Native, high: Self::Native, part: f64) -> f64;
}

impl Measure for Int64Type {
    fn order(left: &i64, right: &i64) -> std::cmp::Ordering {
        left.cmp(right)
    }

    fn between(low: i64, high: i64, part: f64) -> f64 {
        Decimal128Type::between(low.into(), high.into(), part)
    }
}

impl Measure for Decimal128Type {
    fn order(left: &i128, right: &i128) -> std::cmp::Ordering {
        left.cmp(right)
    }

    fn between(low: i128, high: i128, part: f64) -> f64 {
        low as f64 + high.abs_diff(low) as f64 * part
    }
}

impl Measure for Float64Type {
    fn order(left: &f64, right: &f64) -> std::cmp::Ordering {
        left.total_cmp(right)
    }

    fn between(low: f64, high: f64, part: f64) -> f64 {
        if part == 0.0 { low } else { low + (high - low) * part }
    }
}

#[derive(Debug, Clone, Copy)]
struct Stored<N> {
    value: N,
    slot: u32,
}

impl<N: Copy> Record for Stored<N> {
    fn slot(&self) -> u32 {
        self.slot
    }
}

struct Values<T: ArrowPrimitiveType> {
    store: Store<Stored<T::Native>>,
    data_type: DataType,
    quantiles: Quantiles,
    /// What a stored value is divided by.
    scale: f64,
}

/// By hand, because a derived one would ask Arrow's type to be `Clone`.
impl<T: ArrowPrimitiveType> Clone for Values<T> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            data_type: self.data_type.clone(),
            quantiles: self.quantiles.clone(),
            ..*self
        }
    }
}

impl<T: Measure> Values<T> {
    fn new(data_type: &DataType, quantiles: Quantiles, scale: f64) -> Self {
        Self { store: Store::default(), data_type: data_type.clone(), quantiles, scale }
    }
}

impl<T: Measure> GroupsAccumulator for Values<T> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.store.resize(total_groups);
        let values = values[0].as_primitive::<T>();
        let kept = kept(filter, values.nulls());
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_none_or(|kept| kept.is_valid(row)) {
                let value = values.value(row);
                self.store.push(*group, |slot| Stored { value, slot });
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
        for (values, group) in states[0].as_list::<i32>().iter().zip(groups) {
            let Some(values) = values else { continue };
            for value in values.as_primitive::<T>().values() {
                self.store.push(*group, |slot| Stored { value: *value, slot });
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (quantiles, scale) = (&self.quantiles, self.scale);
        let mut results: Vec<Option<f64>> = Vec::new();
        let mut offsets = Offsets::default();
        let mut values = Vec::new();
        self.store.take(emit_to, |stored| {
            values.clear();
            values.extend(stored.iter().map(|record| record.value));
            match quantiles {
                Quantiles::List(_) if values.is_empty() => {}
                _ => results.extend(quantiles.each().iter().map(|q| {
                    let quantile = interpolated(&mut values, *q, T::order, T::between);
                    quantile.map(|quantile| quantile / scale)
                })),
            }
            offsets.end_at(results.len())
        })?;
        let results: ArrayRef = Arc::new(Float64Array::from(results));
        Ok(match quantiles {
            Quantiles::One(_) => results,
            Quantiles::List(_) => offsets.lists_or_null(results),
        })
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut values, mut offsets) = (Vec::new(), Offsets::default());
        self.store.take(emit_to, |stored| {
            values.extend(stored.iter().map(|record| record.value));
            offsets.end_at(values.len())
        })?;
        let values = PrimitiveArray::<T>::from_iter_values(values);
        Ok(vec![offsets.lists(Arc::new(values.with_data_type(self.data_type.clone())))])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let kept = kept(filter, values[0].nulls());
        Ok(vec![one_each(Arc::clone(&values[0]), kept)])
    }

    fn size(&self) -> usize {
        self.store.size()
    }
}
