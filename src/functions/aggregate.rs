/*!
The one implementation of `AggregateUDFImpl`: a name, argument types, a state and its groups.

An aggregate is written once, as a `GroupsAccumulator`; a query without `group by` and a window frame
use the same code with a single group. Every aggregate here gives the same result for any order of
rows, split into partitions and merge order, so none asks for sorted input.
*/

use std::{
    any::Any,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{ArrayRef, new_empty_array},
        datatypes::{DataType, Field, FieldRef},
    },
    common::{internal_err, plan_err},
    error::Result,
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::{AggregateOrderSensitivity, format_state_name},
    },
    physical_expr::expressions::Literal,
    scalar::ScalarValue,
};

use super::argument::Parameters;

/// An aggregate function as its file describes it.
pub(super) struct Aggregate {
    pub(super) name: &'static str,
    /// The types that [`Groups`] get for those given.
    pub(super) coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    /// The type of the result, for coerced arguments.
    pub(super) returns: fn(&[DataType]) -> DataType,
    /// The result where there are no rows, for its type.
    pub(super) empty: fn(&DataType) -> Result<ScalarValue>,
    /// The types of the state, for coerced arguments.
    pub(super) state: fn(&[DataType]) -> Vec<DataType>,
    /// Whether the state is the rows themselves, so that aggregating parts of a group before the
    /// whole saves nothing.
    pub(super) keeps_rows: bool,
    pub(super) groups: fn(&Call) -> Result<Box<dyn Groups>>,
}

/// Whether it gains nothing to aggregate parts of a group first.
pub(crate) fn keeps_rows(function: &AggregateUDF) -> bool {
    let implementation = &**function.inner() as &dyn Any;
    implementation
        .downcast_ref::<Implementation>()
        .is_some_and(|implementation| implementation.aggregate.keeps_rows)
}

/// No rows, no result.
pub(super) fn null(data_type: &DataType) -> Result<ScalarValue> {
    ScalarValue::try_from(data_type)
}

/// No rows, nothing in the list.
pub(super) fn empty_list(data_type: &DataType) -> Result<ScalarValue> {
    match data_type {
        DataType::List(element) => {
            Ok(ScalarValue::List(ScalarValue::new_list(&[], element.data_type(), true)))
        }
        other => internal_err!("{other} is no list"),
    }
}

/// A use of an aggregate: types of its arguments, and the values of those that are constants.
pub(super) struct Call {
    pub(super) types: Vec<DataType>,
    constants: Vec<Option<ScalarValue>>,
}

impl Call {
    fn new(args: &AccumulatorArgs) -> Self {
        let constant = |argument: &Arc<dyn datafusion::physical_expr::PhysicalExpr>| {
            argument.downcast_ref::<Literal>().map(|literal| literal.value().clone())
        };
        Self {
            types: args.expr_fields.iter().map(|field| field.data_type().clone()).collect(),
            constants: args.exprs.iter().map(constant).collect(),
        }
    }

    /// An argument that must be known when the query is planned.
    pub(super) fn constant(&self, position: usize, syntax: &str) -> Result<&ScalarValue> {
        match self.constants.get(position).and_then(Option::as_ref) {
            Some(value) => Ok(value),
            None => plan_err!("argument {} of `{syntax}` must be a constant", position + 1),
        }
    }
}

/// The state of many groups, which can be copied to look at a result without ending it.
pub(super) trait Groups: GroupsAccumulator + Sync {
    fn copy(&self) -> Box<dyn Groups>;
}

impl<G: GroupsAccumulator + Sync + Clone> Groups for G {
    fn copy(&self) -> Box<dyn Groups> {
        Box::new(self.clone())
    }
}

impl From<Aggregate> for AggregateUDF {
    fn from(aggregate: Aggregate) -> Self {
        Self::from(Implementation { aggregate, signature: Parameters::signature() })
    }
}

struct Implementation {
    aggregate: Aggregate,
    signature: Signature,
}

impl Implementation {
    fn groups(&self, args: &AccumulatorArgs) -> Result<Box<dyn Groups>> {
        if args.is_distinct {
            return plan_err!("{} does not take distinct", self.aggregate.name);
        }
        (self.aggregate.groups)(&Call::new(args))
    }
}

impl fmt::Debug for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.aggregate.name)
    }
}

/// Names are unique, so they decide equality.
impl PartialEq for Implementation {
    fn eq(&self, other: &Self) -> bool {
        self.aggregate.name == other.aggregate.name
    }
}

impl Eq for Implementation {}

impl Hash for Implementation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.aggregate.name.hash(state);
    }
}

impl AggregateUDFImpl for Implementation {
    fn name(&self) -> &str {
        self.aggregate.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        (self.aggregate.coerce)(given)
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        Ok((self.aggregate.returns)(given))
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        (self.aggregate.empty)(data_type)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let types: Vec<DataType> =
            args.input_fields.iter().map(|field| field.data_type().clone()).collect();
        let fields = (self.aggregate.state)(&types).into_iter().enumerate();
        Ok(fields
            .map(|(position, data_type)| {
                let name = format_state_name(args.name, &position.to_string());
                Arc::new(Field::new(name, data_type, true))
            })
            .collect())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let mut groups = self.groups(&args)?;
        let types: Vec<DataType> =
            args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        // The group is there before its first row, and its result is that of no rows.
        let nothing: Vec<ArrayRef> =
            (self.aggregate.state)(&types).iter().map(new_empty_array).collect();
        groups.merge_batch(&nothing, &[], 1)?;
        Ok(Box::new(OneGroup { groups }))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(self.groups(&args)?)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// The groups' code for a single group.
struct OneGroup {
    groups: Box<dyn Groups>,
}

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneGroup")
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.groups.update_batch(values, &vec![0; values[0].len()], None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.groups.merge_batch(states, &vec![0; states[0].len()], 1)
    }

    /// A window asks for the result after every row, so the state has to stay.
    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.groups.copy().evaluate(EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = self.groups.state(EmitTo::All)?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.size()
    }
}
