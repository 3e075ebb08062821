/*!
Joins that stay within memory.

A hash join reads one of its sides into memory, and DataFusion's cannot spill it
(apache/datafusion#24768). DataFusion takes the side that it estimates to be the smaller one, and it
estimates that a join of ten million events with the one row that describes them returns one row:
where columns have no statistics, every value is expected to be different. So the choice is made here,
by what the sides can hold at most, and a plan whose built sides may be large together is made again
with sort-merge joins, which can spill. Two things are taken for granted: that joins by equal columns
are joins by a key, and how long texts are where nobody measured them.

Delete the second half when hash joins spill, and the first when DataFusion knows bounds.
*/

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, SchemaRef},
    common::{
        DataFusionError, JoinType, Result, Statistics,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    execution::{SessionState, SessionStateBuilder},
    logical_expr::LogicalPlan,
    physical_optimizer::optimizer::PhysicalOptimizer,
    physical_plan::{
        ExecutionPlan,
        aggregates::AggregateExec,
        execution_plan::CardinalityEffect,
        joins::{
            CrossJoinExec, HashJoinExec, NestedLoopJoinExec, PartitionMode, SortMergeJoinExec,
        },
        statistics::{StatisticsArgs, StatisticsContext},
        union::{InterleaveExec, UnionExec},
    },
};

use super::node_rule::{NodeRule, Replacement};

/// Puts the choice of sides in the place of DataFusion's.
pub(super) fn install(builder: SessionStateBuilder) -> SessionStateBuilder {
    let rules = PhysicalOptimizer::new().rules.into_iter();
    let rules = rules.map(|rule| match rule.name() {
        "join_selection" => NodeRule::shared("build_sides", with_build_side),
        _ => rule,
    });
    builder.with_physical_optimizer_rules(rules.collect())
}

/// Plans with hash joins if their built sides hold less than `limit` bytes, else with sort-merge joins.
pub(super) async fn plan_within(
    state: &SessionState,
    plan: &LogicalPlan,
    limit: usize,
) -> Result<Arc<dyn ExecutionPlan>> {
    let physical = state.create_physical_plan(plan).await?;
    if built_sides_fit(&physical, limit)? {
        return Ok(physical);
    }
    // The tables are shared with the session: a default catalog would take their place.
    let mut config = state.config().clone().with_create_default_catalog_and_schema(false);
    config.options_mut().optimizer.prefer_hash_join = false;
    SessionStateBuilder::new_from_existing(state.clone())
        .with_config(config)
        .build()
        .create_physical_plan(plan)
        .await
}

