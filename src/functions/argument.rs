/*!
What arguments a function takes, and how a kernel reads them.

[`Parameters`] turns argument types into the few types that kernels handle, and refuses the rest with
a message that shows the syntax. Nothing is guessed: text is not parsed into a time stamp, a date gets
no time of day, and floats are refused where the result must not depend on the order of addition.
*/

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray, StringArray},
        datatypes::{
            ArrowPrimitiveType, DataType, Decimal128Type, Int64Type, IntervalUnit, TimeUnit,
        },
    },
    common::{ScalarValue, exec_err, plan_err},
    error::Result,
    logical_expr::{ColumnarValue, Signature, Volatility},
};

use super::{model::Kind, store::list::list_of};
use crate::models::event::MAX_CONDITIONS;

/// What one argument may be, and as which Arrow type the kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// Utf8.
    Text,
    /// Int64.
    Integer,
    /// Int64 or Decimal128: numbers whose sums are exact.
    Exact,
    /// Int64, Decimal128 or Float64: what has an order.
    Measure,
    /// Float64, for parameters of a formula.
    Float,
    /// A time stamp: microseconds, UTC. One without zone counts as UTC.
    Instant,
    /// Date32.
    Date,
    /// A time stamp or a date.
    Calendar,
    /// Boolean; null is false.
    Condition,
    /// A fixed length of time: an interval (MonthDayNano), or whole seconds as Int64.
    Span,
    /// A list of Utf8.
    Texts,
    /// A list of Int64.
    Integers,
    /// Float64, or a list of Float64.
    FloatOrFloats,
    /// Utf8; an integer is written out.
    TextOrInteger,
    /// Utf8, Int64, Decimal128, Date32 or a time stamp: what can be kept and compared exactly.
    Value,
    /// A fitted model, of one of these kinds.
    Model(&'static [&'static Kind]),
}

impl Argument {
    /// The type the kernel gets for a given one, or why there is none.
    pub(super) fn coerce(self, what: &str, syntax: &str, given: &DataType) -> Result<DataType> {
        match self.accept(given) {
            Some(accepted) => Ok(accepted),
            None => plan_err!(
                "{what} of `{syntax}` must be {}, not {given}{}",
                self.noun(),
                self.hint(given)
            ),
        }
    }

