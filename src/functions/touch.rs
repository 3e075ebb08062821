/*!
The value at one end of a group's time: what `first_touch` and `last_touch` share.

One record a group is enough, so nothing is sorted and only winners are kept.
*/

use std::{cmp::Ordering, marker::PhantomData, sync::Arc};

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Int64Array, PrimitiveArray,
        },
        buffer::NullBuffer,
        datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType},
    },
    error::Result,
    logical_expr::{EmitTo, GroupsAccumulator},
};

use super::{
    aggregate::{Aggregate, Call, Groups, null},
    argument::{Argument, Parameters},
    filter::kept,
    store::{list::TextColumn, texts::Texts},
};

/// Which end of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

/// The aggregate for one end, but for its name.
pub(super) fn aggregate(
    name: &'static str,
    coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> Aggregate {
    Aggregate {
        name,
        coerce,
        returns: |types| types[1].clone(),
        empty: null,
        state: |types| vec![DataType::Int64, DataType::Int64, types[1].clone()],
        keeps_rows: false,
        groups,
    }
}

/// A time stamp, a value and the order among events of one instant.
pub(super) fn coerce(syntax: &'static str, given: &[DataType]) -> Result<Vec<DataType>> {
    let parameters = Parameters {
        optional: &[Argument::Integer],
        ..Parameters::new(syntax, &[Argument::Instant, Argument::Value])
    };
    parameters.coerce(given)
}

/// The groups for the type of the value.
pub(super) fn groups(call: &Call, end: End) -> Result<Box<dyn Groups>> {
    fn of<V: Values>(call: &Call, end: End, values: V) -> Box<dyn Groups> {
        Box::new(Touches { end, has_sequence: call.types.len() > 2, values, best: Vec::new() })
    }
    let data_type = call.types[1].clone();
    Ok(match data_type {
        DataType::Utf8 => of(call, end, Texts::default()),
        DataType::Decimal128(..) => of(call, end, Numbers::<Decimal128Type>::new(data_type)),
        DataType::Date32 => of(call, end, Numbers::<Date32Type>::new(data_type)),
        DataType::Timestamp(..) => {
            of(call, end, Numbers::<TimestampMicrosecondType>::new(data_type))
        }
        _ => of(call, end, Numbers::<Int64Type>::new(data_type)),
    })
}

/// Values of one type, kept in a fixed size.
trait Values: Clone + Send + Sync + 'static {
    type Kept: Copy + Send + Sync;

    fn keep(&mut self, column: &ArrayRef, row: usize) -> Result<Self::Kept>;

    fn compare(&self, left: Self::Kept, right: Self::Kept) -> Ordering;

    fn column(&self, kept: impl Iterator<Item = Option<Self::Kept>>) -> Result<ArrayRef>;

    fn size(&self) -> usize;
}

impl Values for Texts {
    type Kept = u32;

    fn keep(&mut self, column: &ArrayRef, row: usize) -> Result<u32> {
        self.number(column.as_string::<i32>().value(row))
    }

    fn compare(&self, left: u32, right: u32) -> Ordering {
        self.text(left).cmp(&self.text(right))
    }

    fn column(&self, kept: impl Iterator<Item = Option<u32>>) -> Result<ArrayRef> {
        let mut column = TextColumn::default();
        for number in kept {
            column.push(number.and_then(|number| self.text(number)))?;
        }
        Ok(column.finish())
    }

    fn size(&self) -> usize {
        Texts::size(self)
    }
}

struct Numbers<T: ArrowPrimitiveType> {
    data_type: DataType,
    numbers: PhantomData<fn() -> T>,
}

/// By hand, because a derived one would ask Arrow's type to be `Clone`.
impl<T: ArrowPrimitiveType> Clone for Numbers<T> {
    fn clone(&self) -> Self {
        Self::new(self.data_type.clone())
    }
}

impl<T: ArrowPrimitiveType> Numbers<T> {
    fn new(data_type: DataType) -> Self {
        Self { data_type, numbers: PhantomData }
    }
}

impl<T: ArrowPrimitiveType<Native: Ord + Sync>> Values for Numbers<T> {
    type Kept = T::Native;

    fn keep(&mut self, column: &ArrayRef, row: usize) -> Result<T::Native> {
        Ok(column.as_primitive::<T>().value(row))
    }

