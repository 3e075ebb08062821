/*!
A query planned in parts: each CTE by itself, then the body.

DataFusion puts the whole plan of a CTE in place of its name, and walks all of that again for every
column that its readers select: time grows with the square of a file's length. Here a CTE stands in
its readers as an empty relation of its columns, which is all that they see of it. The parts put
together are the plan that DataFusion makes of the whole, except where it looks through a CTE: for
`using` joins, whose columns `*` returns once, and for `order by` and `limit`, which decide about
each other across queries. Such a CTE is put in whole, and a query with a correlated subquery, whose
inside is judged down to the tables, is planned as one.
*/

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::{
        DFSchemaRef, TableReference,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    error::Result,
    logical_expr::{
        EmptyRelation, Join, JoinConstraint, LogicalPlan, LogicalPlanBuilder,
        planner::ContextProvider,
    },
    sql::{
        planner::{IdentNormalizer, ParserOptions, PlannerContext, SqlToRel},
        sqlparser::ast::{Query, Statement, With},
    },
};

/// A query's plan with types settled: the CTEs that are read, each before its readers, then the
/// body.
pub(crate) struct Parts(Vec<Part>);

/// One of the plans, and the columns by which its readers refer to it.
pub(crate) struct Part {
    pub(crate) plan: LogicalPlan,
    /// What an empty relation in a later part holds that stands for this one: the same allocation.
    columns: DFSchemaRef,
}

impl Parts {
    /// A plan of one part.
    pub(crate) fn whole(plan: LogicalPlan) -> Self {
        let columns = Arc::clone(plan.schema());
        Self(vec![Part { plan, columns }])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }

    /// The plan whose rows the query returns.
    pub(crate) fn body(&self) -> &LogicalPlan {
        &self.0[self.0.len() - 1].plan
    }

    /// The columns that the query returns.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(self.body().schema().inner())
    }
}

impl Part {
    /// Whether a relation stands for this part.
    pub(crate) fn is(&self, relation: &EmptyRelation) -> bool {
        Arc::ptr_eq(&self.columns, &relation.schema)
    }
}

/// Plans a query in parts; none where that needs a plan of the whole.
pub(super) fn plan(
    provider: &impl ContextProvider,
    options: ParserOptions,
    query: Query,
) -> Result<Option<Parts>> {
    let mut query = query;
    let with = query.with.take();
    if with.as_ref().is_some_and(|with| !is_plain(with)) {
        return Ok(None);
    }
    let names = IdentNormalizer::new(options.enable_ident_normalization);
    let planner = SqlToRel::new_with_options(provider, options);
    let mut context = PlannerContext::new();
    let mut parts = Vec::new();
    for cte in with.into_iter().flat_map(|with| with.cte_tables) {
        let name = names.normalize(cte.alias.name);
        if context.contains_cte(&name) {
            return Ok(None);
        }
        let query = Statement::Query(cte.query);
        let mut plan = planner.sql_statement_to_plan_with_context(query, &mut context)?;
        if !is_looked_through(&plan)? {
            let columns = Arc::clone(plan.schema());
            let relation = EmptyRelation { produce_one_row: false, schema: Arc::clone(&columns) };
            parts.push(Part { plan, columns });
            plan = LogicalPlan::EmptyRelation(relation);
        }
        let alias = TableReference::bare(name.as_str());
        let named = LogicalPlanBuilder::from(plan).alias(alias)?.build()?;
        context.insert_cte(name, named);
    }
    let body = Statement::Query(Box::new(query));
    let plan = planner.sql_statement_to_plan_with_context(body, &mut context)?;
    let columns = Arc::clone(plan.schema());
    parts.push(Part { plan, columns });
    Ok(read(parts)?.map(Parts))
}

fn is_plain(with: &With) -> bool {
    !with.recursive && with.cte_tables.iter().all(|cte| cte.alias.columns.is_empty())
}

