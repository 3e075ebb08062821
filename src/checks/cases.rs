/*!
SQL unit tests: `tests/sql/<schema>/<table>/<case>.yaml` gives the rows that a table reads and the
rows it must return. No storage, no pipeline; one table at a time.

```yaml
params: {as_of_date: 2026-06-30}
config: {timezone: Europe/Amsterdam}
inputs:
  core.orders:
    - {order_id: o1, ordered_at: "2026-01-01T10:00:00Z"}
expect:
  - {order_id: o1, ordered_date: 2026-01-01}
```

Input rows take the types that their table declares; a column left out is null, a table left out
empty. Each expected row is compared on the columns it names, in the order of the table's grain.
A number with decimals holds to the digits it is written with. Unless a case says otherwise it stands
for a pipeline in Amsterdam and euros on 30 June 2026, where local days differ from those of UTC.
*/

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    arrow::{array::RecordBatch, compute::concat_batches, datatypes::SchemaRef},
    catalog::MemTable,
    logical_expr::LogicalPlan,
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rows::{self, Row};
use crate::{
    catalog::{
        Catalog,
        name::TableName,
        node::{Kind, Node},
    },
    config::yaml,
    engine::{Engine, errors},
    error::{Diagnostic, Diagnostics, Error, Result, codes},
    run::project::Project,
};

const TIMEZONE: &str = "Europe/Amsterdam";
const CURRENCY: &str = "EUR";
const AS_OF_DATE: &str = "2026-06-30";

/// The file of one case.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseFile {
    /// Parameters, as on the command line.
    pub params: IndexMap<String, serde_json::Value>,
    /// Keys of a pipeline that the tables depend on, such as `timezone` or `journeys`.
    pub config: serde_json::Map<String, serde_json::Value>,
    /// Rows of the tables that are read.
    pub inputs: IndexMap<String, Vec<Row>>,
    /// Rows that must come out.
    pub expect: Vec<Row>,
}

/// A case and the table it is about.
#[derive(Debug, Clone)]
pub struct Case {
    pub table: TableName,
    pub name: String,
    /// Relative to the project.
    pub file: String,
    pub content: CaseFile,
}

/// How a case came out; `difference` is empty where it passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseOutcome {
    pub table: String,
    pub case: String,
    pub file: String,
    pub passed: bool,
    pub difference: String,
}

/// Every case of a project, by path.
pub fn discover(project_dir: &Path) -> Result<Vec<Case>> {
    let root = project_dir.join("tests").join("sql");
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(&root)
        .into_iter()
        .filter_map(|entry| entry.ok().map(walkdir::DirEntry::into_path))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let mut found = Diagnostics::default();
    let cases =
        paths.iter().filter_map(|path| read(project_dir, &root, path, &mut found)).collect();
    found.finish()?;
    Ok(cases)
}

fn read(project_dir: &Path, root: &Path, path: &Path, found: &mut Diagnostics) -> Option<Case> {
    let file = path.strip_prefix(project_dir).unwrap_or(path).to_string_lossy().into_owned();
    let parts: Vec<String> = path
        .strip_prefix(root)
        .unwrap_or(path)
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let [schema, table, case] = parts.as_slice() else {
        found.push(
            Diagnostic::error(codes::INVALID_VALUE, format!("{file} is not in a table's folder"))
                .hint("cases lie in tests/sql/<schema>/<table>/<case>.yaml"),
        );
        return None;
    };
    let text: Arc<str> = match fs::read_to_string(path) {
        Ok(text) => text.into(),
        Err(error) => {
            found.push(Diagnostic::error(codes::STORAGE_READ, format!("{file}: {error}")));
            return None;
        }
    };
    let (content, _) = yaml::read::<CaseFile>(&file, &text, 0..text.len(), found)?;
    let name = case.trim_end_matches(".yaml").to_owned();
    Some(Case { table: TableName::new(schema, table), name, file, content })
}

/// Runs cases one after the other. A case that cannot be run counts as failed; the others still run.
pub async fn run_all(project_dir: &Path, cases: &[Case]) -> Result<Vec<CaseOutcome>> {
    let mut outcomes = Vec::new();
    // Most cases stand for the same pipeline.
    let mut project: Option<(String, Project)> = None;
    for case in cases {
        let text = case.pipeline()?;
        if project.as_ref().is_none_or(|(known, _)| *known != text) {
            project = match Project::of_text(project_dir, &case.file, &text) {
                Ok(loaded) => Some((text, loaded)),
                Err(error) => {
                    outcomes.push(case.failed(&error));
                    continue;
                }
            };
        }
        let Some((_, project)) = &project else { continue };
        let outcome = async { case.run(&project.catalog, &project.engine()?).await }.await;
        outcomes.push(outcome.unwrap_or_else(|error| case.failed(&error)));
    }
    Ok(outcomes)
}

