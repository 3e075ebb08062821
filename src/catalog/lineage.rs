/*!
Which columns a column is made of.

Read off the logical plan by position, never by name alone, so renames, stars and set operations are
followed exactly. What the plan does not tell counts as everything: an operator of another crate
makes each of its outputs from all of its inputs. Columns that only decide which rows there are
(filters, join conditions, grouping, ordering) are kept apart, since values do not flow from them.
*/

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::{DFSchema, TableReference, tree_node::TreeNode, tree_node::TreeNodeRecursion},
    execution::SessionState,
    logical_expr::{
        Distinct, Expr, JoinType, LogicalPlan, Subquery,
        expr::{Exists, InSubquery, SetComparison},
        utils::grouping_set_to_exprlist,
    },
};
use serde::Serialize;

use crate::engine::rules;

use super::{Catalog, check::Planner, name::TableName, node::Node, parallel};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ColumnRef {
    pub table: TableName,
    pub column: String,
}

pub type ColumnSet = BTreeSet<ColumnRef>;

/// Where the columns of one table come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Lineage {
    /// Each output column, in order, and the columns that its values are made of.
    pub columns: Vec<(String, ColumnSet)>,
    /// Columns that decide which rows there are, how they are grouped or ordered.
    pub used: ColumnSet,
}

impl Lineage {
    /// The columns that an output column is made of.
    pub fn of(&self, column: &str) -> Option<&ColumnSet> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, from)| from)
    }
}

/// Expressions through which nothing flows, such as counts where personal data is traced.
pub type Ends<'a> = &'a (dyn Fn(&Expr) -> bool + Sync);

/// The lineage of a planned query.
pub fn trace(plan: &LogicalPlan, ends: Ends<'_>) -> Lineage {
    let mut tracer = Tracer { ends, used: ColumnSet::new(), outer: Vec::new(), work: Vec::new() };
    let sets = tracer.plan(plan);
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    Lineage { columns: names.zip(sets).collect(), used: tracer.used }
}

impl Catalog {
    /// The lineage of every table that plans, over the columns that `check` found.
    pub fn lineage(
        &self,
        state: &SessionState,
        schemas: &BTreeMap<TableName, SchemaRef>,
        ends: Ends<'_>,
    ) -> BTreeMap<TableName, Lineage> {
        let planner = Planner::new(state);
        for (name, schema) in schemas {
            // A table that cannot be added is one that its readers cannot be traced through.
            let _ = planner.add(name, SchemaRef::clone(schema));
        }
        let nodes: Vec<&Node> = self.tables.values().filter(|node| node.query.is_some()).collect();
        let traced = parallel::map(&nodes, |node| {
            let plan = planner.try_plan(node.query.as_ref()?).ok()?;
            Some((node.name.clone(), trace(&plan, ends)))
        });
        traced.into_iter().flatten().collect()
    }
}

/// Every column that a column is made of, directly or through other tables.
pub fn upstream(lineages: &BTreeMap<TableName, Lineage>, column: &ColumnRef) -> ColumnSet {
    let mut reached = ColumnSet::new();
    let mut open = vec![column.clone()];
    while let Some(next) = open.pop() {
        let from = lineages.get(&next.table).and_then(|lineage| lineage.of(&next.column));
        for column in from.into_iter().flatten() {
            if reached.insert(column.clone()) {
                open.push(column.clone());
            }
        }
    }
    reached
}

struct Tracer<'a> {
    ends: Ends<'a>,
    used: ColumnSet,
    /// Columns of the queries around a correlated subquery, the nearest last.
    outer: Vec<(DFSchema, Vec<ColumnSet>)>,
    /// What the columns of recursive CTEs are known to be made of so far.
    work: Vec<(String, Vec<ColumnSet>)>,
}

