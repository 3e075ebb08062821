/*!
What the text of a query must not say: results that depend on the clock, on chance, or on the order
of rows, and places of rows outside the layers that keep them.
*/

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::{
    ast::{
        Distinct, Expr, Function, FunctionArgumentClause, FunctionArguments, Query, Select,
        Spanned, Visitor, WindowType,
    },
    tokenizer::Span,
};

use crate::error::{Diagnostic, codes};

use super::{
    super::{
        data::PLACE_COLUMNS,
        library::Origin,
        node::Node,
        sql::{folded, select_place},
        walk,
    },
    doubt,
};

/// Functions that are never the same twice, and what to use.
const REFUSED: [(&str, &str); 11] = [
    ("now", CLOCK),
    ("today", CLOCK),
    ("current_date", CLOCK),
    ("current_time", CLOCK),
    ("current_timestamp", CLOCK),
    ("localtime", CLOCK),
    ("localtimestamp", CLOCK),
    ("random", CHANCE),
    ("rand", CHANCE),
    ("uuid", CHANCE),
    ("gen_random_uuid", CHANCE),
];
const CLOCK: &str = "use `$as_of_date`, the last day that counts, or `$as_of`, its end";
const CHANCE: &str = "derive a value from the row, as `entity_key` does";

/// Functions whose result depends on the order of their rows.
const ORDERED: [&str; 7] =
    ["array_agg", "string_agg", "listagg", "first_value", "last_value", "nth_value", "first"];

/// Everything that the text of a node's query is refused or doubted for.
pub(super) fn find(node: &Node, query: &Query) -> Vec<Diagnostic> {
    let mut finder = Finder { node, found: Vec::new() };
    walk::read(query, &mut finder);
    finder.found
}

struct Finder<'a> {
    node: &'a Node,
    found: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn refuse(&mut self, span: Span, message: String, hint: &str) {
        self.found.push(self.node.error(codes::REFUSED_SQL, span, message).hint(hint));
    }

    fn function(&mut self, function: &Function) {
        let Some(ident) = function.name.0.last().and_then(|part| part.as_ident()) else { return };
        let (name, span) = (folded(ident), ident.span);
        if let Some((_, hint)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            self.refuse(span, format!("`{name}` gives another result on every run"), hint);
        } else if let Some(exact) = name.strip_prefix("approx_") {
            let hint = match exact {
                "distinct" => "use `count(distinct …)`",
                _ => "use the exact function, such as `median` or `percentile_cont`",
            };
            self.refuse(
                span,
                format!("`{name}` depends on how rows are spread over threads"),
                hint,
            );
        } else if ORDERED.contains(&name.as_str()) && !is_ordered(function) {
            let hint = match function.over {
                Some(_) => "add `order by` to the window, down to a unique column",
                None => "add `order by` behind the argument, down to a unique column",
            };
            self.refuse(
                span,
                format!("`{name}` without `order by` depends on the order of rows"),
                hint,
            );
        }
    }

    fn column(&mut self, name: &str, span: Span) {
        if PLACE_COLUMNS.contains(&name) {
            self.refuse(
                span,
                format!("`{name}` depends on how files are laid out and stays in raw tables"),
                "use a key of the source; `quarantine.rows` tells where refused rows stood",
            );
        }
    }
}

fn is_ordered(function: &Function) -> bool {
    let in_arguments = match &function.args {
        FunctionArguments::List(list) => list.clauses.iter().any(
            |clause| matches!(clause, FunctionArgumentClause::OrderBy(keys) if !keys.is_empty()),
        ),
        _ => false,
    };
    let in_window = match &function.over {
        Some(WindowType::WindowSpec(spec)) => {
            !spec.order_by.is_empty() || spec.window_name.is_some()
        }
        // A named window is judged where it is planned.
        Some(WindowType::NamedWindow(_)) => true,
        None => false,
    };
    in_arguments || in_window || !function.within_group.is_empty()
}

impl Visitor for Finder<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => self.function(function),
            Expr::Identifier(ident) => self.column(&folded(ident), ident.span),
            Expr::CompoundIdentifier(parts) => {
                if let Some(last) = parts.last() {
                    self.column(&folded(last), expr.span());
                }
            }
            Expr::AtTimeZone { .. } => self.found.push(doubt(
                self.node,
                expr.span(),
                "`at time zone` loses the instant that a local time stands for",
                "use `local_date` or `period_start`, which know the clock changes",
            )),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let is_limited = query.limit_clause.is_some() || query.fetch.is_some();
        if is_limited && query.order_by.is_none() {
            self.refuse(
                select_place(query),
                "`limit` without `order by` keeps arbitrary rows".to_owned(),
                "add `order by`, down to a unique column",
            );
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let Some(Distinct::On(_)) = select.distinct {
            self.refuse(
                select.select_token.0.span,
                "`distinct on` keeps arbitrary rows".to_owned(),
                "use `row_number() over (partition by … order by …)` and keep the first",
            );
        }
        ControlFlow::Continue(())
    }
}

/// Whether shipped SQL is judged more strictly than an analyst's.
pub(super) fn is_shipped(node: &Node) -> bool {
    node.origin == Origin::Library
}
