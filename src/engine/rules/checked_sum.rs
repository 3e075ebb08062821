/*!
`sum` of integers that fails where the total exceeds 64 bits, whatever the order of rows.

DataFusion adds with wrap-around (apache/datafusion#17539, #3520). Here the state is 128 bits wide,
held as decimal(38, 0), so partial sums never overflow and only the final total is checked. Sums of
decimals, floats, durations and intervals are DataFusion's own.

Delete when DataFusion's integer `sum` errors on overflow.
*/

use std::{collections::HashMap, fmt::Debug, marker::PhantomData, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray},
        datatypes::{DataType, Decimal128Type, Field, FieldRef, Int64Type, UInt64Type},
    },
    common::{exec_datafusion_err, exec_err, utils::SingleRowListArrayBuilder},
    error::Result,
    functions_aggregate::sum::Sum,
    logical_expr::{
        Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature,
        StatisticsArgs,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::{AggregateOrderSensitivity, format_state_name},
    },
    scalar::ScalarValue,
};

use crate::functions::filter::kept;

/// The state: an i128 in the only Arrow type that holds one.
const STATE: DataType = DataType::Decimal128(38, 0);

#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct CheckedSum {
    builtin: Sum,
}

/// An integer type that fits into i128.
trait Summed: ArrowPrimitiveType<Native: Into<i128> + TryFrom<i128> + Eq + std::hash::Hash> {}
impl Summed for Int64Type {}
impl Summed for UInt64Type {}

impl AggregateUDFImpl for CheckedSum {
    fn name(&self) -> &str {
        self.builtin.name()
    }

    fn signature(&self) -> &Signature {
        self.builtin.signature()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.builtin.return_type(given)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        if args.is_distinct || !args.return_type().is_integer() {
            return self.builtin.state_fields(args);
        }
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "sum"), STATE, true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(match (args.return_type(), args.is_distinct) {
            (DataType::Int64, false) => Box::new(Total::<Int64Type>::new()),
            (DataType::UInt64, false) => Box::new(Total::<UInt64Type>::new()),
            (DataType::Int64, true) => Box::new(DistinctTotal::<Int64Type>::new()),
            (DataType::UInt64, true) => Box::new(DistinctTotal::<UInt64Type>::new()),
            _ => return self.builtin.accumulator(args),
        })
    }

    /// Both accumulators can take rows back.
    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match args.return_type().is_integer() {
            true => self.accumulator(args),
            false => self.builtin.create_sliding_accumulator(args),
        }
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.builtin.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(match args.return_type() {
            DataType::Int64 => Box::new(GroupTotals::<Int64Type>::new()),
            DataType::UInt64 => Box::new(GroupTotals::<UInt64Type>::new()),
            _ => return self.builtin.create_groups_accumulator(args),
        })
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs) -> Option<ScalarValue> {
        // Statistics of integer columns may have been summed with wrap-around.
        match statistics.return_type.is_integer() {
            true => None,
            false => self.builtin.value_from_stats(statistics),
        }
    }
}

/// The total as the result type, or the overflow.
fn narrow<T: Summed>(total: i128) -> Result<T::Native> {
    total.try_into().map_err(|_| {
        exec_datafusion_err!(
            "sum of integers exceeds 64 bits: {total}; `sum(cast(… as decimal(38, 0)))` can hold it"
        )
    })
}

fn state_array(values: impl Iterator<Item = Option<i128>>) -> ArrayRef {
    let states: PrimitiveArray<Decimal128Type> = values.collect();
    Arc::new(states.with_data_type(STATE))
}

/// The sum of one group or window.
#[derive(Debug)]
struct Total<T> {
    total: i128,
    /// How many values the total holds: an empty sum is null.
    count: u64,
    of: PhantomData<fn() -> T>,
}

impl<T> Total<T> {
    fn new() -> Self {
        Self { total: 0, count: 0, of: PhantomData }
    }
}

fn batch_total<T: Summed>(values: &ArrayRef) -> (i128, u64) {
    let values = values.as_primitive::<T>();
    let total = match values.null_count() {
        0 => values.values().iter().map(|value| (*value).into()).sum(),
        _ => values.iter().flatten().map(Into::into).sum(),
    };
    (total, (values.len() - values.null_count()) as u64)
}

