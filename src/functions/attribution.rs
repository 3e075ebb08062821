/*!
`attribution(path, model, value [, ages [, half_life]])`: credit of the touches before a conversion.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, Decimal128Array, Int64Array, ListArray, StringArray,
            StructArray,
        },
        datatypes::{DataType, Field, Fields, Int64Type},
    },
    common::{exec_datafusion_err, exec_err, plan_err},
    error::{DataFusionError, Result},
    logical_expr::{ColumnarValue, ScalarUDF},
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters, span_micros},
    scalar::Scalar,
    store::list::{Offsets, list_of},
};
use crate::{
    error::nearest,
    models::attribution::{HALF_LIFE_SECONDS, Model, Touch, split, weights},
};

/// What stands for a touch whose channel is not known, and for a path without touches.
pub(super) const UNASSIGNED: &str = "Unassigned";
/// The channel of visits that nothing led to.
const DIRECT: &str = "Direct";

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "attribution",
        syntax: "attribution(path, model, value [, ages [, half_life]])",
        summary: "Credit of each touch before a conversion, by rule, as a list to unnest.",
        semantics: "`path` lists the channels of the touches, oldest first; the result has an element \
                    for each: position (from 1), channel and credit, decimal(18, 4). `model` is \
                    first, last, last_non_direct (the last touch that is not 'Direct'; the last one \
                    where all are), linear, position (40 % first, 40 % last, 20 % shared by the rest; \
                    halves of two) or time_decay (half as much for every `half_life`, 7 days unless \
                    given, that a touch is older). time_decay needs `ages`, the seconds from each \
                    touch to the conversion. Credits sum exactly to `value`: each is rounded down to \
                    0.0001 and what is left goes, 0.0001 each, to the touches that lost most by that, \
                    the earlier of equals. A null touch, and a path that is empty or null, is \
                    'Unassigned'. Null where model or value is null; an error for an unknown model, \
                    ages that do not fit the path or are negative, and a value of more than four \
                    decimals.",
        complexity: "O(n log n) for n touches, no state.",
        example: "select unnest(attribution(channels, 'position', net_amount)) as touch from conversions",
        source: "Google Analytics and Snowplow attribution models; largest remainder: Balinski and Young 1982.",
    },
    build: Build::Scalar(build),
};

const CREDIT: DataType = DataType::Decimal128(18, 4);

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("position", DataType::Int64, true),
        Field::new("channel", DataType::Utf8, true),
        Field::new("credit", CREDIT, true),
    ])
}

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            optional: &[Argument::Integers, Argument::Span],
            ..Parameters::new(
                FUNCTION.doc.syntax,
                &[Argument::Texts, Argument::Text, Argument::Exact],
            )
        },
        returns: list_of(DataType::Struct(fields())),
        kernel,
    }
    .checked(|constants| match constants[1].and_then(|model| model.try_as_str().flatten()) {
        Some(TIME_DECAY) if constants.len() < 4 => {
            plan_err!("model {TIME_DECAY} of `{}` needs ages", FUNCTION.doc.syntax)
        }
        Some(name) => model(name).map(drop),
        None => Ok(()),
    })
}

const TIME_DECAY: &str = "time_decay";

fn model(name: &str) -> Result<Model> {
    if let Some((_, model)) = Model::ALL.iter().find(|(known, _)| *known == name) {
        return Ok(*model);
    }
    let names = Model::ALL.map(|(name, _)| name);
    match nearest(name, &names) {
        Some(nearest) => plan_err!("unknown model `{name}`; did you mean `{nearest}`?"),
        None => plan_err!("unknown model `{name}`; valid are {}", names.join(", ")),
    }
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let paths = arguments.array(0)?;
    let paths = Paths {
        channels: paths.as_list::<i32>().clone(),
        ages: match arguments.has(3) {
            true => Some(arguments.array(3)?.as_list::<i32>().clone()),
            false => None,
        },
    };
    let models = arguments.text(1)?;
    let values = arguments.exact(2)?;
    let half_life_seconds = half_life(arguments)?;
    let (mut positions, mut channels, mut credits) = (Vec::new(), Vec::new(), Vec::new());
    let mut offsets = Offsets::default();
    for row in 0..arguments.rows {
        if let (Some(name), Some(value)) = (models.at(row), values.values[row]) {
            let model = model(name)?;
            let path = paths.at(row, model == Model::TimeDecay)?;
            let touches: Vec<Touch> = path.iter().map(|(_, touch)| *touch).collect();
            let amount = ten_thousandths(value, values.scale)?;
            let parts = split(amount, &weights(model, &touches, half_life_seconds));
            credits.extend(parts.ok_or_else(too_large)?);
            positions.extend(1..=path.len() as i64);
            channels.extend(path.into_iter().map(|(channel, _)| channel));
        }
        offsets.end_at(positions.len())?;
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(positions)),
        Arc::new(StringArray::from(channels)),
        Arc::new(Decimal128Array::from(credits).with_data_type(CREDIT)),
    ];
    Ok(offsets.lists_or_null(Arc::new(StructArray::try_new(fields(), columns, None)?)))
}

/// The paths of all rows, and how long before the conversion their touches were.
struct Paths {
    channels: ListArray,
    ages: Option<ListArray>,
}

impl Paths {
    /// The touches of a row, at least one.
    fn at(&self, row: usize, needs_ages: bool) -> Result<Vec<(&str, Touch)>> {
        let touches = elements(&self.channels, row);
        let texts = self.channels.values().as_string::<i32>();
        let ages = match &self.ages {
            Some(ages) if needs_ages => {
                let within = elements(ages, row);
                if within.len() != touches.len() {
                    return exec_err!(
                        "`{}` got {} ages for {} touches",
                        FUNCTION.doc.syntax,
                        within.len(),
                        touches.len()
                    );
                }
                let numbers = ages.values().as_primitive::<Int64Type>();
                within.map(|at| numbers.is_valid(at).then(|| numbers.value(at))).collect()
            }
            None if needs_ages && !touches.is_empty() => vec![None; touches.len()],
            _ => vec![Some(0); touches.len()],
        };
        let mut path = Vec::with_capacity(touches.len().max(1));
        for (at, age) in touches.zip(ages) {
            let channel = if texts.is_null(at) { UNASSIGNED } else { texts.value(at) };
            let Some(age_seconds) = age.filter(|age| *age >= 0) else {
                return exec_err!(
                    "`{}`: model {TIME_DECAY} needs an age of 0 or more seconds for each touch",
                    FUNCTION.doc.syntax
                );
            };
            path.push((channel, Touch { is_direct: channel == DIRECT, age_seconds }));
        }
        if path.is_empty() {
            path.push((UNASSIGNED, Touch { is_direct: false, age_seconds: 0 }));
        }
        Ok(path)
    }
}

/// Where the elements of a row lie.
fn elements(lists: &ListArray, row: usize) -> std::ops::Range<usize> {
    match lists.is_valid(row) {
        true => lists.value_offsets()[row] as usize..lists.value_offsets()[row + 1] as usize,
        false => 0..0,
    }
}

fn half_life(arguments: &Arguments) -> Result<i64> {
    if !arguments.has(4) {
        return Ok(HALF_LIFE_SECONDS);
    }
    let ColumnarValue::Scalar(value) = &arguments.values[4] else {
        return exec_err!("the half_life of `{}` must be a constant", FUNCTION.doc.syntax);
    };
    match span_micros(FUNCTION.doc.syntax, value)? / 1_000_000 {
        seconds @ 1.. => Ok(seconds),
        _ => exec_err!("the half_life of `{}` must be a second at least", FUNCTION.doc.syntax),
    }
}

/// An amount of a scale as a count of 0.0001.
fn ten_thousandths(value: i128, scale: i8) -> Result<i128> {
    let amount = match 4 - i32::from(scale) {
        digits @ 0.. => 10i128.checked_pow(digits as u32).and_then(|unit| value.checked_mul(unit)),
        digits => {
            let unit = 10i128.checked_pow(digits.unsigned_abs()).ok_or_else(too_large)?;
            if value % unit != 0 {
                return exec_err!(
                    "`{}` cannot split a value of more than four decimals; round it first",
                    FUNCTION.doc.syntax
                );
            }
            Some(value / unit)
        }
    };
    amount.filter(|amount| amount.abs() < 10i128.pow(18)).ok_or_else(too_large)
}

fn too_large() -> DataFusionError {
    exec_datafusion_err!("`{}`: the value does not fit 18 digits", FUNCTION.doc.syntax)
}
