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
    sql::{planner::ParserOptions, sqlparser::ast::Query},
};
use futures::executor::block_on;
use parking_lot::Mutex;

use super::{
    super::{name::TableName, sql},
    names::Names,
    parts::{self, Parts},
};

pub struct Planner {
    state: SessionState,
    options: ParserOptions,
    catalog: Arc<MemoryCatalogProvider>,
    /// Held while a schema is looked up and made: of two made at once one would lose its tables.
    new_schema: Mutex<()>,
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
        let options = ParserOptions::from(&state.config_options().sql_parser);
        Self { state, options, catalog, new_schema: Mutex::new(()) }
    }

    /// Makes a table of these columns known; several threads may do so at once.
    pub fn add(&self, name: &TableName, columns: SchemaRef) -> Result<()> {
        self.schema(&name.schema)?
            .register_table(name.name.clone(), Arc::new(EmptyTable::new(columns)))
            .map(drop)
    }

    fn schema(&self, name: &str) -> Result<Arc<dyn SchemaProvider>> {
        let _alone = self.new_schema.lock();
        if let Some(schema) = self.catalog.schema(name) {
            return Ok(schema);
        }
        let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
        self.catalog.register_schema(name, Arc::clone(&schema))?;
        Ok(schema)
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

    /// The analyzed plan of a query in parts, or in one where it cannot be cut.
    ///
    /// A fault is that of the whole, so that it reads the same however the query is cut.
    pub(crate) fn try_plan_parts(&self, query: &Query) -> Result<Parts> {
        let names = Names(&self.state);
        let parts = parts::plan(&names, self.options, query.clone());
        let analyzed = parts.and_then(|parts| {
            parts.map(|parts| parts.analyze(|plan| self.analyze(plan))).transpose()
        });
        match analyzed {
            Ok(Some(parts)) => Ok(parts),
            Ok(None) | Err(_) => self.try_plan(query).map(Parts::whole),
        }
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
