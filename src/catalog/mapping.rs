/*!
Mappings: `select … from source`, which turns the rows of one source into those of one contract.

A mapping is written once for a preset and used by every source that names it, so its table
`source` and its parameters `$source`, `$namespace` and `$survey_…` differ from node to node.
*/

use std::{collections::BTreeMap, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, TableAlias, TableFactor,
    VisitorMut, With,
};

use crate::config::{
    params::ParamValue,
    source::{Source, SurveyKind},
    types::ColumnType,
};

use super::{
    library::SqlFile,
    name::{MAPPINGS, TableName},
    params::{Values, own},
    sql::folded,
    walk,
};

/// The name that a mapping reads its source by.
pub const SOURCE: &str = "source";

/// The table of a source's rows for a contract.
pub fn table(source: &str, contract: &str) -> TableName {
    TableName::new(MAPPINGS, format!("{source}__{contract}"))
}

/// The file that maps a source to a contract: the project's own for this source, else the preset's.
///
/// A file in the folder of the source or preset says by its name which contract it is for. One
/// beside the folder does not: it serves a source's only contract, or the only one that no folder
/// has a file for.
pub fn file<'a>(
    files: &'a BTreeMap<String, SqlFile>,
    source: &Source,
    contract: &str,
) -> Result<&'a SqlFile, Vec<String>> {
    let preset = source.preset.as_ref().map(|preset| format!("presets/{preset}"));
    let owners: Vec<String> =
        [Some(format!("inbound/{}", source.name)), preset].into_iter().flatten().collect();
    let in_folder = |owner: &String, contract: &str| format!("{owner}/{contract}.sql");
    let is_homeless = |contract: &str| {
        owners.iter().all(|owner| !files.contains_key(&in_folder(owner, contract)))
    };
    let homeless = source.feeds.iter().filter(|feed| is_homeless(&feed.to_lowercase())).count();
    let is_only = source.feeds.len() == 1 || homeless == 1 && is_homeless(contract);
    let mut paths = Vec::new();
    for owner in &owners {
        paths.push(in_folder(owner, contract));
        paths.extend(is_only.then(|| format!("{owner}.sql")));
    }
    paths.iter().find_map(|path| files.get(path)).ok_or(paths)
}

/// What a mapping may ask of its source.
pub fn values(source: &Source) -> Values {
    let text = |value: &str| own(ColumnType::String, ParamValue::String(value.to_owned()));
    let mut values = Values::from([
        ("source".to_owned(), text(&source.name)),
        ("namespace".to_owned(), text(&source.namespace)),
    ]);
    if let Some(survey) = &source.survey {
        let kind = match survey.kind {
            SurveyKind::Nps => "nps",
            SurveyKind::Csat => "csat",
            SurveyKind::Ces => "ces",
        };
        let number = |value: i64| own(ColumnType::Int64, ParamValue::Int64(value));
        values.extend([
            ("survey_kind".to_owned(), text(kind)),
            ("survey_id".to_owned(), text(&survey.id)),
            ("survey_scale_min".to_owned(), number(survey.scale[0])),
            ("survey_scale_max".to_owned(), number(survey.scale[1])),
        ]);
    }
    values
}

/// Lets the query read `raw.<source>` where it says `source`.
pub fn redirect(query: &mut Query, source: &str) {
    walk::change(query, &mut Redirect { source, ctes: Vec::new() });
}

struct Redirect<'a> {
    source: &'a str,
    ctes: Vec<usize>,
}

impl VisitorMut for Redirect<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let own = query.with.iter().flat_map(|with| &with.cte_tables);
        self.ctes.push(own.filter(|cte| folded(&cte.alias.name) == SOURCE).count());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.ctes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let [part] = name.0.as_slice() else { return ControlFlow::Continue(()) };
        let Some(ident) = part.as_ident().filter(|ident| folded(ident) == SOURCE).cloned() else {
            return ControlFlow::Continue(());
        };
        // A CTE that takes the name hides the source from the whole query it belongs to.
        if self.ctes.iter().sum::<usize>() == 0 {
            *name = ObjectName::from(vec![
                Ident::with_span(ident.span, "raw"),
                Ident {
                    value: self.source.to_lowercase(),
                    quote_style: Some('"'),
                    span: ident.span,
                },
            ]);
            alias.get_or_insert_with(|| TableAlias {
                explicit: true,
                name: ident,
                columns: Vec::new(),
                at: None,
            });
        }
        ControlFlow::Continue(())
    }
}