impl<T: Summed + Debug> Accumulator for Total<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (total, count) = batch_total::<T>(&values[0]);
        self.total += total;
        self.count += count;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (total, count) = batch_total::<T>(&values[0]);
        self.total -= total;
        self.count -= count;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let total = (self.count > 0).then_some(self.total);
        Ok(vec![ScalarValue::Decimal128(total, 38, 0)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for total in states[0].as_primitive::<Decimal128Type>().iter().flatten() {
            self.total += total;
            self.count += 1;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let total = (self.count > 0).then(|| narrow::<T>(self.total)).transpose()?;
        ScalarValue::new_primitive::<T>(total, &T::DATA_TYPE)
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The sum of the different values of one group or window.
#[derive(Debug)]
struct DistinctTotal<T: Summed> {
    /// How often each value is in the window.
    counts: HashMap<T::Native, u64>,
}

impl<T: Summed> DistinctTotal<T> {
    fn new() -> Self {
        Self { counts: HashMap::new() }
    }
}

impl<T: Summed + Debug> Accumulator for DistinctTotal<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in values[0].as_primitive::<T>().iter().flatten() {
            *self.counts.entry(value).or_default() += 1;
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in values[0].as_primitive::<T>().iter().flatten() {
            match self.counts.get_mut(&value) {
                Some(count) if *count > 1 => *count -= 1,
                Some(_) => drop(self.counts.remove(&value)),
                None => return exec_err!("a value left the window that never entered it"),
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: PrimitiveArray<T> = self.counts.keys().copied().map(Some).collect();
        Ok(vec![SingleRowListArrayBuilder::new(Arc::new(values)).build_list_scalar()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for values in states[0].as_list::<i32>().iter().flatten() {
            self.update_batch(&[values])?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let total: i128 = self.counts.keys().map(|value| (*value).into()).sum();
        let total = (!self.counts.is_empty()).then(|| narrow::<T>(total)).transpose()?;
        ScalarValue::new_primitive::<T>(total, &T::DATA_TYPE)
    }

    fn size(&self) -> usize {
        // One control byte beside each entry.
        size_of_val(self) + self.counts.capacity() * (size_of::<(T::Native, u64)>() + 1)
    }
}

/// The sums of many groups.
struct GroupTotals<T> {
    totals: Vec<i128>,
    /// Groups that have a value: the others are null.
    seen: Vec<bool>,
    of: PhantomData<fn() -> T>,
}

impl<T> GroupTotals<T> {
    fn new() -> Self {
        Self { totals: Vec::new(), seen: Vec::new(), of: PhantomData }
    }

    fn resize(&mut self, groups: usize) {
        self.totals.resize(groups, 0);
        self.seen.resize(groups, false);
    }

    fn add(&mut self, group: usize, value: i128) {
        self.totals[group] += value;
        self.seen[group] = true;
    }

    fn take(&mut self, emit_to: EmitTo) -> impl Iterator<Item = Option<i128>> {
        let totals = emit_to.take_needed(&mut self.totals);
        let seen = emit_to.take_needed(&mut self.seen);
        totals.into_iter().zip(seen).map(|(total, seen)| seen.then_some(total))
    }
}

impl<T: Summed> GroupsAccumulator for GroupTotals<T> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.resize(total_groups);
        let values = filtered::<T>(&values[0], filter);
        if values.null_count() == 0 {
            for (group, value) in groups.iter().zip(values.values()) {
                self.add(*group, (*value).into());
            }
        } else {
            for (group, value) in groups.iter().zip(&values) {
                if let Some(value) = value {
                    self.add(*group, value.into());
                }
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
        self.resize(total_groups);
        for (group, total) in groups.iter().zip(states[0].as_primitive::<Decimal128Type>()) {
            if let Some(total) = total {
                self.add(*group, total);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let totals = self
            .take(emit_to)
            .map(|total| total.map(narrow::<T>).transpose())
            .collect::<Result<PrimitiveArray<T>>>()?;
        Ok(Arc::new(totals))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![state_array(self.take(emit_to))])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let values = filtered::<T>(&values[0], filter);
        Ok(vec![state_array(values.iter().map(|value| value.map(Into::into)))])
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<i128>() + self.seen.capacity()
    }
}

/// The values with null where the filter says no.
fn filtered<T: Summed>(values: &ArrayRef, filter: Option<&BooleanArray>) -> PrimitiveArray<T> {
    let values = values.as_primitive::<T>();
    PrimitiveArray::new(values.values().clone(), kept(filter, values.nulls()))
}
