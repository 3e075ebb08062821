/*!
Functions in `from`: what their planners share.
*/

use datafusion::{
    common::{Column, plan_err},
    error::Result,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, planner::RelationPlannerContext},
    sql::sqlparser::ast::{Expr as SqlExpr, FunctionArg, FunctionArgExpr, Query, TableFactor},
};

use super::argument::Argument;

/// The subquery that is the first argument, and the arguments after it.
pub(super) fn subquery_and_rest(
    syntax: &str,
    args: Vec<FunctionArg>,
) -> Result<(Box<Query>, Vec<SqlExpr>)> {
    let args: Option<Vec<SqlExpr>> = args
        .into_iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
            _ => None,
        })
        .collect();
    let mut args = args.unwrap_or_default().into_iter();
    match args.next() {
        Some(SqlExpr::Subquery(subquery)) => Ok((subquery, args.collect())),
        _ => plan_err!("`{syntax}` takes a subquery in its own parentheses"),
    }
}

/// Plans a subquery.
pub(super) fn plan(
    subquery: Box<Query>,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    context.plan(TableFactor::Derived { lateral: false, subquery, alias: None, sample: None })
}

/// The columns that an operator reads, found by name, in its order and types; the others come after
/// them as they are, if they are carried.
pub(super) fn columns(
    function: &str,
    input: LogicalPlan,
    wanted: &[(&str, Argument)],
    carries_others: bool,
) -> Result<LogicalPlan> {
    let mut columns = Vec::with_capacity(wanted.len());
    for (name, argument) in wanted {
        let Ok(field) = input.schema().field_with_unqualified_name(name) else {
            let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
            return plan_err!(
                "the subquery of `{function}` has no column {name}; it needs {}",
                names.join(", ")
            );
        };
        let data_type = argument.coerce(name, function, field.data_type())?;
        let (qualifier, _) = input.schema().qualified_field_with_unqualified_name(name)?;
        let column = Expr::Column(Column::new(qualifier.cloned(), *name));
        columns.push(cast(column, data_type).alias(*name));
    }
    if carries_others {
        for (qualifier, field) in input.schema().iter() {
            let name = field.name();
            if wanted.iter().all(|(wanted, _)| wanted != name) {
                columns.push(Expr::Column(Column::new(qualifier.cloned(), name)).alias(name));
            }
        }
    }
    LogicalPlanBuilder::from(input).project(columns)?.build()
}
