/*!
What a planned query must not do, although it plans: compare durations with days, add up floats,
divide integers, keep a whole table in one window.
*/

use std::ops::ControlFlow;

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::{
        DFSchema, ScalarValue,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{
        BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, WindowFrameBound,
        WindowFunctionDefinition, expr::WindowFunction, utils::merge_schema,
    },
    sql::sqlparser::{
        ast::{BinaryOperator, Expr as Ast, Query, Spanned, Visitor},
        tokenizer::{Location, Span},
    },
};

use crate::error::{Diagnostic, codes};

use super::{
    super::{node::Node, sql::folded, walk},
    doubt,
    parts::Parts,
    slots::extent,
};

/// Aggregates over floats whose last digits depend on the order of addition.
const FLOAT_SUMS: [&str; 2] = ["sum", "avg"];
/// Aggregates that add up floats whatever they are given.
const FLOAT_STATISTICS: [&str; 10] = [
    "var",
    "var_samp",
    "var_pop",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "corr",
    "covar_samp",
    "covar_pop",
    "mean",
];

/// Everything that a planned query is refused or doubted for.
pub(super) fn find(node: &Node, query: &Query, parts: &Parts) -> Vec<Diagnostic> {
    let mut finder = Finder { node, query, found: Vec::new() };
    for part in parts.iter() {
        let _ = part.plan.apply_with_subqueries(|plan| {
            // The types of a node's expressions are those of its inputs together.
            let mut schema = None;
            plan.apply_expressions(|expr| {
                expr.apply(|expr| {
                    finder.expression(expr, plan, &mut schema);
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        });
    }
    finder.outputs(parts.body());
    finder.found
}

struct Finder<'a> {
    node: &'a Node,
    query: &'a Query,
    found: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn expression(&mut self, expr: &Expr, plan: &LogicalPlan, schema: &mut Option<DFSchema>) {
        let mut type_of = |expr: &Expr| {
            let schema = schema.get_or_insert_with(|| merge_schema(&plan.inputs()));
            expr.get_type(schema).ok()
        };
        match expr {
            Expr::BinaryExpr(binary) if binary.op == Operator::Divide => {
                let is_integer = |side: &Expr, of: &mut dyn FnMut(&Expr) -> Option<DataType>| {
                    of(side).is_some_and(|of| of.is_integer())
                };
                if is_integer(&binary.left, &mut type_of) && is_integer(&binary.right, &mut type_of)
                {
                    self.doubt(
                        expr,
                        &|ast| matches!(ast, Ast::BinaryOp { op: BinaryOperator::Divide, .. }),
                        "an integer divided by an integer drops the remainder",
                        "use `rate(a, b)`: a float, and null where b is zero",
                    );
                }
            }
            Expr::BinaryExpr(binary) if compares_duration_with_days(binary, &mut type_of) => {
                let is_it =
                    |ast: &Ast| matches!(ast, Ast::BinaryOp { op, .. } if is_comparison(op));
                let span = self.place(expr, &is_it);
                let message = "a difference of time stamps is compared with days or months, \
                               which is wrong for most rows";
                self.found.push(self.node.error(codes::REFUSED_SQL, span, message).hint(
                    "write `a <= b + interval '7 days'`, or compare `seconds_between(a, b)`",
                ));
            }
            Expr::AggregateFunction(call) => {
                let name = call.func.name().to_lowercase();
                self.aggregate(expr, &name, call.params.args.first(), &mut type_of);
            }
            Expr::WindowFunction(call) => {
                let name = call.fun.name().to_lowercase();
                if matches!(call.fun, WindowFunctionDefinition::AggregateUDF(_)) {
                    self.aggregate(expr, &name, call.params.args.first(), &mut type_of);
                }
                if keeps_everything(call) {
                    self.doubt(
                        expr,
                        &|ast| matches!(ast, Ast::Function(function) if function.over.is_some()),
                        "a window over a whole table keeps all of it in memory",
                        "aggregate in a CTE of its own and join the one row, or add `partition by`",
                    );
                }
            }
            _ => {}
        }
    }

    fn aggregate(
        &mut self,
        expr: &Expr,
        name: &str,
        argument: Option<&Expr>,
        type_of: &mut dyn FnMut(&Expr) -> Option<DataType>,
    ) {
        let adds_floats = FLOAT_SUMS.contains(&name)
            && argument.map(uncast).and_then(type_of).is_some_and(|of| of.is_floating());
        if adds_floats || FLOAT_STATISTICS.contains(&name) || name.starts_with("regr_") {
            self.doubt(
                expr,
                &|ast| is_call(ast, name),
                &format!("`{name}` over floats depends on the order in which rows are added"),
                "add up decimals or integers: `sum(cast(x as decimal(18, 4)))`",
            );
        }
    }

    fn outputs(&mut self, plan: &LogicalPlan) {
        for field in plan.schema().fields() {
            if let DataType::Timestamp(TimeUnit::Nanosecond, _) = field.data_type() {
                let span = output_place(self.query, field.name());
                self.found.push(doubt(
                    self.node,
                    span,
                    &format!("column `{}` has nanoseconds, which BI tools do not read", field.name()),
                    "cast to `timestamp` of microseconds: `arrow_cast(x, 'Timestamp(Microsecond, Some(\"UTC\"))')`",
                ));
            }
        }
    }

    fn doubt(&mut self, expr: &Expr, is_it: &dyn Fn(&Ast) -> bool, message: &str, hint: &str) {
        let span = self.place(expr, is_it);
        let diagnostic = doubt(self.node, span, message, hint);
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Where an expression of the plan stands in the text: columns know their places, the
    /// expression around one is found by its kind.
    fn place(&self, expr: &Expr, is_it: &dyn Fn(&Ast) -> bool) -> Span {
        let mut candidates = Candidates { is_it, found: Vec::new() };
        walk::read(self.query, &mut candidates);
        let column = column_place(expr);
        let around = column.and_then(|at| {
            let holds = candidates.found.iter().filter(|span| span.start <= at && at < span.end);
            holds.min_by_key(|span| extent(span))
        });
        around
            .or(candidates.found.first())
            .copied()
            .or(column.map(|at| Span::new(at, at)))
            .unwrap_or(self.query.span())
    }
}

/// An expression without the conversion to floats that type coercion put around it.
fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) if cast.field.data_type().is_floating() => &cast.expr,
        other => other,
    }
}

fn compares_duration_with_days(
    binary: &BinaryExpr,
    type_of: &mut dyn FnMut(&Expr) -> Option<DataType>,
) -> bool {
    use Operator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    if !matches!(binary.op, Eq | NotEq | Lt | LtEq | Gt | GtEq) {
        return false;
    }
    let mut compares = |cast: &Expr, interval: &Expr| {
        // Coercion turns the duration into an interval, the type of both sides.
        let Expr::Cast(cast) = cast else { return false };
        matches!(cast.field.data_type(), DataType::Interval(_))
            && matches!(type_of(&cast.expr), Some(DataType::Duration(_)))
            && may_hold_days(uncast(interval))
    };
    compares(&binary.left, &binary.right) || compares(&binary.right, &binary.left)
}

/// Intervals of hours and less compare rightly; whatever is not a literal may hold anything.
fn may_hold_days(interval: &Expr) -> bool {
    match interval {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(value)), _) => {
            value.months != 0 || value.days != 0
        }
        Expr::Literal(ScalarValue::IntervalDayTime(Some(value)), _) => value.days != 0,
        _ => true,
    }
}

