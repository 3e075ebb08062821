/*!
Rows that a table holds in the order that is asked for are not sorted.

Exports are mostly written in the order of their ids or their times, and loaded rows keep it. Sorting
them would copy every row twice to change nothing.
*/

use std::sync::Arc;

use datafusion::{
    datasource::source::DataSourceExec,
    physical_expr::{PhysicalSortExpr, expressions::Column},
    physical_plan::{
        ExecutionPlan,
        coop::CooperativeExec,
        projection::ProjectionExec,
        replace_children_if_necessary,
        sorts::{sort::SortExec, sort_preserving_merge::SortPreservingMergeExec},
    },
};

use super::{node_rule::Replacement, scan::StoredScan};

/// The rows that this node sorts, if they are in order as they are held.
pub(super) fn as_held(node: &Arc<dyn ExecutionPlan>) -> Replacement {
    let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>() else { return Ok(None) };
    if merge.fetch().is_some() {
        return Ok(None);
    }
    in_order(merge.input(), merge.expr())
}

/// What `plan` reads, unsorted, in one partition and in this order, if it is held so.
fn in_order(plan: &Arc<dyn ExecutionPlan>, order: &[PhysicalSortExpr]) -> Replacement {
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
    use std::path::Path;

    use datafusion::{
        arrow::{
            array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
            datatypes::Int64Type,
            util::pretty::pretty_format_batches,
        },
        physical_plan::displayable,
    };

    use super::*;
    use crate::engine::{Engine, StoredTable, tests::engine};

    /// A table of 1,000 batches of ten rows, whose `n` ascends but for one that comes too late, if
    /// any; `half` repeats, and two rows in a hundred are null. In memory, or in a file of the folder.
    fn register(engine: &Engine, late: Option<i64>, folder: Option<&Path>) {
        let batch = |from: i64| {
            let numbers = (from..from + 10).map(|n| if Some(n) == late { n - 1_000 } else { n });
            let halves = (from..from + 10).map(|n| (n < 9_800).then_some(n / 2));
            let texts = (from..from + 10).map(|n| format!("{n:05}"));
            RecordBatch::try_from_iter_with_nullable([
                ("half", Arc::new(halves.collect::<Int64Array>()) as ArrayRef, true),
                ("n", Arc::new(numbers.collect::<Int64Array>()), false),
                ("text", Arc::new(StringArray::from_iter_values(texts)), false),
            ])
            .unwrap()
        };
        let writer = engine.writer("t", batch(0).schema());
        let mut part = writer.part();
        (0..10_000).step_by(10).for_each(|from| part.write(batch(from)).unwrap());
        part.finish().unwrap();
        let mut table = writer.finish().unwrap();
        if let Some(folder) = folder {
            table.save(folder, "t").unwrap();
            table = StoredTable::open(folder, "t", batch(0).schema(), table.size()).unwrap();
            assert_eq!(table.files().len(), 1);
        }
        engine.register("core", "t", Arc::new(table)).unwrap();
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
        let (engine, folder) = engine(1 << 30);
        for held in [None, Some(folder.path())] {
            register(&engine, None, held);
            for (sql, sorts) in [
                ("select * from core.t order by n", false),
                ("select * from core.t order by half, n", false),
                ("select text as a, n as b from core.t order by a", false),
                ("select n, half from core.t order by half, n", false),
                ("select n as a, n as b from core.t order by a, b desc", false),
                ("select text || 'x' as a, n as b from core.t order by b", true),
                ("select * from core.t order by half nulls first, n", true),
                ("select * from core.t order by half desc, n", true),
                ("select * from core.t order by n desc", true),
                ("select -n as n from core.t order by n", true),
                ("select * from core.t where n > 5 order by n", true),
                ("select * from core.t order by n limit 3", true),
            ] {
                let plan = plan(&engine, sql).await;
                assert_eq!(plan.contains("SortExec"), sorts, "{held:?} {sql}\n{plan}");
            }
        }
    }

    /// As it is found in the cache: in a file of fewer blocks than there are partitions, alone, when
    /// its rows are in order, or beside batches in memory, when there is no order between them.
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
                let sql = "select n from core.t order by n";
                let shown = plan(&tight, sql).await;
                assert_eq!(shown.contains("SortExec"), in_memory > 0, "{shown}");
                let rows = tight.context().sql(sql).await.unwrap().collect().await.unwrap();
                assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), expected);
            }
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                drop(std::fs::remove_file(file.path()));
            }
        }
    }

    /// The last row, the first of the last block, one in the middle of a block, and none.
    #[tokio::test]
    async fn one_row_too_late_is_found_and_sorted() {
        let folder = tempfile::tempdir().unwrap();
        for late in [Some(9_999), Some(9_990), Some(5_005), None] {
            for held in [None, Some(folder.path())] {
                let (engine, _folder) = engine(1 << 30);
                register(&engine, late, held);
                let sql = "select n from core.t order by n, text";
                let sorts = plan(&engine, sql).await.contains("SortExec");
                assert_eq!(sorts, late.is_some(), "{late:?} {held:?}");
                let rows = engine.context().sql(sql).await.unwrap().collect().await.unwrap();
                let rows = pretty_format_batches(&rows).unwrap().to_string();
                let numbers =
                    rows.lines().filter_map(|line| line.trim_matches(['|', ' ']).parse().ok());
                let numbers: Vec<i64> = numbers.collect();
                assert!(numbers.len() == 10_000 && numbers.is_sorted(), "{late:?} {held:?}");
            }
        }
    }

    /// In memory while it is small, in one file beyond, in the order that it was written.
    #[tokio::test]
    async fn what_is_loaded_keeps_its_order() {
        let (engine, _folder) = engine(1 << 30);
        const ROWS: i64 = 100_000;
        for (batches, files) in [(3, 0), (60, 1)] {
            let batch = |from: i64| {
                let keys = Arc::new(Int64Array::from_iter_values(from..from + ROWS)) as ArrayRef;
                RecordBatch::try_from_iter([("n", keys)]).unwrap()
            };
            let writer = engine.loader("t", batch(0).schema());
            let mut part = writer.part();
            (0..batches).for_each(|number| part.write(batch(number * ROWS)).unwrap());
            part.finish().unwrap();
            let table = writer.finish().unwrap();
            assert_eq!(table.files().len(), files);
            engine.register("core", "t", Arc::new(table)).unwrap();
            let sql = "select n from core.t order by n";
            assert!(!plan(&engine, sql).await.contains("SortExec"));
            let rows = engine.context().sql(sql).await.unwrap().collect().await.unwrap();
            let numbers =
                rows.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
            assert!(numbers.copied().eq(0..batches * ROWS));
        }
    }

    /// A result of the cache that was evicted and made again while a run still reads it.
    #[tokio::test]
    async fn a_file_that_is_another_one_now_is_not_read() {
        let (engine, folder) = engine(1 << 30);
        register(&engine, None, Some(folder.path()));
        let (another, _folder) = crate::engine::tests::engine(1 << 30);
        register(&another, Some(5_005), Some(folder.path()));
        let read = engine.context().sql("select sum(n) from core.t").await.unwrap().collect().await;
        let error = read.unwrap_err().to_string();
        assert!(error.contains("made again while it was read"), "{error}");
    }
}