impl Tracer<'_> {
    /// One set per column of the plan's schema.
    fn plan(&mut self, plan: &LogicalPlan) -> Vec<ColumnSet> {
        let width = plan.schema().fields().len();
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(&scan.table_name, plan.schema()),
            LogicalPlan::Projection(projection) => {
                let sets = self.plan(&projection.input);
                let schema = projection.input.schema();
                projection.expr.iter().map(|expr| self.expr(expr, schema, &sets)).collect()
            }
            LogicalPlan::Filter(filter) => {
                let sets = self.plan(&filter.input);
                self.decide([&filter.predicate], filter.input.schema(), &sets);
                sets
            }
            LogicalPlan::Sort(sort) => {
                let sets = self.plan(&sort.input);
                self.decide(sort.expr.iter().map(|key| &key.expr), sort.input.schema(), &sets);
                sets
            }
            LogicalPlan::Window(window) => {
                let mut sets = self.plan(&window.input);
                let schema = window.input.schema();
                let own: Vec<ColumnSet> =
                    window.window_expr.iter().map(|expr| self.expr(expr, schema, &sets)).collect();
                sets.extend(own);
                sets
            }
            LogicalPlan::Aggregate(aggregate) => {
                let sets = self.plan(&aggregate.input);
                let schema = aggregate.input.schema();
                self.decide(&aggregate.group_expr, schema, &sets);
                let Ok(keys) = grouping_set_to_exprlist(&aggregate.group_expr) else {
                    return vec![union(&sets); width];
                };
                let mut own: Vec<ColumnSet> =
                    keys.into_iter().map(|key| self.expr(key, schema, &sets)).collect();
                // Between keys and aggregates stands the number of the grouping set, if there are
                // any; it is made of no column.
                own.resize(width - aggregate.aggr_expr.len(), ColumnSet::new());
                own.extend(aggregate.aggr_expr.iter().map(|expr| self.expr(expr, schema, &sets)));
                own
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => {
                let mut sets = vec![ColumnSet::new(); width];
                for input in &union.inputs {
                    for (set, more) in sets.iter_mut().zip(self.plan(input)) {
                        set.extend(more);
                    }
                }
                sets
            }
            LogicalPlan::Distinct(Distinct::On(distinct)) => {
                let sets = self.plan(&distinct.input);
                let schema = distinct.input.schema();
                self.decide(&distinct.on_expr, schema, &sets);
                let keys = distinct.sort_expr.iter().flatten().map(|key| &key.expr);
                self.decide(keys, schema, &sets);
                distinct.select_expr.iter().map(|expr| self.expr(expr, schema, &sets)).collect()
            }
            LogicalPlan::Unnest(unnest) => {
                let sets = self.plan(&unnest.input);
                let from = |index: &usize| sets.get(*index).cloned().unwrap_or_default();
                unnest.dependency_indices.iter().map(from).collect()
            }
            LogicalPlan::RecursiveQuery(query) => {
                let start = self.plan(&query.static_term);
                self.work.push((query.name.clone(), start));
                let settled = loop {
                    let mut next =
                        self.work.last().map(|(_, sets)| sets.clone()).unwrap_or_default();
                    for (set, more) in next.iter_mut().zip(self.plan(&query.recursive_term)) {
                        set.extend(more);
                    }
                    match self.work.last_mut() {
                        Some((_, known)) if *known != next => *known = next,
                        _ => break next,
                    }
                };
                self.work.pop();
                settled
            }
            LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Distinct(Distinct::All(_))
            | LogicalPlan::Limit(_)
            | LogicalPlan::Repartition(_)
            | LogicalPlan::Subquery(_) => {
                plan.inputs().into_iter().flat_map(|input| self.plan(input)).collect()
            }
            LogicalPlan::Extension(extension) if rules::passes_rows_on(extension) => {
                plan.inputs().into_iter().flat_map(|input| self.plan(input)).collect()
            }
            LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => vec![ColumnSet::new(); width],
            // Everything else may mix its inputs in any way.
            _ => {
                let sets: Vec<ColumnSet> =
                    plan.inputs().into_iter().flat_map(|input| self.plan(input)).collect();
                vec![union(&sets); width]
            }
        }
    }

    fn scan(&mut self, table: &TableReference, schema: &DFSchema) -> Vec<ColumnSet> {
        let Some(name) = table.schema().map(|schema| TableName::new(schema, table.table())) else {
            let work = self.work.iter().rev().find(|(name, _)| name == table.table());
            return work.map_or_else(
                || vec![ColumnSet::new(); schema.fields().len()],
                |(_, sets)| sets.clone(),
            );
        };
        schema
            .fields()
            .iter()
            .map(|field| {
                ColumnSet::from([ColumnRef { table: name.clone(), column: field.name().clone() }])
            })
            .collect()
    }

    fn join(&mut self, join: &datafusion::logical_expr::Join) -> Vec<ColumnSet> {
        let (left, right) = (self.plan(&join.left), self.plan(&join.right));
        let both: Vec<ColumnSet> = left.iter().chain(&right).cloned().collect();
        let (left_schema, right_schema) = (join.left.schema(), join.right.schema());
        for (on_left, on_right) in &join.on {
            self.decide([on_left], left_schema, &left);
            self.decide([on_right], right_schema, &right);
        }
        match (left_schema.join(right_schema), &join.filter) {
            (Ok(schema), Some(filter)) => self.decide([filter], &schema, &both),
            (Err(_), Some(_)) => self.used.extend(union(&both)),
            (_, None) => {}
        }
        match join.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => both,
            JoinType::LeftSemi | JoinType::LeftAnti => left,
            JoinType::RightSemi | JoinType::RightAnti => right,
            // Whether a partner exists is made of no column, as with `exists`.
            JoinType::LeftMark => left.into_iter().chain([ColumnSet::new()]).collect(),
            JoinType::RightMark => right.into_iter().chain([ColumnSet::new()]).collect(),
        }
    }

    /// Notes the columns of expressions that decide about rows.
    fn decide<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        schema: &DFSchema,
        sets: &[ColumnSet],
    ) {
        for expr in exprs {
            let set = self.expr(expr, schema, sets);
            self.used.extend(set);
        }
    }

    /// The columns that the values of an expression are made of.
    fn expr(&mut self, expr: &Expr, schema: &DFSchema, sets: &[ColumnSet]) -> ColumnSet {
        let mut from = ColumnSet::new();
        // The closure never fails, so neither does the walk.
        let _ = expr.apply(|expr| {
            if (self.ends)(expr) {
                return Ok(TreeNodeRecursion::Jump);
            }
            match expr {
                Expr::Column(column) => {
                    match schema.index_of_column(column).ok().and_then(|index| sets.get(index)) {
                        Some(set) => from.extend(set.iter().cloned()),
                        None => from.extend(union(sets)),
                    }
                }
                Expr::OuterReferenceColumn(_, column) => {
                    let known =
                        self.outer.iter().rev().find_map(|(schema, sets)| {
                            sets.get(schema.index_of_column(column).ok()?)
                        });
                    from.extend(known.into_iter().flatten().cloned());
                }
                Expr::AggregateFunction(call) => {
                    for argument in &call.params.args {
                        from.extend(self.expr(argument, schema, sets));
                    }
                    self.decide(call.params.filter.iter().map(|filter| &**filter), schema, sets);
                    self.decide(call.params.order_by.iter().map(|key| &key.expr), schema, sets);
                    return Ok(TreeNodeRecursion::Jump);
                }
                Expr::WindowFunction(call) => {
                    for argument in &call.params.args {
                        from.extend(self.expr(argument, schema, sets));
                    }
                    self.decide(&call.params.partition_by, schema, sets);
                    self.decide(call.params.order_by.iter().map(|key| &key.expr), schema, sets);
                    self.decide(call.params.filter.iter().map(|filter| &**filter), schema, sets);
                    return Ok(TreeNodeRecursion::Jump);
                }
                Expr::ScalarSubquery(subquery) => {
                    from.extend(self.subquery(subquery, schema, sets))
                }
                Expr::InSubquery(InSubquery { subquery, .. })
                | Expr::SetComparison(SetComparison { subquery, .. }) => {
                    from.extend(self.subquery(subquery, schema, sets));
                }
                Expr::Exists(Exists { subquery, .. }) => {
                    let decides = self.subquery(subquery, schema, sets);
                    self.used.extend(decides);
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        from
    }

    fn subquery(
        &mut self,
        subquery: &Subquery,
        schema: &DFSchema,
        sets: &[ColumnSet],
    ) -> ColumnSet {
        self.outer.push((schema.clone(), sets.to_vec()));
        let columns = self.plan(&subquery.subquery);
        self.outer.pop();
        union(&columns)
    }
}

fn union(sets: &[ColumnSet]) -> ColumnSet {
    sets.iter().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::datatypes::{DataType, Field, Schema},
        prelude::SessionContext,
    };

    use super::{super::sql::parse, *};

    /// Traces a query over `t(a, b, c)` and `u(a, d)`; columns as `output=inputs`, then what decides.
    fn traced(sql: &str, ends: Ends<'_>) -> String {
        let planner = Planner::new(&SessionContext::new().state());
        for (name, columns) in [("t", "abc"), ("u", "ad")] {
            let fields: Vec<Field> = columns
                .chars()
                .map(|name| Field::new(name.to_string(), DataType::Int64, true))
                .collect();
            planner.add(&TableName::new("core", name), Schema::new(fields).into()).unwrap();
        }
        let plan = planner.try_plan(&parse("x.sql", &sql.into()).unwrap()).unwrap();
        let lineage = trace(&plan, ends);
        let shown = |set: &ColumnSet| {
            let names = set.iter().map(|from| format!("{}.{}", from.table.name, from.column));
            names.collect::<Vec<_>>().join("+")
        };
        let columns = lineage.columns.iter().map(|(name, set)| format!("{name}={}", shown(set)));
        format!("{} | {}", columns.collect::<Vec<_>>().join(" "), shown(&lineage.used))
    }

    #[test]
    fn columns_are_followed_by_position() {
        for (sql, expected) in [
            (
                "select a, b + c as s, 1 as one from core.t where c > 0",
                "a=t.a s=t.b+t.c one= | t.c",
            ),
            ("select * from core.t", "a=t.a b=t.b c=t.c | "),
            (
                "with x as (select b as a, a as b from core.t) select a, b from x order by b",
                "a=t.b b=t.a | t.a",
            ),
            ("select t.a, d from core.t inner join core.u on u.a = t.b", "a=t.a d=u.d | t.b+u.a"),
            (
                "select a, sum(b) filter (where c > 0) as s, count(*) as n from core.t group by a",
                "a=t.a s=t.b n= | t.a+t.c",
            ),
            ("select a from core.t union all select d from core.u", "a=t.a+u.d | "),
            (
                "select a, sum(b) over (partition by c order by a) as s from core.t",
                "a=t.a s=t.b | t.a+t.c",
            ),
            (
                "select a, (select max(d) from core.u where u.a = t.b) as m from core.t",
                "a=t.a m=u.d | t.b+u.a",
            ),
            (
                "select a from core.t where exists (select 1 from core.u where u.a = t.b)",
                "a=t.a | t.b+u.a",
            ),
            (
                "with recursive r as (select a, b from core.t union all select b, c from r \
                 inner join core.t using (b)) select a, b from r",
                // b takes t.c in the first step, and a takes that from b in the next.
                "a=t.a+t.b+t.c b=t.b+t.c | t.b+t.c",
            ),
            (
                "select a, b, grouping(a) as g, sum(c) as s from core.t group by rollup (a, b)",
                "a=t.a b=t.b g= s=t.c | t.a+t.b",
            ),
            ("select unnest(make_array(a, b)) as x from core.t", "x=t.a+t.b | "),
        ] {
            assert_eq!(traced(sql, &|_| false), expected, "{sql}");
        }
    }

    #[test]
    fn nothing_flows_through_an_end() {
        let is_count = |expr: &Expr| matches!(expr, Expr::AggregateFunction(call) if call.func.name() == "count");
        let sql = "select count(b) as n, max(b) as m from core.t";
        assert_eq!(traced(sql, &is_count), "n= m=t.b | ");
    }

    #[test]
    fn upstream_follows_tables() {
        let column = |table: &str, column: &str| ColumnRef {
            table: TableName::parse(table).unwrap(),
            column: column.to_owned(),
        };
        let of = |name: &str, from: &[ColumnRef]| Lineage {
            columns: vec![(name.to_owned(), from.iter().cloned().collect())],
            used: ColumnSet::new(),
        };
        let lineages = BTreeMap::from([
            (TableName::new("marts", "m"), of("x", &[])),
            (TableName::new("marts", "n"), of("x", &[column("core.c", "y")])),
            (TableName::new("core", "c"), of("y", &[column("raw.r", "z")])),
        ]);
        let reached = upstream(&lineages, &column("marts.n", "x"));
        assert_eq!(reached, [column("core.c", "y"), column("raw.r", "z")].into());
        assert!(upstream(&lineages, &column("marts.m", "x")).is_empty());
    }
}
