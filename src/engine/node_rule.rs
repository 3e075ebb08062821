/*!
Physical rules that look at one node at a time.
*/

use std::sync::Arc;

use datafusion::{
    common::{
        Result,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNode},
    },
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::ExecutionPlan,
};

/// What takes the place of a node, if anything does.
pub(super) type Replacement = Result<Option<Arc<dyn ExecutionPlan>>>;

/// Asks of every node what takes its place, once that was asked of those below it.
#[derive(Debug)]
pub(super) struct NodeRule {
    name: &'static str,
    replace: fn(&Arc<dyn ExecutionPlan>) -> Replacement,
}

impl NodeRule {
    pub(super) fn shared(
        name: &'static str,
        replace: fn(&Arc<dyn ExecutionPlan>) -> Replacement,
    ) -> Arc<dyn PhysicalOptimizerRule + Send + Sync> {
        Arc::new(Self { name, replace })
    }
}

impl PhysicalOptimizerRule for NodeRule {
    fn name(&self) -> &str {
        self.name
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let replaced = (self.replace)(&node)?;
            Ok(replaced.map_or_else(|| Transformed::no(node), Transformed::yes))
        })
        .map(|done| done.data)
    }
}
