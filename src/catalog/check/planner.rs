/*!
Plans statements against columns alone, with the functions, settings and rules of a real session.

The session's own tables are left out: a planner has a catalog of its own, whose tables are empty,
so that what `check` accepts is what runs, and nothing is read.
*/

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, SchemaRef},
    catalog::{
        CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
        MemorySchemaProvider, SchemaProvider,
    },
    common::DFSchema,
    datasource::{empty::EmptyTable, provider_as_source},
    error::Result,
    execution::{SessionState, SessionStateBuilder},
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    sql::sqlparser::ast::Query,
};
use futures::executor::block_on;

use super::super::{name::TableName, sql};

pub struct Planner {
    state: SessionState,
    catalog: Arc<MemoryCatalogProvider>,
}

impl Planner {
    pub fn new(state: &SessionState) -> Self {
        let catalog = Arc::new(MemoryCatalogProvider::new());
        let list = MemoryCatalogProviderList::new();
        let name = state.config().options().catalog.default_catalog.clone();
        list.register_catalog(name, Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
        let state = SessionStateBuilder::new_from_existing(state.clone())
            .with_catalog_list(Arc::new(list))
            .build();
        Self { state, catalog }
    }

    /// Makes a table of these columns known.
    pub fn add(&self, name: &TableName, columns: SchemaRef) -> Result<()> {
        let schema = match self.catalog.schema(&name.schema) {
            Some(schema) => schema,
            None => {
                let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
                self.catalog.register_schema(&name.schema, Arc::clone(&schema))?;
                schema
            }
        };
        schema.register_table(name.name.clone(), Arc::new(EmptyTable::new(columns))).map(drop)
    }

    /// The plan as it is before types are settled: every expression as it was written.
    pub fn plan(&self, query: &Query) -> Result<LogicalPlan> {
        // Nothing in here waits: the tables are in memory.
        block_on(self.state.statement_to_plan(sql::statement(query.clone())))
    }

    /// The plan with types settled, as it goes to the optimizer.
    pub fn analyze(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let options = self.state.config_options();
        self.state.analyzer().execute_and_check(plan, options, |_, _| {})
    }

    /// The analyzed plan of a query.
    pub fn try_plan(&self, query: &Query) -> Result<LogicalPlan> {
        self.plan(query).and_then(|plan| self.analyze(plan))
    }

    /// Whether the columns of a table are known.
    pub fn knows(&self, name: &TableName) -> bool {
        self.catalog.schema(&name.schema).is_some_and(|schema| schema.table_exist(&name.name))
    }

    /// The type of an expression over these columns.
    pub fn plan_predicate(&self, predicate: &str, columns: &SchemaRef) -> Result<DataType> {
        let schema = DFSchema::try_from(Arc::clone(columns))?;
        let expr = self.state.create_logical_expr(predicate, &schema)?;
        let plan = LogicalPlanBuilder::scan(
            "checked",
            provider_as_source(Arc::new(EmptyTable::new(Arc::clone(columns)))),
            None,
        )?
        .project([expr])?
        .build()?;
        Ok(self.analyze(plan)?.schema().field(0).data_type().clone())
    }
}