fn built_sides_fit(physical: &Arc<dyn ExecutionPlan>, limit: usize) -> Result<bool> {
    let mut bytes = Some(0_usize);
    physical.apply(|node| {
        if let Some(join) = node.downcast_ref::<HashJoinExec>() {
            bytes = bytes.zip(most_bytes(join.left())?).map(|(sum, own)| sum.saturating_add(own));
        }
        Ok(if bytes.is_some() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(bytes.is_some_and(|bytes| bytes <= limit))
}

/// A side that every thread may as well read whole.
const TINY: usize = 1 << 20;

/// The join built of the side that can hold less, on one thread if it is tiny.
fn with_build_side(node: &Arc<dyn ExecutionPlan>) -> Replacement {
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        choose(join)
    } else if let Some(join) = node.downcast_ref::<CrossJoinExec>() {
        swaps(join.left(), join.right())?.then(|| join.swap_inputs()).transpose()
    } else if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
        swaps_loop(join)?.then(|| join.swap_inputs()).transpose()
    } else {
        Ok(None)
    }
}

fn choose(join: &HashJoinExec) -> Replacement {
    // What is decided already has its reasons: nulls that count, or a single partition.
    if *join.partition_mode() != PartitionMode::Auto || join.null_aware {
        return Ok(None);
    }
    let swaps = join.join_type().supports_swap() && swaps(join.left(), join.right())?;
    let built = if swaps { join.right() } else { join.left() };
    let mode = match most_bytes(built)? {
        Some(bytes) if bytes <= TINY => PartitionMode::CollectLeft,
        _ => PartitionMode::Partitioned,
    };
    Ok(Some(match swaps {
        true => join.swap_inputs(mode)?,
        false => Arc::new(join.builder().with_partition_mode(mode).build()?),
    }))
}

/// Whether the right side surely holds less than the left one may.
fn swaps(left: &Arc<dyn ExecutionPlan>, right: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    Ok(match (most_bytes(left)?, most_bytes(right)?) {
        (Some(left), Some(right)) => right < left,
        (None, Some(_)) => true,
        (_, None) => false,
    })
}

/// Where memory is short, DataFusion's nested loops return the rows of a built side without a match
/// once for every partition of the other side: what has to keep its rows is built only if it is tiny.
fn swaps_loop(join: &NestedLoopJoinExec) -> Result<bool> {
    let keeps_left = matches!(
        join.join_type(),
        JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark
    );
    let is_large = || Ok::<_, DataFusionError>(most_bytes(join.left())?.is_none_or(|l| l > TINY));
    Ok(join.join_type().supports_swap()
        && (keeps_left && is_large()? || !keeps_left && swaps(join.left(), join.right())?))
}

/// What the rows of a plan take in memory at most; none if nobody knows.
fn most_bytes(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<usize>> {
    let width = row_width(&plan.schema());
    match plan.children()[..] {
        [] => {
            let statistics = statistics(plan)?;
            let measured = statistics.total_byte_size.get_value().copied().unwrap_or(0);
            let rows = statistics.num_rows.get_value();
            Ok(rows.map(|rows| rows.saturating_mul(width).max(measured)))
        }
        // Passes its input on, or a part of it.
        [input] if input.schema() == plan.schema() && plan.fetch().is_none() && !grows(plan) => {
            most_bytes(input)
        }
        _ => Ok(most_rows(plan)?.map(|rows| rows.saturating_mul(width))),
    }
}

fn statistics(plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<Statistics>> {
    StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new())
}

/// Whether an operator may return more rows than it reads.
fn grows(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let effect = plan.cardinality_effect();
    !matches!(effect, CardinalityEffect::Equal | CardinalityEffect::LowerEqual)
        || plan.downcast_ref::<AggregateExec>().is_some_and(|all| !all.group_expr().is_single())
}

/// How many rows a plan returns at most; none if nobody knows.
///
/// A join by equal columns is taken to find one row of one side for each row of the other, as joins
/// by a key do.
fn most_rows(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<usize>> {
    let children = plan.children();
    let both = |combine: fn(usize, usize) -> usize| -> Result<Option<usize>> {
        Ok(most_rows(children[0])?.zip(most_rows(children[1])?).map(|(l, r)| combine(l, r)))
    };
    let joined = |of: JoinType, matches: fn(usize, usize) -> usize| match of {
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => most_rows(children[0]),
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => most_rows(children[1]),
        JoinType::Inner => both(matches),
        // Those without a match come on top.
        JoinType::Left | JoinType::Right | JoinType::Full => {
            let kept = both(usize::saturating_add)?;
            Ok(both(matches)?.zip(kept).map(|(matches, kept)| matches.saturating_add(kept)))
        }
    };
    let rows = if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        joined(*join.join_type(), usize::max)?
    } else if let Some(join) = plan.downcast_ref::<SortMergeJoinExec>() {
        joined(join.join_type(), usize::max)?
    } else if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        joined(*join.join_type(), usize::saturating_mul)?
    } else if plan.is::<CrossJoinExec>() {
        both(usize::saturating_mul)?
    } else if plan.is::<UnionExec>() || plan.is::<InterleaveExec>() {
        let rows = children.into_iter().map(most_rows).collect::<Result<Option<Vec<usize>>>>()?;
        rows.map(|rows| rows.into_iter().fold(0, usize::saturating_add))
    } else if plan.downcast_ref::<AggregateExec>().is_some_and(|all| all.group_expr().is_empty()) {
        Some(partitions(plan))
    } else {
        match children[..] {
            [] => statistics(plan)?.num_rows.get_value().copied(),
            [child] if !grows(plan) => most_rows(child)?,
            _ => None,
        }
    };
    let fetch = plan.fetch().map(|fetch| fetch.saturating_mul(partitions(plan)));
    Ok(match (rows, fetch) {
        (Some(rows), Some(fetch)) => Some(rows.min(fetch)),
        (rows, fetch) => rows.or(fetch),
    })
}

fn partitions(plan: &Arc<dyn ExecutionPlan>) -> usize {
    plan.properties().output_partitioning().partition_count()
}

/// Bytes of a row and of its place in a hash table.
fn row_width(schema: &SchemaRef) -> usize {
    let widths = schema.fields().iter().map(|field| match field.data_type() {
        // Identifiers are 32 characters.
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => 40,
        other => other.primitive_width().unwrap_or(if other.is_nested() { 200 } else { 8 }),
    });
    widths.sum::<usize>() + 16
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    const MANY: usize = 100_000;

    /// A session that knows `many` numbers and two tables that describe them.
    async fn context() -> SessionContext {
        let config = SessionConfig::new().with_target_partitions(2);
        let builder = SessionStateBuilder::new().with_default_features().with_config(config);
        let context = SessionContext::new_with_state(install(builder).build());
        for sql in [
            &format!(
                "create table many as select 'k' as kind, value as n from generate_series(1, {MANY}) as t(value)"
            ),
            "create table kinds as select 'k' as kind, 60 as timeout",
            "create table stages as select 'k' as kind, value as n from generate_series(1, 5) as t(value)",
        ] {
            context.sql(sql).await.unwrap().collect().await.unwrap();
        }
        context
    }

    async fn shown(context: &SessionContext, sql: &str, limit: usize) -> String {
        let state = context.state();
        let plan = state.create_logical_plan(sql).await.unwrap();
        let physical = plan_within(&state, &plan, limit).await.unwrap();
        datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string()
    }

    #[tokio::test]
    async fn a_large_build_side_becomes_a_merge_and_the_tables_stay() {
        let context = context().await;
        let join = "select count(*) from many as a inner join many as b on a.n = b.n";
        assert!(shown(&context, join, 1 << 30).await.contains("HashJoinExec"));
        assert!(shown(&context, join, 0).await.contains("SortMergeJoinExec"));
        assert!(context.table("many").await.is_ok());
    }

    #[tokio::test]
    async fn the_guess_at_what_a_filter_keeps_is_not_trusted() {
        let context = context().await;
        // Of an unknown predicate a fifth is expected to pass: less than half of the table.
        let half = "(select n from many where n % 2 = 0)";
        let join = format!("select count(*) from {half} as a join {half} as b on a.n = b.n");
        let whole = MANY * (8 + 16);
        assert!(shown(&context, &join, whole / 2).await.contains("SortMergeJoinExec"));
        assert!(shown(&context, &join, whole).await.contains("HashJoinExec"));
    }

    #[tokio::test]
    async fn what_describes_rows_is_built_and_not_the_rows() {
        let context = context().await;
        let sql = "select many.n, kinds.timeout, stages.n as stage, numbers.most from many \
                   inner join kinds on many.kind = kinds.kind \
                   left join stages on many.kind = stages.kind and many.n = stages.n \
                   cross join (select max(n) as most from many where n % 2 = 0) as numbers";
        // More than any of the small tables takes, and less than the numbers.
        let plan = shown(&context, sql, MANY * 8).await;
        assert!(!plan.contains("SortMergeJoinExec"), "{plan}");
        let lines: Vec<&str> = plan.lines().map(str::trim_start).collect();
        let cross = lines.iter().position(|line| line.starts_with("CrossJoinExec")).unwrap();
        assert!(!lines[cross + 1].contains("Join"), "{plan}");
        assert!(plan.contains("join_type=Right, "), "{plan}");
        let rows = context.sql(sql).await.unwrap().collect().await.unwrap();
        assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), MANY);
    }
}