    /// How messages name it.
    fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "an integer",
            Self::Exact => "an integer or decimal",
            Self::Measure | Self::Float => "a number",
            Self::Instant => "a time stamp",
            Self::Date => "a date",
            Self::Calendar => "a time stamp or date",
            Self::Condition => "a condition",
            Self::Span => "an interval or whole seconds",
            Self::Texts => "a list of texts",
            Self::Integers => "a list of integers",
            Self::FloatOrFloats => "a number or a list of numbers",
            Self::TextOrInteger => "text or an integer",
            Self::Value => "text, an integer, a decimal, a date or a time stamp",
            Self::Model(_) => "a fitted model",
        }
    }

    fn accept(self, given: &DataType) -> Option<DataType> {
        let instant = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        match (self, given) {
            (_, DataType::Dictionary(_, value)) => self.accept(value),
            (
                Self::Text,
                DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Null,
            ) => Some(DataType::Utf8),
            (Self::Integer | Self::Exact | Self::Measure, given)
                if given.is_integer() || given.is_null() =>
            {
                Some(DataType::Int64)
            }
            (
                Self::Exact | Self::Measure,
                DataType::Decimal32(precision, scale)
                | DataType::Decimal64(precision, scale)
                | DataType::Decimal128(precision, scale),
            ) => Some(DataType::Decimal128(*precision, *scale)),
            (Self::Measure, given) if given.is_floating() => Some(DataType::Float64),
            (Self::Float, given) if given.is_numeric() || given.is_null() => {
                Some(DataType::Float64)
            }
            (Self::Instant | Self::Calendar, DataType::Timestamp(..)) => Some(instant()),
            (Self::Date | Self::Calendar, DataType::Date32 | DataType::Date64 | DataType::Null) => {
                Some(DataType::Date32)
            }
            (Self::Instant, DataType::Null) => Some(instant()),
            (Self::Condition, DataType::Boolean | DataType::Null) => Some(DataType::Boolean),
            (Self::Span, DataType::Interval(_)) => {
                Some(DataType::Interval(IntervalUnit::MonthDayNano))
            }
            (Self::Span, given) if given.is_integer() => Some(DataType::Int64),
            (Self::Texts, given) => Self::Text.elements(given),
            (Self::Integers, given) => Self::Integer.elements(given),
            (Self::FloatOrFloats, given) => {
                Self::Float.accept(given).or_else(|| Self::Float.elements(given))
            }
            (Self::TextOrInteger, given) if given.is_integer() => Some(DataType::Utf8),
            (Self::TextOrInteger, given) => Self::Text.accept(given),
            (Self::Value, given) => [Self::Text, Self::Exact, Self::Date, Self::Instant]
                .into_iter()
                .find_map(|argument| argument.accept(given)),
            (Self::Model(kinds), given) if kinds.iter().any(|kind| kind.is_in(given)) => {
                Some(given.clone())
            }
            (Self::Model(kinds), DataType::Null) => Some(kinds[0].data_type()),
            _ => None,
        }
    }

    /// The type of a list of such arguments.
    fn elements(self, given: &DataType) -> Option<DataType> {
        match given {
            DataType::List(element)
            | DataType::LargeList(element)
            | DataType::ListView(element)
            | DataType::FixedSizeList(element, _) => self.accept(element.data_type()).map(list_of),
            DataType::Null => self.accept(given).map(list_of),
            _ => None,
        }
    }

    /// The way out for a type that people reach for.
    fn hint(self, given: &DataType) -> &'static str {
        match (self, given) {
            (Self::Model(kinds), _) => kinds[0].hint,
            (Self::Exact, DataType::Float32 | DataType::Float64) => {
                "; cast it to a decimal: float sums depend on the order of rows"
            }
            (Self::Date, DataType::Timestamp(..)) => "; `local_date(ts, zone)` gives the date",
            (Self::Instant, DataType::Date32) => "; a date has no time of day",
            (Self::Span, DataType::Duration(_)) => "; write `interval '30 minutes'` or 1800",
            _ => "",
        }
    }
}

/// The arguments of one function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    /// As documentation and messages show it: `rate(a, b)`.
    pub(super) syntax: &'static str,
    pub(super) required: &'static [Argument],
    pub(super) optional: &'static [Argument],
    /// What may follow any number of times.
    pub(super) rest: Option<Argument>,
}

impl Parameters {
    pub(super) const fn new(syntax: &'static str, required: &'static [Argument]) -> Self {
        Self { syntax, required, optional: &[], rest: None }
    }

    /// The last of those required is a condition, and more may follow: at most
    /// [`MAX_CONDITIONS`] in all.
    pub(super) const fn with_conditions(
        syntax: &'static str,
        required: &'static [Argument],
    ) -> Self {
        Self { syntax, required, optional: &[], rest: Some(Argument::Condition) }
    }

    /// Types are decided by [`Parameters::coerce`], not by DataFusion's rules.
    pub(super) fn signature() -> Signature {
        Signature::user_defined(Volatility::Immutable)
    }

    /// The types the kernel will see for the types given.
    pub(super) fn coerce(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let most = self.required.len() + self.optional.len();
        if given.len() < self.required.len() || (given.len() > most && self.rest.is_none()) {
            return plan_err!("`{}` got {} arguments", self.syntax, given.len());
        }
        if self.rest == Some(Argument::Condition)
            && given.len() - self.required.len() >= MAX_CONDITIONS
        {
            return plan_err!("`{}` takes at most {MAX_CONDITIONS} conditions", self.syntax);
        }
        let wanted = self.required.iter().chain(self.optional).copied();
        let rest = std::iter::repeat_n(self.rest, given.len()).flatten();
        let mut types = Vec::with_capacity(given.len());
        for (position, (given, wanted)) in given.iter().zip(wanted.chain(rest)).enumerate() {
            types.push(wanted.coerce(&format!("argument {}", position + 1), self.syntax, given)?);
        }
        Ok(types)
    }
}

