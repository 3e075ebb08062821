/*!
Window results that own their memory.

DataFusion's bounded window keeps all rows that wait for an answer in one batch and hands out slices
of it. A sort that buffers such a slice keeps, and is charged for, the whole: a batch of thousands of
rows counts as hundreds of megabytes, and no memory limit is enough. Here a slice much smaller than
what it holds on to is copied. Delete this rule when the window compacts what it emits.
*/

use std::{fmt, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, RecordBatch, UInt32Array},
        compute::take_record_batch,
    },
    common::{Result, Statistics, exec_datafusion_err, tree_node::TreeNodeRecursion},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::PhysicalExpr,
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
        ReplaceChildrenOptions,
        execution_plan::CardinalityEffect,
        statistics::{ChildStats, StatisticsArgs},
        stream::RecordBatchStreamAdapter,
        windows::BoundedWindowAggExec,
    },
};
use futures::StreamExt;

use crate::engine::node_rule::Replacement;

/// A [`CompactExec`] over the node, if it is a bounded window.
pub(super) fn compacted(node: &Arc<dyn ExecutionPlan>) -> Replacement {
    let is_window = node.downcast_ref::<BoundedWindowAggExec>().is_some();
    Ok(is_window.then(|| {
        let (input, properties) = (Arc::clone(node), Arc::clone(node.properties()));
        Arc::new(CompactExec { input, properties }) as _
    }))
}

#[derive(Debug)]
struct CompactExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for CompactExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("CompactExec")
    }
}

impl ExecutionPlan for CompactExec {
    fn name(&self) -> &str {
        "CompactExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => {
                let properties = Arc::clone(input.properties());
                Ok(Arc::new(Self { input, properties }))
            }
            _ => Err(exec_datafusion_err!("CompactExec reads one input")),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.replace_children(children, options)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let batches = self.input.execute(partition, context)?.map(|batch| compact(batch?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.input.schema(), batches)))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(Arc::clone(&inputs[0]))
    }
}

/// Copies a batch that holds on to more than twice what it shows.
fn compact(batch: RecordBatch) -> Result<RecordBatch> {
    let shown = batch
        .columns()
        .iter()
        .map(|column| column.to_data().get_slice_memory_size())
        .sum::<std::result::Result<usize, _>>()?;
    if batch.get_array_memory_size() <= 2 * shown {
        return Ok(batch);
    }
    let rows = u32::try_from(batch.num_rows()).map_err(|_| {
        exec_datafusion_err!("a batch of {} rows is beyond all limits", batch.num_rows())
    })?;
    Ok(take_record_batch(&batch, &UInt32Array::from_iter_values(0..rows))?)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringArray;

    use super::*;

    #[test]
    fn a_small_slice_lets_go_of_the_rest() {
        let texts: StringArray = (0..10_000).map(|row| Some(format!("row {row}"))).collect();
        let whole = RecordBatch::try_from_iter([("text", Arc::new(texts) as _)]).unwrap();
        let slice = whole.slice(5_000, 10);
        let copied = compact(slice.clone()).unwrap();
        assert_eq!(copied, slice);
        assert!(slice.get_array_memory_size() > 100_000);
        assert!(copied.get_array_memory_size() < 1_000);
        let kept = compact(whole.clone()).unwrap();
        assert_eq!(kept.get_array_memory_size(), whole.get_array_memory_size());
        assert_eq!(compact(whole.slice(0, 0)).unwrap().num_rows(), 0);
    }

    #[tokio::test]
    async fn windows_of_a_session_are_compacted() {
        let builder = datafusion::execution::SessionStateBuilder::new().with_default_features();
        let state = super::super::install(builder).build();
        let context = datafusion::prelude::SessionContext::new_with_state(state);
        let sql = "select value, lag(value) over (order by value) as before
            from generate_series(1, 3) as t(value)";
        let frame = context.sql(sql).await.unwrap();
        let plan = frame.clone().create_physical_plan().await.unwrap();
        let shown = datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string();
        assert!(shown.contains("CompactExec\n"), "{shown}");
        assert_eq!(frame.count().await.unwrap(), 3);
    }
}