impl Case {
    /// The pipeline that the case stands for, as YAML text: its `config` and parameters.
    pub fn pipeline(&self) -> Result<String> {
        let mut keys = serde_json::Map::new();
        keys.insert("version".to_owned(), 1.into());
        keys.insert("pipeline".to_owned(), "case".into());
        keys.insert("timezone".to_owned(), TIMEZONE.into());
        keys.insert("currency".to_owned(), CURRENCY.into());
        keys.insert("sources".to_owned(), serde_json::Map::new().into());
        keys.extend(self.content.config.clone());
        let mut params = IndexMap::from([("as_of_date".to_owned(), AS_OF_DATE.into())]);
        params.extend(self.content.params.clone());
        let declared: serde_json::Map<String, serde_json::Value> = params
            .into_iter()
            .map(|(name, value)| {
                let of = if name == "as_of_date" { "date" } else { "string" };
                (name, serde_json::json!({"type": of, "default": value}))
            })
            .collect();
        keys.entry("params").or_insert_with(|| declared.into());
        // JSON is YAML.
        serde_json::to_string_pretty(&keys)
            .map_err(|error| Error::usage(codes::INVALID_VALUE, format!("{}: {error}", self.file)))
    }

    /// Computes the table from the case's rows and compares.
    pub async fn run(&self, catalog: &Catalog, engine: &Engine) -> Result<CaseOutcome> {
        let actual = self.compute(catalog, engine).await?;
        let difference = self.difference(&actual)?;
        Ok(CaseOutcome {
            table: self.table.to_string(),
            case: self.name.clone(),
            file: self.file.clone(),
            passed: difference.is_empty(),
            difference,
        })
    }

    fn failed(&self, error: &Error) -> CaseOutcome {
        CaseOutcome {
            table: self.table.to_string(),
            case: self.name.clone(),
            file: self.file.clone(),
            passed: false,
            difference: error.to_string(),
        }
    }

    async fn compute(&self, catalog: &Catalog, engine: &Engine) -> Result<RecordBatch> {
        let node = catalog.tables.get(&self.table).ok_or_else(|| {
            Error::usage(
                codes::UNKNOWN_TABLE,
                format!("{}: there is no table {}", self.file, self.table),
            )
        })?;
        for name in self.content.inputs.keys() {
            let is_read =
                TableName::parse(name).is_some_and(|name| self.is_read(catalog, node, &name));
            if !is_read {
                return Err(Error::usage(
                    codes::UNKNOWN_TABLE,
                    format!("{}: {} does not read {name}", self.file, self.table),
                ));
            }
        }
        for input in &node.inputs {
            self.provide(catalog, engine, input).await?;
        }
        let plan = plan(engine, node).await?;
        let schema: SchemaRef = Arc::new(plan.schema().as_arrow().clone());
        let order = if node.header.grain.is_empty() {
            schema.fields().iter().map(|field| field.name().clone()).collect()
        } else {
            node.header.grain.clone()
        };
        let sorted = datafusion::logical_expr::LogicalPlanBuilder::from(plan)
            .sort(order.iter().map(|name| datafusion::prelude::ident(name).sort(true, false)))
            .and_then(datafusion::logical_expr::LogicalPlanBuilder::build)
            .map_err(|error| errors::convert(&error))?;
        let stream = engine.stream(&sorted).await?;
        let batches = datafusion::physical_plan::common::collect(stream)
            .await
            .map_err(|error| errors::convert(&error))?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        concat_batches(&schema, &batches).map_err(|error| errors::convert(&error.into()))
    }

    fn is_read(&self, catalog: &Catalog, node: &Node, name: &TableName) -> bool {
        node.inputs.iter().any(|input| {
            input == name
                || catalog.tables.get(input).is_some_and(|input| {
                    matches!(input.kind, Kind::Generated { .. })
                        && self.is_read(catalog, input, name)
                })
        })
    }

    /// Registers one input: the given rows, what configuration says, or nothing at all.
    async fn provide(&self, catalog: &Catalog, engine: &Engine, name: &TableName) -> Result<()> {
        let Some(node) = catalog.tables.get(name) else { return Ok(()) };
        let given = self
            .content
            .inputs
            .iter()
            .find(|(known, _)| TableName::parse(known).as_ref() == Some(name))
            .map(|(_, rows)| rows);
        let batch = match (given, &node.kind) {
            (None, Kind::Rows(rows)) => rows.clone(),
            (None, Kind::Generated { .. }) => {
                for input in &node.inputs {
                    Box::pin(self.provide(catalog, engine, input)).await?;
                }
                let plan = plan(engine, node).await?;
                let table = engine.materialize(&name.name, &plan).await?;
                return engine.register(&name.schema, &name.name, Arc::new(table));
            }
            (given, _) => {
                let schema = node.declared_schema().ok_or_else(|| {
                    Error::usage(
                        codes::SCHEMA_MISMATCH,
                        format!(
                            "{}: {name} declares no columns, so rows cannot be typed",
                            self.file
                        ),
                    )
                    .hint("give the table's header a `columns` block")
                })?;
                rows::typed(&schema, given.map_or(&[], Vec::as_slice))
                    .map_err(|message| self.wrong(&format!("{name}: {message}")))?
            }
        };
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]])
            .map_err(|error| errors::convert(&error))?;
        engine.register(&name.schema, &name.name, Arc::new(table))
    }

    fn difference(&self, actual: &RecordBatch) -> Result<String> {
        rows::difference(&self.content.expect, actual).map_err(|message| self.wrong(&message))
    }

    fn wrong(&self, message: &str) -> Error {
        Error::usage(codes::INVALID_VALUE, format!("{}: {message}", self.file))
    }
}

async fn plan(engine: &Engine, node: &Node) -> Result<LogicalPlan> {
    let statement = node.statement().ok_or_else(|| {
        Error::usage(codes::SQL_PLAN, format!("{} is not filled by SQL", node.name))
    })?;
    engine.plan(statement).await
}