/// Whether the planner would look through the plan of a CTE.
fn is_looked_through(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|plan| {
        found = matches!(
            plan,
            LogicalPlan::Sort(_)
                | LogicalPlan::Limit(_)
                | LogicalPlan::Join(Join { join_constraint: JoinConstraint::Using, .. })
        );
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// The parts that the body reads, as a plan of the whole holds no others; none if a subquery is
/// correlated.
fn read(parts: Vec<Part>) -> Result<Option<Vec<Part>>> {
    let mut is_read = vec![false; parts.len()];
    if let Some(body) = is_read.last_mut() {
        *body = true;
    }
    let mut is_correlated = false;
    for reader in (0..parts.len()).rev() {
        if !is_read[reader] {
            continue;
        }
        parts[reader].plan.apply_with_subqueries(|plan| {
            match plan {
                LogicalPlan::EmptyRelation(relation) => {
                    if let Some(known) = parts[..reader].iter().position(|part| part.is(relation)) {
                        is_read[known] = true;
                    }
                }
                LogicalPlan::Subquery(subquery) => {
                    is_correlated |= !subquery.outer_ref_columns.is_empty();
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    if is_correlated {
        return Ok(None);
    }
    let read = parts.into_iter().zip(is_read).filter_map(|(part, is_read)| is_read.then_some(part));
    Ok(Some(read.collect()))
}

impl Parts {
    /// Settles types part by part, each over what its inputs turned out to be.
    pub(super) fn analyze(
        mut self,
        analyze: impl Fn(LogicalPlan) -> Result<LogicalPlan>,
    ) -> Result<Self> {
        // The columns that readers were planned with, where they came to differ.
        let mut changed: Vec<(DFSchemaRef, DFSchemaRef)> = Vec::new();
        let mut settled = Vec::with_capacity(self.0.len());
        for Part { plan, columns } in self.0.drain(..) {
            let plan = analyze(over(plan, &changed)?)?;
            let found = Arc::clone(plan.schema());
            let columns = if found == columns {
                columns
            } else {
                changed.push((columns, Arc::clone(&found)));
                found
            };
            settled.push(Part { plan, columns });
        }
        Ok(Self(settled))
    }
}

/// The plan over relations whose columns changed.
fn over(plan: LogicalPlan, changed: &[(DFSchemaRef, DFSchemaRef)]) -> Result<LogicalPlan> {
    if changed.is_empty() {
        return Ok(plan);
    }
    let replaced = plan.transform_down_with_subqueries(|plan| {
        let LogicalPlan::EmptyRelation(relation) = &plan else { return Ok(Transformed::no(plan)) };
        let known = changed.iter().find(|(before, _)| Arc::ptr_eq(before, &relation.schema));
        Ok(match known {
            None => Transformed::no(plan),
            Some((_, now)) => Transformed::yes(LogicalPlan::EmptyRelation(EmptyRelation {
                produce_one_row: false,
                schema: Arc::clone(now),
            })),
        })
    })?;
    Ok(replaced.data)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use datafusion::{
        arrow::datatypes::{DataType, Field, Schema},
        execution::SessionState,
        prelude::SessionContext,
    };

    use super::{
        super::{
            super::{name::TableName, sql::parse},
            Planner,
        },
        *,
    };
    use crate::run::project::{Project, ProjectOptions};

    /// The parts put together: every relation that stands for a part is that part again.
    fn assembled(parts: Parts) -> LogicalPlan {
        let mut whole: Vec<(DFSchemaRef, LogicalPlan)> = Vec::new();
        for Part { plan, columns } in parts.0 {
            let plan = plan.transform_down_with_subqueries(|plan| {
                let LogicalPlan::EmptyRelation(relation) = &plan else {
                    return Ok(Transformed::no(plan));
                };
                let known = whole.iter().find(|(stands, _)| Arc::ptr_eq(stands, &relation.schema));
                Ok(match known {
                    // What is put in is whole already.
                    Some((_, part)) => {
                        Transformed::new(part.clone(), true, TreeNodeRecursion::Jump)
                    }
                    None => Transformed::no(plan),
                })
            });
            whole.push((columns, plan.unwrap().data));
        }
        whole.pop().unwrap().1
    }

    /// How many parts a query comes in; asserts that together they are the plan of the whole.
    fn parts_of(planner: &Planner, query: &Query) -> usize {
        let parts = planner.try_plan_parts(query).unwrap();
        let (count, schema) = (parts.0.len(), parts.schema());
        let whole = planner.try_plan(query).unwrap();
        let shown = |plan: &LogicalPlan| plan.display_indent_schema().to_string();
        assert_eq!(shown(&assembled(parts)), shown(&whole), "{query}");
        assert_eq!(schema, *whole.schema().inner(), "{query}");
        count
    }

    /// A planner that knows `core.t(a, b, c)` and `core.u(a, d)`.
    fn planner(state: &SessionState) -> Planner {
        let planner = Planner::new(state);
        for (name, columns) in [("t", "abc"), ("u", "ad")] {
            let fields: Vec<Field> = columns
                .chars()
                .map(|name| Field::new(name.to_string(), DataType::Int64, true))
                .collect();
            planner.add(&TableName::new("core", name), Schema::new(fields).into()).unwrap();
        }
        planner
    }

    #[test]
    fn parts_together_are_the_plan_of_the_whole() {
        let planner = planner(&SessionContext::new().state());
        for (sql, count) in [
            ("select a, b from core.t", 1),
            ("with x as (select a from core.t), y as (select a from x) select a from y", 3),
            // Read twice, planned once.
            (
                "with x as (select a from core.t) select l.a from x as l inner join x as r on l.a = r.a",
                2,
            ),
            // What nobody reads is no part, like its own inputs.
            ("with x as (select a from core.t), y as (select a from x) select b from core.t", 1),
            // Types that analysis changes reach the readers.
            (
                "with x as (select case when a > 0 then 1 else 2.5 end as n from core.t), \
                 y as (select n * 2 as m from x) select m + 1 as k from y",
                3,
            ),
            ("with x as (select a from core.t union all select 1.5 as a) select a from x", 2),
            (
                "with x as (select a, count(*) as n from core.t group by a) select a, n from x group by a",
                2,
            ),
            (
                "with x as (select a from core.u) select a from core.t where a in (select a from x)",
                2,
            ),
            // A correlated subquery is judged down to the tables.
            (
                "with x as (select a, max(d) as d from core.u group by a) \
                 select a, (select max(d) from x where x.a = t.a) as d from core.t",
                1,
            ),
            (
                "with x as (select a from core.u) select a from core.t where exists (select 1 from x where x.a = t.b)",
                1,
            ),
            // The planner looks through these CTEs.
            (
                "with x as (select t.b, u.d from core.t inner join core.u using (a)) select * from x",
                1,
            ),
            ("with x as (select a from core.t order by a) select a from x", 1),
            ("with x as (select a from core.t order by a limit 3) select a from x", 1),
            (
                "with x as (select a from core.t order by a), y as (select a from x) select a from y",
                2,
            ),
            // Not cut: recursion, names of columns behind the name of the CTE.
            (
                "with recursive x as (select a from core.t union all select a + 1 from x where a < 9) select a from x",
                1,
            ),
            ("with x(z) as (select a from core.t) select z from x", 1),
            // A subquery with CTEs of its own is one part with the query around it.
            (
                "with x as (select a from core.t) \
                 select a from (with y as (select b as a from core.t) select y.a from y cross join x) as s",
                2,
            ),
            ("with x as (select 1 as one) select one from x", 2),
            ("with x as (select a from generate_series(1, 3) as s(a)) select a from x", 1),
        ] {
            let query = parse("x.sql", &sql.into()).unwrap();
            assert_eq!(parts_of(&planner, &query), count, "{sql}");
        }
    }

    #[test]
    fn shipped_sql_is_planned_in_parts() {
        let pipeline =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/customer_journey.yaml");
        let options = ProjectOptions { pipeline: Some(pipeline), ..ProjectOptions::default() };
        let project = Project::open(&options).unwrap();
        let state = project.planner().unwrap().state();
        let planner = Planner::new(&state);
        for (name, schema) in project.catalog.check(&state).schemas {
            planner.add(&name, schema).unwrap();
        }
        let queries = project.catalog.tables.values().filter_map(|node| node.query.as_deref());
        let counts: Vec<usize> = queries.map(|query| parts_of(&planner, query)).collect();
        let cut = counts.iter().filter(|count| **count > 1).count();
        assert!(cut * 3 > counts.len(), "{cut} of {} queries", counts.len());
    }
}
