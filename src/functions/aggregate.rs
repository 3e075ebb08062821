/*!
The one implementation of `AggregateUDFImpl`: a name, argument types, a state and its groups.

An aggregate is written once, as a `GroupsAccumulator`; a query without `group by` and a window frame
use the same code with a single group. Every aggregate here gives the same result for any order of
rows, split into partitions and merge order, so none asks for sorted input.
*/

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::ArrayRef,
        datatypes::{DataType, Field, FieldRef},
    },
    common::plan_err,
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
    pub(super) returns: DataType,
    /// The result where there are no rows.
    pub(super) empty: ScalarValue,
    /// The types of the state, for coerced arguments; a null in each merges as nothing.
    pub(super) state: fn(&[DataType]) -> Vec<DataType>,
    pub(super) groups: fn(&Call) -> Result<Box<dyn Groups>>,
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

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        Ok(self.aggregate.returns.clone())
    }

    fn default_value(&self, _data_type: &DataType) -> Result<ScalarValue> {
        Ok(self.aggregate.empty.clone())
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
        let groups = self.groups(&args)?;
        let types: Vec<DataType> =
            args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(Box::new(OneGroup {
            groups,
            is_empty: true,
            empty: self.aggregate.empty.clone(),
            empty_state: (self.aggregate.state)(&types)
                .iter()
                .map(ScalarValue::try_from)
                .collect::<Result<_>>()?,
        }))
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
    is_empty: bool,
    empty: ScalarValue,
    empty_state: Vec<ScalarValue>,
}

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneGroup")
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values[0].len();
        self.is_empty &= rows == 0;
        self.groups.update_batch(values, &vec![0; rows], None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states[0].len();
        self.is_empty &= rows == 0;
        self.groups.merge_batch(states, &vec![0; rows], 1)
    }

    /// A window asks for the result after every row, so the state has to stay.
    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.is_empty {
            return Ok(self.empty.clone());
        }
        ScalarValue::try_from_array(&self.groups.copy().evaluate(EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        if self.is_empty {
            return Ok(self.empty_state.clone());
        }
        let states = self.groups.state(EmitTo::All)?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.size()
    }
}