/// The coerced arguments of one call, for a number of rows.
pub(super) struct Arguments<'a> {
    pub(super) values: &'a [ColumnarValue],
    pub(super) rows: usize,
}

impl Arguments<'_> {
    pub(super) fn has(&self, position: usize) -> bool {
        position < self.values.len()
    }

    pub(super) fn array(&self, position: usize) -> Result<ArrayRef> {
        self.values[position].to_array(self.rows)
    }

    /// An argument of a primitive type; [`Parameters::coerce`] made sure of it.
    pub(super) fn primitive<T: ArrowPrimitiveType>(
        &self,
        position: usize,
    ) -> Result<PrimitiveArray<T>> {
        Ok(self.array(position)?.as_primitive::<T>().clone())
    }

    /// An [`Argument::Exact`].
    pub(super) fn exact(&self, position: usize) -> Result<Exact> {
        let array = self.array(position)?;
        Ok(match array.data_type() {
            DataType::Decimal128(_, scale) => Exact {
                values: array.as_primitive::<Decimal128Type>().iter().collect(),
                scale: *scale,
            },
            _ => Exact {
                values: array
                    .as_primitive::<Int64Type>()
                    .iter()
                    .map(|v| v.map(i128::from))
                    .collect(),
                scale: 0,
            },
        })
    }

    pub(super) fn text(&self, position: usize) -> Result<Text> {
        Ok(match &self.values[position] {
            ColumnarValue::Scalar(value) => {
                Text::Constant(value.try_as_str().flatten().map(str::to_owned))
            }
            ColumnarValue::Array(array) => Text::Column(array.as_string::<i32>().clone()),
        })
    }
}

/// Integers or decimals as multiples of 10^-scale.
pub(super) struct Exact {
    pub(super) values: Vec<Option<i128>>,
    pub(super) scale: i8,
}

impl Exact {
    /// The value of a row as a multiple of 10^-scale, for a scale that is not smaller.
    pub(super) fn at_scale(&self, row: usize, scale: i8, syntax: &str) -> Result<Option<i128>> {
        let Some(value) = self.values[row] else { return Ok(None) };
        let unit = 10i128.checked_pow((scale - self.scale) as u32);
        match unit.and_then(|unit| value.checked_mul(unit)) {
            Some(value) => Ok(Some(value)),
            None => exec_err!("`{syntax}`: a decimal has too many digits"),
        }
    }
}

/// The value of a row, if it has one.
pub(super) fn at<T: ArrowPrimitiveType>(
    values: &PrimitiveArray<T>,
    row: usize,
) -> Option<T::Native> {
    values.is_valid(row).then(|| values.value(row))
}

/// A text argument: mostly a constant such as a zone, sometimes a column.
pub(super) enum Text {
    Constant(Option<String>),
    Column(StringArray),
}

impl Text {
    pub(super) fn at(&self, row: usize) -> Option<&str> {
        match self {
            Self::Constant(value) => value.as_deref(),
            Self::Column(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// The microseconds of a constant [`Argument::Span`].
pub(super) fn span_micros(syntax: &str, value: &ScalarValue) -> Result<i64> {
    let micros = match value {
        ScalarValue::Int64(Some(seconds)) => seconds.checked_mul(1_000_000),
        ScalarValue::IntervalMonthDayNano(Some(interval)) if interval.months == 0 => {
            i64::from(interval.days)
                .checked_mul(86_400_000_000)
                .and_then(|days| days.checked_add(interval.nanoseconds / 1_000))
        }
        ScalarValue::IntervalMonthDayNano(Some(_)) => {
            return exec_err!("`{syntax}` needs a fixed length: a month is not one, write days");
        }
        _ => return exec_err!("`{syntax}` needs a length of time, not null"),
    };
    match micros {
        Some(micros) if micros >= 0 => Ok(micros),
        _ => exec_err!("`{syntax}` needs a length of time between 0 and 292,000 years"),
    }
}