/// The names of the columns that a query returns, as far as its text tells; `*` is followed into
/// CTEs, subqueries and the source itself, whose columns are given.
pub fn output_names(query: &Query, source_columns: &[String]) -> Option<Vec<String>> {
    names_of(query, source_columns, &[])
}

fn names_of(query: &Query, source: &[String], outer: &[&With]) -> Option<Vec<String>> {
    let mut scopes = outer.to_vec();
    scopes.extend(&query.with);
    names_of_body(&query.body, source, &scopes)
}

fn names_of_body(body: &SetExpr, source: &[String], scopes: &[&With]) -> Option<Vec<String>> {
    match body {
        SetExpr::Select(select) => names_of_select(select, source, scopes),
        SetExpr::Query(query) => names_of(query, source, scopes),
        SetExpr::SetOperation { left, .. } => names_of_body(left, source, scopes),
        _ => None,
    }
}

fn names_of_select(select: &Select, source: &[String], scopes: &[&With]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) => names.push(folded(ident)),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                names.push(folded(parts.last()?));
            }
            SelectItem::ExprWithAlias { alias, .. } => names.push(folded(alias)),
            SelectItem::Wildcard(options) if options.to_string().is_empty() => {
                for table in &select.from {
                    let relations = table.joins.iter().map(|join| &join.relation);
                    for factor in [&table.relation].into_iter().chain(relations) {
                        names.extend(names_of_factor(factor, source, scopes)?);
                    }
                }
            }
            _ => return None,
        }
    }
    Some(names)
}

fn names_of_factor(
    factor: &TableFactor,
    source: &[String],
    scopes: &[&With],
) -> Option<Vec<String>> {
    match factor {
        TableFactor::Derived { subquery, .. } => names_of(subquery, source, scopes),
        TableFactor::Table { name, args: None, .. } => match name.0.as_slice() {
            [part] => {
                let name = folded(part.as_ident()?);
                // Later CTEs stand nearer, and each sees only the ones before it.
                for (depth, scope) in scopes.iter().enumerate().rev() {
                    let at =
                        scope.cte_tables.iter().position(|cte| folded(&cte.alias.name) == name);
                    if let Some(at) = at {
                        let mut before = (*scope).clone();
                        let cte = before.cte_tables.remove(at);
                        before.cte_tables.truncate(at);
                        let mut inner = scopes[..depth].to_vec();
                        inner.push(&before);
                        return names_of(&cte.query, source, &inner);
                    }
                }
                (name == SOURCE).then(|| source.to_vec())
            }
            [schema, _] if folded(schema.as_ident()?) == "raw" => Some(source.to_vec()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sql::parse;

    use super::*;

    fn query(sql: &str) -> Query {
        parse("x.sql", &sql.into()).unwrap()
    }

    #[test]
    fn source_becomes_the_raw_table_and_keeps_its_name() {
        for (sql, expected) in [
            (
                "select source.a from source join source as s on s.a = source.a",
                "SELECT source.a FROM raw.\"shop\" AS source JOIN raw.\"shop\" AS s ON s.a = source.a",
            ),
            (
                "with x as (select * from source) select * from x",
                "WITH x AS (SELECT * FROM raw.\"shop\" AS source) SELECT * FROM x",
            ),
            ("select source from core.source", "SELECT source FROM core.source"),
        ] {
            let mut query = query(sql);
            redirect(&mut query, "Shop");
            assert_eq!(query.to_string(), expected);
        }
    }

    #[test]
    fn names_are_followed_through_stars() {
        let source = ["id".to_owned(), "at".to_owned()];
        for (sql, expected) in [
            ("select a, t.B, c + 1 as d from source as t", Some("a b d")),
            ("select * from source", Some("id at")),
            (
                "with x as (select *, 1 as n from source), y as (select * from x) select * from y",
                Some("id at n"),
            ),
            (
                "with x as (select 1 as a), x2 as (with x as (select 2 as b) select * from x) select * from x2",
                Some("b"),
            ),
            ("select * from (select a from source) union all select b from source", Some("a")),
            ("select a + 1 from source", None),
            ("select * from core.orders", None),
        ] {
            let names = output_names(&query(sql), &source).map(|names| names.join(" "));
            assert_eq!(names.as_deref(), expected, "{sql}");
        }
    }
}
