/*!
What the names in a statement stand for: the tables of a planner, the functions and settings of its
session.

DataFusion's own provider cannot be had without planning a whole statement. This one leaves out what
no part of a query needs: table functions and recursive CTEs.
*/

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{TableReference, config::ConfigOptions, plan_datafusion_err},
    datasource::provider_as_source,
    error::Result,
    execution::SessionState,
    logical_expr::{
        AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF,
        planner::{ContextProvider, ExprPlanner, RelationPlanner},
    },
};
use futures::executor::block_on;

pub(super) struct Names<'a>(pub(super) &'a SessionState);

impl ContextProvider for Names<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        // Nothing in here waits: the tables are in memory.
        let table = match self.0.schema_for_ref(name.clone()) {
            Ok(schema) => block_on(schema.table(name.table()))?,
            Err(_) => None,
        };
        table
            .map(provider_as_source)
            .ok_or_else(|| plan_datafusion_err!("table '{name}' not found"))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.0.expr_planners()
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.0.relation_planners()
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.0.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.0.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.0.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.0.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.0.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.0.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.0.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.0.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.0.window_functions().keys().cloned().collect()
    }
}
