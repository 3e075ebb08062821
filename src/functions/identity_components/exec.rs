/*!
The operator: reads everything, links, then streams what was asked.
*/

use std::{fmt, sync::Arc};

use datafusion::{
    common::{exec_datafusion_err, tree_node::TreeNodeRecursion},
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext, memory_pool::MemoryConsumer},
    physical_expr::{Distribution, EquivalenceProperties, Partitioning, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
        ReplaceChildrenOptions,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{graph::Graph, node::Output};

#[derive(Debug)]
pub(super) struct IdentitiesExec {
    input: Arc<dyn ExecutionPlan>,
    max_edges: u64,
    output: Output,
    properties: Arc<PlanProperties>,
}

impl IdentitiesExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, max_edges: u64, output: Output) -> Self {
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(output.schema())),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Self { input, max_edges, output, properties }
    }
}

impl DisplayAs for IdentitiesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: max_edges={}", self.name(), self.max_edges)
    }
}

impl ExecutionPlan for IdentitiesExec {
    fn name(&self) -> &str {
        match self.output {
            Output::Identifiers => "IdentityComponentsExec",
            Output::Merges => "IdentityMergesExec",
        }
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
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
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::new(input, self.max_edges, self.output))),
            _ => Err(exec_datafusion_err!("{} reads one input", self.name())),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(
            datafusion::physical_plan::ChildrenPropertiesMode::Recompute,
        );
        self.replace_children(children, options)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let mut input = self.input.execute(partition, Arc::clone(&context))?;
        let reservation = MemoryConsumer::new(self.name()).register(context.memory_pool());
        let (max_edges, output) = (self.max_edges, self.output);
        let batch_size = context.session_config().batch_size();
        let result = async move {
            let mut graph = Graph::default();
            while let Some(batch) = input.try_next().await? {
                graph.add(&batch)?;
                reservation.try_resize(graph.size())?;
            }
            let linked = graph.finish(max_edges, output);
            let starts = (0..linked.len()).step_by(batch_size);
            Ok::<_, DataFusionError>(stream::iter(starts).map(move |start| {
                // The reservation lives as long as the rows are read.
                let _held = &reservation;
                linked.rows(start..linked.len().min(start + batch_size))
            }))
        };
        let rows = stream::once(result).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(output.schema()), rows)))
    }
}
