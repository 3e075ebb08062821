/*!
`count(distinct …)` that gives its memory back when its groups are taken.

DataFusion takes the groups of an aggregate when memory is short, and then reserves what is left. Of
`count(distinct …)` over integers everything is left: the set of values is emptied, but keeps
its room. The reservation fails, and with it a query that could have gone on. Here the accumulator is
made anew where all of its groups were taken.

Delete when `PrimitiveDistinctCountGroupsAccumulator::size` shrinks with `EmitTo::All`.
*/

use std::{fmt::Debug, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray},
        datatypes::{DataType, FieldRef},
    },
    error::Result,
    functions_aggregate::count::Count,
    logical_expr::{
        Accumulator, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF,
        SetMonotonicity, Signature, StatisticsArgs,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::AggregateOrderSensitivity,
    },
    scalar::ScalarValue,
};

#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct EmptiedCount {
    builtin: Count,
}

impl AggregateUDFImpl for EmptiedCount {
    fn name(&self) -> &str {
        self.builtin.name()
    }

    fn signature(&self) -> &Signature {
        self.builtin.signature()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.builtin.return_type(given)
    }

    fn is_nullable(&self) -> bool {
        self.builtin.is_nullable()
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.builtin.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.builtin.accumulator(args)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.builtin.create_sliding_accumulator(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.builtin.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        if !args.is_distinct {
            return self.builtin.create_groups_accumulator(args);
        }
        let (schema, name) = (args.schema.clone(), args.name.to_owned());
        let (order_bys, exprs) = (args.order_bys.to_vec(), args.exprs.to_vec());
        let (return_field, expr_fields) =
            (Arc::clone(&args.return_field), args.expr_fields.to_vec());
        let (ignore_nulls, is_reversed) = (args.ignore_nulls, args.is_reversed);
        let make = move || {
            Count::new().create_groups_accumulator(AccumulatorArgs {
                return_field: Arc::clone(&return_field),
                schema: &schema,
                ignore_nulls,
                order_bys: &order_bys,
                is_reversed,
                name: &name,
                is_distinct: true,
                exprs: &exprs,
                expr_fields: &expr_fields,
            })
        };
        Ok(Box::new(Emptied { current: make()?, make: Box::new(make) }))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        self.builtin.reverse_expr()
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.builtin.order_sensitivity()
    }

    fn default_value(&self, of: &DataType) -> Result<ScalarValue> {
        self.builtin.default_value(of)
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs) -> Option<ScalarValue> {
        self.builtin.value_from_stats(statistics)
    }

    fn set_monotonicity(&self, of: &DataType) -> SetMonotonicity {
        self.builtin.set_monotonicity(of)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.builtin.documentation()
    }
}

/// An accumulator, and how another one like it is made.
struct Emptied {
    current: Box<dyn GroupsAccumulator>,
    make: Box<dyn Fn() -> Result<Box<dyn GroupsAccumulator>> + Send + Sync>,
}

impl Emptied {
    fn after(&mut self, emit_to: EmitTo) -> Result<()> {
        if matches!(emit_to, EmitTo::All) {
            self.current = (self.make)()?;
        }
        Ok(())
    }
}

impl GroupsAccumulator for Emptied {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.current.update_batch(values, group_indices, filter, total_num_groups)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.current.merge_batch(values, group_indices, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let counts = self.current.evaluate(emit_to)?;
        self.after(emit_to)?;
        Ok(counts)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let state = self.current.state(emit_to)?;
        self.after(emit_to)?;
        Ok(state)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        self.current.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.current.size()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::Int64Array,
            datatypes::{Field, Schema},
        },
        physical_expr::{PhysicalExpr, expressions::Column},
    };

    use super::*;

    #[test]
    fn what_was_taken_is_given_back() {
        let field: FieldRef = Arc::new(Field::new("n", DataType::Int64, true));
        let schema = Schema::new(vec![Arc::clone(&field)]);
        let exprs: [Arc<dyn PhysicalExpr>; 1] = [Arc::new(Column::new("n", 0))];
        let args = AccumulatorArgs {
            return_field: Arc::new(Field::new("count", DataType::Int64, false)),
            schema: &schema,
            ignore_nulls: false,
            order_bys: &[],
            is_reversed: false,
            name: "count(distinct n)",
            is_distinct: true,
            exprs: &exprs,
            expr_fields: &[field],
        };
        let count = EmptiedCount::default();
        assert!(count.groups_accumulator_supported(args.clone()));
        let mut groups = count.create_groups_accumulator(args).unwrap();
        let empty = groups.size();
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..10_000));
        groups.update_batch(&[Arc::clone(&numbers)], &[0; 10_000], None, 1).unwrap();
        assert!(groups.size() > 10_000 * 8);
        let state = groups.state(EmitTo::All).unwrap();
        assert_eq!(groups.size(), empty);
        // It goes on with what comes next, and with what it had given away.
        groups.update_batch(&[numbers.slice(0, 10)], &[0; 10], None, 1).unwrap();
        groups.merge_batch(&state, &[0], 1).unwrap();
        let counts = groups.evaluate(EmitTo::All).unwrap();
        assert_eq!(counts.as_ref(), &Int64Array::from(vec![10_000]));
        assert_eq!(groups.size(), empty);
    }
}
