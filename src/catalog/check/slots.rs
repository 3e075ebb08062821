/*!
The replaceable parts of a query, so that one fault does not hide the next.

DataFusion's planner stops at the first fault. When one is found its innermost part (a select item,
a predicate or one side of its `and`, a branch of a `case`, a join condition, a grouping or ordering
expression) is replaced by something harmless and the query planned again.
*/

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::{
    ast::{
        BinaryOperator, Expr, GroupByExpr, Ident, JoinConstraint, JoinOperator, OrderByKind, Query,
        Select, SelectItem, Spanned, TableFactor, Value, VisitorMut,
    },
    tokenizer::{Location, Span},
};

use super::super::walk;

/// The places of all parts, the innermost of nested ones being the shortest.
pub(super) fn slots(query: &Query) -> Vec<Span> {
    let mut collector = Walk { action: Action::Collect, slots: Vec::new() };
    walk::change(&mut query.clone(), &mut collector);
    collector.slots
}

/// Replaces the part at a place by something that cannot fail.
pub(super) fn neutralise(query: &mut Query, slot: Span) {
    walk::change(query, &mut Walk { action: Action::Neutralise(slot), slots: Vec::new() });
}

/// Gives the column at a place another name.
pub(super) fn rename(query: &mut Query, at: Span, name: &str) {
    walk::change(query, &mut Rename { at, name });
}

struct Rename<'a> {
    at: Span,
    name: &'a str,
}