    fn compare(&self, left: T::Native, right: T::Native) -> Ordering {
        left.cmp(&right)
    }

    fn column(&self, kept: impl Iterator<Item = Option<T::Native>>) -> Result<ArrayRef> {
        let column: PrimitiveArray<T> = kept.collect();
        Ok(Arc::new(column.with_data_type(self.data_type.clone())))
    }

    fn size(&self) -> usize {
        0
    }
}

/// A value and when it was met.
#[derive(Clone, Copy)]
struct Touch<K> {
    at: i64,
    /// Order among events of one instant.
    number: i64,
    value: K,
}

#[derive(Clone)]
struct Touches<V: Values> {
    end: End,
    has_sequence: bool,
    values: V,
    /// The touch of each group that is nearest to the end.
    best: Vec<Option<Touch<V::Kept>>>,
}

impl<V: Values> Touches<V> {
    /// The rows that count.
    fn kept(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Option<NullBuffer> {
        NullBuffer::union(kept(filter, values[0].nulls()).as_ref(), values[1].nulls())
    }

    /// The order of each row among those of its instant; null comes last.
    fn numbers(&self, values: &[ArrayRef]) -> Int64Array {
        match self.has_sequence {
            true => values[2].as_primitive::<Int64Type>().clone(),
            false => Int64Array::from(vec![0; values[0].len()]),
        }
    }

    fn note(
        &mut self,
        group: usize,
        at: i64,
        number: i64,
        column: &ArrayRef,
        row: usize,
    ) -> Result<()> {
        let nearer = match self.end {
            End::First => Ordering::Less,
            End::Last => Ordering::Greater,
        };
        if let Some(best) = self.best[group] {
            let order = (at, number).cmp(&(best.at, best.number));
            if order == nearer.reverse() {
                return Ok(());
            }
            let value = self.values.keep(column, row)?;
            if order == nearer || self.values.compare(value, best.value) == nearer {
                self.best[group] = Some(Touch { at, number, value });
            }
        } else {
            let value = self.values.keep(column, row)?;
            self.best[group] = Some(Touch { at, number, value });
        }
        Ok(())
    }

    fn touches(
        &mut self,
        instants: &[i64],
        numbers: &Int64Array,
        values: &ArrayRef,
        groups: &[usize],
        kept: Option<&NullBuffer>,
    ) -> Result<()> {
        for (row, group) in groups.iter().enumerate() {
            if kept.is_none_or(|kept| kept.is_valid(row)) {
                let number = if numbers.is_valid(row) { numbers.value(row) } else { i64::MAX };
                self.note(*group, instants[row], number, values, row)?;
            }
        }
        Ok(())
    }
}

impl<V: Values> GroupsAccumulator for Touches<V> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.best.resize(total_groups, None);
        let (kept, numbers) = (self.kept(values, filter), self.numbers(values));
        let instants = values[0].as_primitive::<TimestampMicrosecondType>().values();
        self.touches(instants, &numbers, &values[1], groups, kept.as_ref())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.best.resize(total_groups, None);
        let instants = states[0].as_primitive::<Int64Type>();
        let numbers = states[1].as_primitive::<Int64Type>();
        self.touches(instants.values(), numbers, &states[2], groups, instants.nulls())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let best = emit_to.take_needed(&mut self.best);
        self.values.column(best.iter().map(|touch| touch.map(|touch| touch.value)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let best = emit_to.take_needed(&mut self.best);
        let instants: Int64Array = best.iter().map(|touch| touch.map(|touch| touch.at)).collect();
        let numbers: Int64Array =
            best.iter().map(|touch| touch.map(|touch| touch.number)).collect();
        let values = self.values.column(best.iter().map(|touch| touch.map(|touch| touch.value)))?;
        Ok(vec![Arc::new(instants), Arc::new(numbers), values])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let instants = values[0].as_primitive::<TimestampMicrosecondType>();
        let instants = Int64Array::new(instants.values().clone(), self.kept(values, filter));
        Ok(vec![Arc::new(instants), Arc::new(self.numbers(values)), Arc::clone(&values[1])])
    }

    fn size(&self) -> usize {
        self.best.capacity() * size_of::<Option<Touch<V::Kept>>>() + self.values.size()
    }
}
