/*!
One select planned with the columns that it only passes on set aside.

DataFusion plans the items of a select twice, and looks for `unnest` by comparing the printed name
of every column with those of all before it. Most items of most selects are names of columns or `*`.
Here DataFusion plans the select with the others alone, which settles what is read, filtered and
windowed, and the columns are put between them in the projection that comes out. Where an item makes
the select more than a projection (an aggregate, `unnest`) nothing is made of it.
*/

use std::sync::Arc;

use datafusion::{
    common::{DFSchema, DFSchemaRef},
    error::Result,
    logical_expr::{
        Expr, LogicalPlan, LogicalPlanBuilder, Projection,
        expr_rewriter::normalize_col_with_schemas_and_ambiguity_check,
        planner::ContextProvider,
        utils::{expand_qualified_wildcard, expand_wildcard},
    },
    sql::{
        planner::{IdentNormalizer, PlannerContext, SqlToRel, object_name_to_table_reference},
        sqlparser::ast::{
            self, Expr as Ast, GroupByExpr, Ident, ObjectName, Query, SelectItem,
            SelectItemQualifiedWildcardKind, SetExpr, Statement, Value, WildcardAdditionalOptions,
        },
    },
};

/// A select as DataFusion planned it, and the items it is to have; none if it has them.
pub(super) struct Select {
    pub(super) plan: LogicalPlan,
    items: Option<Vec<Item>>,
}

/// An item of a select.
enum Item {
    Column {
        name: Box<Ast>,
        alias: Option<Ident>,
    },
    Star,
    StarOf(ObjectName),
    /// Whatever is planned by DataFusion.
    Computed,
}

/// Plans selects one after the other, each with the CTEs before it in scope.
pub(super) struct Selects<'a, P: ContextProvider> {
    planner: SqlToRel<'a, P>,
    names: IdentNormalizer,
    normalizes: bool,
    pub(super) context: PlannerContext,
}

impl<'a, P: ContextProvider> Selects<'a, P> {
    pub(super) fn new(provider: &'a P) -> Self {
        let normalizes = provider.options().sql_parser.enable_ident_normalization;
        Self {
            planner: SqlToRel::new(provider),
            names: IdentNormalizer::new(normalizes),
            normalizes,
            context: PlannerContext::new(),
        }
    }

    /// An identifier as the planner sees it.
    pub(super) fn name(&self, ident: Ident) -> String {
        self.names.normalize(ident)
    }

    /// Plans a query without the columns that it only passes on.
    pub(super) fn plan(&mut self, mut query: Query) -> Result<Select> {
        let items = set_aside(&mut query);
        let statement = Statement::Query(Box::new(query));
        let plan = self.planner.sql_statement_to_plan_with_context(statement, &mut self.context)?;
        Ok(Select { plan, items })
    }

    /// Puts the columns in their places; none if the select is more than a projection.
    pub(super) fn complete(&mut self, select: Select) -> Result<Option<LogicalPlan>> {
        let Select { plan, items: Some(items) } = select else { return Ok(Some(select.plan)) };
        let LogicalPlan::Projection(Projection { expr: computed, input, .. }) = plan else {
            return Ok(None);
        };
        let read = what_is_read(&input);
        if matches!(read, LogicalPlan::Aggregate(_) | LogicalPlan::Unnest(_)) {
            return Ok(None);
        }
        let using = read.using_columns()?;
        let mut computed = computed.into_iter();
        let mut exprs = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Column { name, alias } => {
                    let expr = self.planner.sql_to_expr(*name, read.schema(), &mut self.context)?;
                    let schema: &DFSchema = read.schema();
                    let column =
                        normalize_col_with_schemas_and_ambiguity_check(expr, &[&[schema]], &using)?;
                    // A field of a struct is computed, although it looks like a column.
                    if !matches!(column, Expr::Column(_)) {
                        return Ok(None);
                    }
                    exprs.push(match alias.map(|alias| self.name(alias)) {
                        Some(alias) if !is_called(&column, &alias) => column.alias(alias),
                        _ => column,
                    });
                }
                Item::Star => exprs.extend(expand_wildcard(read.schema(), read, None)?),
                Item::StarOf(table) => {
                    let table = object_name_to_table_reference(table, self.normalizes)?;
                    exprs.extend(expand_qualified_wildcard(&table, read.schema(), None)?);
                }
                Item::Computed => exprs.extend(computed.next()),
            }
        }
        let exprs = exprs.into_iter().map(|expr| (expr, false)).collect();
        LogicalPlanBuilder::new_from_arc(Arc::clone(&input))
            .project_with_validation(exprs)?
            .build()
            .map(Some)
    }
}