impl VisitorMut for Rename<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if expr.span() == self.at {
            match expr {
                Expr::Identifier(ident) => ident.value = self.name.to_owned(),
                Expr::CompoundIdentifier(parts) => {
                    if let Some(ident) = parts.last_mut() {
                        ident.value = self.name.to_owned();
                    }
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}

/// Replaces every select that reads one of the tables at these places by nulls under the names of
/// its items. False where a `*` keeps the names unknown.
pub(super) fn silence(query: &mut Query, tables: &[Span]) -> bool {
    let mut silencer = Silencer { tables, names_known: true };
    walk::change(query, &mut silencer);
    silencer.names_known
}

/// The shortest part that holds a place.
pub(super) fn innermost(slots: &[Span], at: Location) -> Option<Span> {
    slots
        .iter()
        .filter(|slot| slot.start <= at && at < slot.end)
        .min_by_key(|slot| extent(slot))
        .copied()
}

/// Orders spans by their size.
pub(super) fn extent(span: &Span) -> (u64, u64) {
    match span.end.line - span.start.line {
        0 => (0, span.end.column.saturating_sub(span.start.column)),
        lines => (lines, span.end.column),
    }
}

enum Action {
    Collect,
    Neutralise(Span),
}

struct Walk {
    action: Action,
    slots: Vec<Span>,
}

impl Walk {
    /// Notes the place, and says whether it is the one to replace.
    fn is_target(&mut self, span: Span) -> bool {
        match self.action {
            Action::Collect if span != Span::empty() => {
                self.slots.push(span);
                false
            }
            Action::Collect => false,
            Action::Neutralise(target) => target == span,
        }
    }

    fn replace_if_target(&mut self, expr: &mut Expr, by: Value) {
        if self.is_target(expr.span()) {
            *expr = Expr::value(by);
        }
    }

    fn drop_if_target(&mut self, predicate: &mut Option<Expr>) {
        let span = predicate.as_ref().map(Spanned::span);
        if span.is_some_and(|span| self.is_target(span)) {
            *predicate = None;
        }
    }
}

impl VisitorMut for Walk {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Some(order) = &mut query.order_by
            && let OrderByKind::Expressions(keys) = &mut order.kind
        {
            keys.retain(|key| !self.is_target(key.expr.span()));
            if keys.is_empty() {
                query.order_by = None;
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            let is_star =
                matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
            if !is_star && self.is_target(item.span()) {
                *item = null_item(item);
            }
        }
        self.drop_if_target(&mut select.selection);
        self.drop_if_target(&mut select.having);
        self.drop_if_target(&mut select.qualify);
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            keys.retain(|key| !self.is_target(key.span()));
        }
        for table in &mut select.from {
            for join in &mut table.joins {
                if let Some(JoinConstraint::On(condition)) = constraint(&mut join.join_operator) {
                    self.replace_if_target(condition, Value::Boolean(true));
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
                self.replace_if_target(left, Value::Boolean(true));
                self.replace_if_target(right, Value::Boolean(true));
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                for branch in conditions {
                    if operand.is_none() {
                        self.replace_if_target(&mut branch.condition, Value::Boolean(true));
                    }
                    self.replace_if_target(&mut branch.result, Value::Null);
                }
                if let Some(result) = else_result {
                    self.replace_if_target(result, Value::Null);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::Semi(on)
        | JoinOperator::LeftSemi(on)
        | JoinOperator::RightSemi(on)
        | JoinOperator::Anti(on)
        | JoinOperator::LeftAnti(on)
        | JoinOperator::RightAnti(on) => Some(on),
        _ => None,
    }
}

/// `null` under the name that the item has.
fn null_item(item: &SelectItem) -> SelectItem {
    let alias = match item {
        SelectItem::ExprWithAlias { alias, .. } => alias.clone(),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => ident.clone(),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) if !parts.is_empty() => {
            parts[parts.len() - 1].clone()
        }
        other => Ident::with_quote('"', other.to_string()),
    };
    SelectItem::ExprWithAlias { expr: Expr::value(Value::Null), alias }
}

struct Silencer<'a> {
    tables: &'a [Span],
    names_known: bool,
}

impl VisitorMut for Silencer<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let factors = select.from.iter().flat_map(|table| {
            [&table.relation].into_iter().chain(table.joins.iter().map(|join| &join.relation))
        });
        let reads_one = factors.into_iter().any(|factor| match factor {
            TableFactor::Table { name, .. } => {
                let span = name.span();
                self.tables.iter().any(|table| table.start == span.start)
            }
            _ => false,
        });
        if reads_one {
            let is_star = |item: &SelectItem| {
                matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
            };
            self.names_known &= !select.projection.iter().any(is_star);
            select.projection = select.projection.iter().map(null_item).collect();
            select.from.clear();
            select.selection = None;
            select.having = None;
            select.qualify = None;
            select.distinct = None;
            select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
            select.named_window.clear();
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sql::parse;

    use super::*;

    #[test]
    fn each_part_can_be_replaced_alone() {
        let sql = "select a as x, (select b from t where c) as y, case when j then k else l end as z \
                   from u join v on d where e and m group by f, g having h order by i";
        let query = parse("x.sql", &sql.into()).unwrap();
        let replaced: Vec<String> = slots(&query)
            .into_iter()
            .map(|slot| {
                let mut query = query.clone();
                neutralise(&mut query, slot);
                query.to_string()
            })
            .collect();
        let whole = query.to_string();
        let expected = [
            whole.replace(" ORDER BY i", ""),
            whole.replace("a AS x", "NULL AS x"),
            whole.replace("(SELECT b FROM t WHERE c) AS y", "NULL AS y"),
            whole.replace("CASE WHEN j THEN k ELSE l END", "NULL"),
            whole.replace("WHEN j", "WHEN true"),
            whole.replace("THEN k", "THEN NULL"),
            whole.replace("ELSE l", "ELSE NULL"),
            whole.replace(" WHERE e AND m", ""),
            whole.replace("e AND m", "true AND m"),
            whole.replace("e AND m", "e AND true"),
            whole.replace(" HAVING h", ""),
            whole.replace("BY f, g", "BY g"),
            whole.replace("BY f, g", "BY f"),
            whole.replace("ON d", "ON true"),
            whole.replace("SELECT b", "SELECT NULL AS b"),
            whole.replace(" WHERE c", ""),
        ];
        for one in &expected {
            assert!(replaced.contains(one), "missing: {one}\nin {replaced:#?}");
        }
        assert_eq!(replaced.len(), expected.len());
    }

    #[test]
    fn selects_of_unknown_tables_return_nulls() {
        let sql = "with a as (select x.p, q as r from nowhere as x where p) select * from a";
        let mut query = parse("x.sql", &sql.into()).unwrap();
        let tables: Vec<Span> =
            super::super::super::sql::relations(&query).iter().map(|table| table.span).collect();
        assert!(silence(&mut query, &tables));
        assert_eq!(query.to_string(), "WITH a AS (SELECT NULL AS p, NULL AS r) SELECT * FROM a");
    }
}