/// No partition, and a frame that reaches to the last row.
fn keeps_everything(call: &WindowFunction) -> bool {
    let frame = &call.params.window_frame;
    call.params.partition_by.is_empty()
        && matches!(&frame.end_bound, WindowFrameBound::Following(end) if end.is_null())
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn is_call(ast: &Ast, name: &str) -> bool {
    let Ast::Function(function) = ast else { return false };
    function
        .name
        .0
        .last()
        .and_then(|part| part.as_ident())
        .is_some_and(|ident| folded(ident) == name)
}

fn column_place(expr: &Expr) -> Option<Location> {
    let mut place = None;
    let _ = expr.apply(|expr| {
        Ok(match expr {
            Expr::Column(column) if column.spans.first().is_some() => {
                place = column.spans.first();
                TreeNodeRecursion::Stop
            }
            _ => TreeNodeRecursion::Continue,
        })
    });
    place.map(|span| Location::new(span.start.line, span.start.column))
}

struct Candidates<'a> {
    is_it: &'a dyn Fn(&Ast) -> bool,
    found: Vec<Span>,
}

impl Visitor for Candidates<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Ast) -> ControlFlow<()> {
        if (self.is_it)(expr) {
            self.found.push(expr.span());
        }
        ControlFlow::Continue(())
    }
}

/// Where an output column is last named in the text.
pub(super) fn output_place(query: &Query, name: &str) -> Span {
    use datafusion::sql::sqlparser::ast::{Select, SelectItem};

    struct Last<'a> {
        name: &'a str,
        place: Option<Span>,
    }
    impl Visitor for Last<'_> {
        type Break = ();

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            for item in &select.projection {
                let named = match item {
                    SelectItem::ExprWithAlias { alias, .. } => Some(alias),
                    SelectItem::UnnamedExpr(Ast::Identifier(ident)) => Some(ident),
                    SelectItem::UnnamedExpr(Ast::CompoundIdentifier(parts)) => parts.last(),
                    _ => None,
                };
                if named.is_some_and(|ident| folded(ident) == self.name) {
                    self.place = Some(item.span());
                }
            }
            ControlFlow::Continue(())
        }
    }
    let mut last = Last { name, place: None };
    walk::read(query, &mut last);
    last.place.unwrap_or_else(|| {
        let start = query.body.span().start;
        Span::new(start, start)
    })
}
