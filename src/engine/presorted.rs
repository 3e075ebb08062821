/*!
Rows that a table in memory holds in the order that is asked for are not sorted.

Exports are mostly written in the order of their ids or their times, and loaded rows keep it. Sorting
them would copy every row twice to change nothing.
*/

use std::sync::Arc;

use datafusion::{
    common::{
        Result,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNode},
    },
    datasource::source::DataSourceExec,
    physical_expr::{PhysicalSortExpr, expressions::Column},
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ExecutionPlan,
        coop::CooperativeExec,
        projection::ProjectionExec,
        replace_children_if_necessary,
        sorts::{sort::SortExec, sort_preserving_merge::SortPreservingMergeExec},
    },
};

use super::scan::StoredScan;

/// Leaves out sorts of whole tables that are in order.
#[derive(Debug)]
pub(super) struct Presorted;

impl PhysicalOptimizerRule for Presorted {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match as_held(&node)? {
                Some(rows) => Transformed::yes(rows),
                None => Transformed::no(node),
            })
        })
        .map(|done| done.data)
    }

    fn name(&self) -> &str {
        "presorted"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The rows that this node sorts, if they are in order as they are held.
fn as_held(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>() else { return Ok(None) };
    if merge.fetch().is_some() {
        return Ok(None);
    }
    in_order(merge.input(), merge.expr())
}

/// What `plan` reads, unsorted, in one partition and in this order, if it is held so.
fn in_order(
    plan: &Arc<dyn ExecutionPlan>,
    order: &[PhysicalSortExpr],
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        return if sort.fetch().is_none() { in_order(sort.input(), order) } else { Ok(None) };
    }
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        // What computes is better done by several threads than spared a sort.
        if projection.expr().iter().any(|read| read.expr.downcast_ref::<Column>().is_none()) {
            return Ok(None);
        }
        let below = |key: &PhysicalSortExpr| {
            let column = key.expr.downcast_ref::<Column>()?;
            let read = projection.expr().get(column.index())?;
            Some(PhysicalSortExpr { expr: Arc::clone(&read.expr), options: key.options })
        };
        let Some(order) = order.iter().map(below).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let Some(rows) = in_order(projection.input(), &order)? else { return Ok(None) };
        return replace_children_if_necessary(Arc::clone(plan), vec![rows]).map(Some);
    }
    let source = plan.downcast_ref::<DataSourceExec>();
    let scan = source.and_then(|source| source.data_source().downcast_ref::<StoredScan>());
    let Some(scan) = scan else { return Ok(None) };
    // The merge was what let a task be stopped while it reads.
    let in_order = scan.in_order(order)?.map(DataSourceExec::from_data_source);
    Ok(in_order.map(|rows| Arc::new(CooperativeExec::new(rows)) as _))
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::{ArrayRef, Int64Array, RecordBatch, StringArray},
            util::pretty::pretty_format_batches,
        },
        physical_plan::displayable,
    };

    use super::*;
    use crate::engine::{Engine, StoredTable, tests::engine};

    /// A table of 1,000 batches of ten rows, whose `n` ascends but for one that comes too late, if
    /// any; `half` repeats, and two rows in a hundred are null.
    fn register(engine: &Engine, late: Option<i64>) {
        let batch = |from: i64| {
            let numbers = (from..from + 10).map(|n| if Some(n) == late { n - 1_000 } else { n });
            let halves = (from..from + 10).map(|n| (n < 9_800).then_some(n / 2));
            let texts = (from..from + 10).map(|n| format!("{n:05}"));
            RecordBatch::try_from_iter([
                ("half", Arc::new(halves.collect::<Int64Array>()) as ArrayRef),
                ("n", Arc::new(numbers.collect::<Int64Array>())),
                ("text", Arc::new(StringArray::from_iter_values(texts))),
            ])
            .unwrap()
        };
        let writer = engine.writer("t", batch(0).schema());
        let mut part = writer.part();
        (0..10_000).step_by(10).for_each(|from| part.write(batch(from)).unwrap());
        part.finish().unwrap();
        engine.register("core", "t", Arc::new(writer.finish().unwrap())).unwrap();
    }

    async fn plan(engine: &Engine, sql: &str) -> String {
        let plan = engine.state().create_logical_plan(sql).await.unwrap();
        let physical = engine.physical(&plan).await.unwrap();
        let shown = displayable(physical.as_ref()).indent(false).to_string();
        assert_eq!(physical.properties().output_partitioning().partition_count(), 1, "{shown}");
        shown
    }

    #[tokio::test]
    async fn only_what_is_out_of_order_is_sorted() {
        let (engine, _folder) = engine(1 << 30);
        register(&engine, None);
        for (sql, sorts) in [
            ("select * from core.t order by n", false),
            ("select * from core.t order by half, n", false),
            ("select text as a, n as b from core.t order by a", false),
            ("select text || 'x' as a, n as b from core.t order by b", true),
            ("select * from core.t order by half nulls first, n", true),
            ("select * from core.t order by n desc", true),
            ("select -n as n from core.t order by n", true),
            ("select * from core.t where n > 5 order by n", true),
            ("select * from core.t order by n limit 3", true),
        ] {
            let plan = plan(&engine, sql).await;
            assert_eq!(plan.contains("SortExec"), sorts, "{sql}\n{plan}");
        }
    }

    /// As it is found in the cache: in a file of fewer blocks than there are partitions, alone or
    /// beside batches in memory.
    #[tokio::test]
    async fn rows_in_files_are_all_there() {
        let (tight, folder) = engine(8 << 20);
        let keys = |from: i64, to: i64| {
            let keys = Arc::new(Int64Array::from_iter_values(from..to)) as ArrayRef;
            RecordBatch::try_from_iter([("n", keys)]).unwrap()
        };
        for in_memory in 0..4 {
            let writer = tight.writer("t", keys(0, 1).schema());
            let mut part = writer.part();
            for batch in 0..in_memory {
                part.write(keys(batch * 10, batch * 10 + 10)).unwrap();
            }
            part.finish().unwrap();
            let mut part = writer.part();
            part.write(keys(100, 300_000)).unwrap();
            part.finish().unwrap();
            let table = writer.finish().unwrap();
            assert_eq!(table.files().len(), 1, "8 MB / 8 cannot hold the rows");
            let expected = 299_900 + 10 * in_memory as usize;
            table.save(folder.path(), "t").unwrap();
            let (schema, size) = (keys(0, 1).schema(), table.size());
            let kept = StoredTable::open(folder.path(), "t", schema, size).unwrap();
            for table in [table, kept] {
                tight.register("core", "t", Arc::new(table)).unwrap();
                let rows = tight.context().sql("select n from core.t order by n").await.unwrap();
                let rows = rows.collect().await.unwrap();
                assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), expected);
            }
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                drop(std::fs::remove_file(file.path()));
            }
        }
    }

    #[tokio::test]
    async fn one_row_too_late_is_found_and_sorted() {
        for late in [9_999, 9_990, 5_005] {
            let (engine, _folder) = engine(1 << 30);
            register(&engine, Some(late));
            let sql = "select n from core.t order by n, text";
            assert!(plan(&engine, sql).await.contains("SortExec"), "{late}");
            let rows = engine.context().sql(sql).await.unwrap().collect().await.unwrap();
            let rows = pretty_format_batches(&rows).unwrap().to_string();
            let numbers =
                rows.lines().filter_map(|line| line.trim_matches(['|', ' ']).parse().ok());
            let numbers: Vec<i64> = numbers.collect();
            assert!(numbers.len() == 10_000 && numbers.is_sorted(), "{late}");
        }
    }
}