impl Select {
    /// The columns that come of the select, as far as they depend on its plan.
    pub(super) fn columns(&self) -> [DFSchemaRef; 2] {
        let read = match &self.plan {
            LogicalPlan::Projection(projection) => what_is_read(&projection.input),
            other => other,
        };
        [Arc::clone(self.plan.schema()), Arc::clone(read.schema())]
    }

    /// The select with types settled; columns that are only passed on have theirs.
    pub(super) fn analyzed(
        self,
        analyze: impl Fn(LogicalPlan) -> Result<LogicalPlan>,
    ) -> Result<Self> {
        Ok(Self { plan: analyze(self.plan)?, items: self.items })
    }
}

/// What windows were put on: columns are looked up there, not among those that windows add.
fn what_is_read(mut plan: &LogicalPlan) -> &LogicalPlan {
    while let LogicalPlan::Window(window) = plan {
        plan = &window.input;
    }
    plan
}

fn is_called(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.name == name)
}

/// Takes the columns out of a plain select, and says what its items were; none for others.
fn set_aside(query: &mut Query) -> Option<Vec<Item>> {
    // All fields are named, so that a new one is thought of.
    let Query {
        with: None,
        body,
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: _,
        for_clause: _,
        settings: _,
        format_clause: _,
        pipe_operators,
    } = query
    else {
        return None;
    };
    let SetExpr::Select(select) = &mut **body else { return None };
    if !pipe_operators.is_empty() || !is_plain(select) {
        return None;
    }
    let mut items = Vec::with_capacity(select.projection.len());
    let mut computed = Vec::new();
    for item in std::mem::take(&mut select.projection) {
        match item {
            SelectItem::UnnamedExpr(name) if is_name(&name) => {
                items.push(Item::Column { name: Box::new(name), alias: None });
            }
            SelectItem::ExprWithAlias { expr, alias } if is_name(&expr) => {
                items.push(Item::Column { name: Box::new(expr), alias: Some(alias) });
            }
            SelectItem::Wildcard(options) if is_bare(&options) => items.push(Item::Star),
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(table),
                options,
            ) if is_bare(&options) => items.push(Item::StarOf(table)),
            other => {
                items.push(Item::Computed);
                computed.push(other);
            }
        }
    }
    if computed.is_empty() {
        // A select has an item; this one is dropped with the projection that it is in.
        computed.push(SelectItem::UnnamedExpr(Ast::value(Value::Boolean(true))));
    }
    select.projection = computed;
    Some(items)
}

/// Whether a select is no more than tables, a filter, and a projection.
fn is_plain(select: &ast::Select) -> bool {
    let ast::Select {
        select_token: _,
        optimizer_hints: _,
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: _,
        projection: _,
        exclude: None,
        into: None,
        from,
        lateral_views,
        prewhere: None,
        selection: _,
        connect_by,
        group_by: GroupByExpr::Expressions(keys, modifiers),
        cluster_by,
        distribute_by,
        sort_by,
        having: None,
        named_window: _,
        qualify: None,
        window_before_qualify: _,
        value_table_mode: None,
        flavor: _,
    } = select
    else {
        return false;
    };
    !from.is_empty()
        && lateral_views.is_empty()
        && connect_by.is_empty()
        && keys.is_empty()
        && modifiers.is_empty()
        && cluster_by.is_empty()
        && distribute_by.is_empty()
        && sort_by.is_empty()
}

fn is_name(expr: &Ast) -> bool {
    matches!(expr, Ast::Identifier(_) | Ast::CompoundIdentifier(_))
}

/// A `*` without conditions of its own.
fn is_bare(options: &WildcardAdditionalOptions) -> bool {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike: None,
        opt_exclude: None,
        opt_except: None,
        opt_replace: None,
        opt_rename: None,
        opt_alias: None,
    } = options
    else {
        return false;
    };
    true
}
