/*!
Integer `+`, `-`, `*` and negation that fail on overflow, as Postgres and DuckDB do.

DataFusion wraps silently (apache/datafusion#17539, #21318). A physical rule comes too late, because
constants are folded before it; a planner of SQL expressions comes too early, because types are not
coerced yet. An analyzer rule after type coercion sees final types: two operands of one integer type
become a checked function, everything else (dates, intervals, decimals, floats) stays as it is.

Delete when `BinaryExpr` can be planned with `fail_on_overflow`.
*/

use std::sync::{Arc, LazyLock};

use datafusion::{
    arrow::{
        array::{ArrayRef, Datum},
        compute::kernels::numeric,
        datatypes::DataType,
        error::ArrowError,
    },
    common::{
        DFSchema, ExprSchema,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    error::Result,
    logical_expr::{
        BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs,
        ScalarUDF, ScalarUDFImpl, Signature, Volatility, expr::ScalarFunction,
        expr_rewriter::NamePreserver, utils::merge_schema,
    },
    optimizer::AnalyzerRule,
    physical_expr_common::datum::apply,
    scalar::ScalarValue,
};

#[derive(Debug)]
pub(super) struct CheckedArithmetic;

impl AnalyzerRule for CheckedArithmetic {
    fn name(&self) -> &str {
        "checked_arithmetic"
    }

    fn analyze(&self, plan: LogicalPlan, _options: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(check_plan).map(|plan| plan.data)
    }
}

fn check_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    // Most nodes only pass columns on, and the schema of their inputs is dear to put together.
    if !has_arithmetic(&plan) {
        return Ok(Transformed::no(plan));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        let source = scan.source.schema();
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &source)?);
    }
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expression| {
        let name = names.save(&expression);
        let checked = expression.transform_up(|expression| check(expression, &schema))?;
        Ok(checked.update_data(|expression| name.restore(expression)))
    })
}

fn has_arithmetic(plan: &LogicalPlan) -> bool {
    let mut found = false;
    // The closure never fails, so neither does the walk.
    let _ = plan.apply_expressions(|expression| {
        expression.apply(|expression| {
            found |= match expression {
                Expr::BinaryExpr(binary) => checked(binary.op).is_some(),
                Expr::Negative(_) => true,
                _ => false,
            };
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    });
    found
}

fn check(expression: Expr, schema: &dyn ExprSchema) -> Result<Transformed<Expr>> {
    match expression {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let Some(function) = checked(op) else {
                return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
            };
            let types = (left.get_type(schema)?, right.get_type(schema)?);
            if types.0 == types.1 && types.0.is_integer() {
                return Ok(Transformed::yes(function.call(*left, *right)));
            }
            Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })))
        }
        Expr::Negative(operand) => {
            let data_type = operand.get_type(schema)?;
            if !data_type.is_signed_integer() {
                return Ok(Transformed::no(Expr::Negative(operand)));
            }
            let zero = Expr::Literal(ScalarValue::new_zero(&data_type)?, None);
            Ok(Transformed::yes(SUBTRACT.call(zero, *operand)))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn checked(op: Operator) -> Option<&'static Checked> {
    match op {
        Operator::Plus => Some(&ADD),
        Operator::Minus => Some(&SUBTRACT),
        Operator::Multiply => Some(&MULTIPLY),
        _ => None,
    }
}

/// One operator as a function; planned expressions share the instance.
struct Checked(LazyLock<Arc<ScalarUDF>>);

static ADD: Checked = Checked(LazyLock::new(|| Operation::shared("checked_add", "+")));
static SUBTRACT: Checked = Checked(LazyLock::new(|| Operation::shared("checked_subtract", "-")));
static MULTIPLY: Checked = Checked(LazyLock::new(|| Operation::shared("checked_multiply", "*")));

impl Checked {
    fn call(&self, left: Expr, right: Expr) -> Expr {
        let function = Arc::clone(&self.0);
        Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![left, right]))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Operation {
    name: &'static str,
    symbol: &'static str,
    signature: Signature,
}

impl Operation {
    fn shared(name: &'static str, symbol: &'static str) -> Arc<ScalarUDF> {
        let signature = Signature::any(2, Volatility::Immutable);
        Arc::new(ScalarUDF::from(Self { name, symbol, signature }))
    }

    fn kernel(&self) -> fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError> {
        match self.symbol {
            "+" => numeric::add,
            "-" => numeric::sub,
            _ => numeric::mul,
        }
    }
}

impl ScalarUDFImpl for Operation {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        Ok(given[0].clone())
    }

    /// As the operator would be named, so that columns without alias keep their names.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(format!("{} {} {}", args[0].schema_name(), self.symbol, args[1].schema_name()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        apply(&args.args[0], &args.args[1], self.kernel())
    }
}
