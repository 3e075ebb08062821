/*!
One SQL file as a syntax tree: parsing, the tables it reads, places in its text.
*/

use std::{ops::ControlFlow, ptr, sync::Arc};

use datafusion::{
    error::DataFusionError,
    sql::{
        parser::{DFParserBuilder, Statement},
        sqlparser::{
            ast::{
                Ident, ObjectName, Query, SetExpr, Spanned, Statement as Ast, TableFactor, Visitor,
            },
            dialect::GenericDialect,
            tokenizer::Span,
        },
    },
};

use crate::error::{Diagnostic, Location, codes};

use super::{name::TableName, walk};

/// Expressions nested deeper than this are refused, not overflowed.
const RECURSION_LIMIT: usize = 128;

/// Parses the one select statement of a file. Lines and columns of the tree are those of the file.
pub fn parse(file: &str, text: &Arc<str>) -> Result<Query, Diagnostic> {
    let fail = |message: &str| Diagnostic::error(codes::SQL_SYNTAX, message);
    let mut statements = DFParserBuilder::new(&**text)
        .with_dialect(&GenericDialect {})
        .with_recursion_limit(RECURSION_LIMIT)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| syntax_error(file, text, &error))?;
    let statement = statements
        .pop_front()
        .ok_or_else(|| fail("the file holds no statement").at(Location::line(file, 1)))?;
    if !statements.is_empty() {
        return Err(fail("the file holds more than one statement")
            .at(Location::line(file, 1))
            .hint("one file is one table; remove all but one `select`"));
    }
    match statement {
        Statement::Statement(ast) => match *ast {
            Ast::Query(query) if !writes(&query) => Ok(*query),
            other => Err(not_a_query(file, text, &other.to_string())),
        },
        other => Err(not_a_query(file, text, &other.to_string())),
    }
}

/// The statement that DataFusion plans.
pub fn statement(query: Query) -> Statement {
    Statement::Statement(Box::new(Ast::Query(Box::new(query))))
}

fn writes(query: &Query) -> bool {
    matches!(
        &*query.body,
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
    )
}

fn not_a_query(file: &str, text: &Arc<str>, shown: &str) -> Diagnostic {
    let word = shown.split_whitespace().next().unwrap_or_default().to_uppercase();
    let start = super::header::header_range(text).map_or(0, |header| header.end + 2);
    let start = start + (text[start..].len() - text[start..].trim_start().len());
    Diagnostic::error(codes::REFUSED_SQL, format!("`{word}` is refused: a file is one select"))
        .at(Location::span(file, text, start, start + word.len()))
        .hint("the path of the file names the table that its select fills")
}

fn syntax_error(file: &str, text: &Arc<str>, error: &DataFusionError) -> Diagnostic {
    let (message, at) = parser_message(&crate::engine::errors::message(error));
    let location = match at {
        Some(at) => place(file, text, at, None),
        None => Location::line(file, 1),
    };
    Diagnostic::error(codes::SQL_SYNTAX, message).at(location)
}

/// What the parser says without the wrapping of its error, and the line and column it names.
pub(super) fn parser_message(message: &str) -> (String, Option<(u64, u64)>) {
    let mut message = message.to_owned();
    for prefix in ["SQL error: ", "ParserError(\"", "TokenizerError(\""] {
        message = message.strip_prefix(prefix).unwrap_or(&message).to_owned();
    }
    let mut message = message.trim_end_matches("\")").replace("\\\"", "\"");
    let mut place = None;
    if let Some(at) = message.rfind(" at Line: ") {
        let mut numbers = message[at..]
            .split(|sign: char| !sign.is_ascii_digit())
            .filter_map(|digits| digits.parse::<u64>().ok());
        place = numbers.next().zip(numbers.next());
        message.truncate(at);
    }
    (lowercase_start(&message), place)
}

/// Our messages start in lower case, so that they fit behind a place and a colon.
pub(super) fn lowercase_start(message: &str) -> String {
    let mut letters = message.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(message.chars().skip(1)).collect()
        }
        _ => message.to_owned(),
    }
}

/// The location of a parser's line and column, both from 1 and in characters, up to `end`.
pub fn place(file: &str, text: &Arc<str>, start: (u64, u64), end: Option<(u64, u64)>) -> Location {
    let length = match end {
        Some((line, column)) if line == start.0 => column.saturating_sub(start.1),
        // A place that spans lines is underlined to the end of its first.
        Some((line, _)) if line > start.0 => text
            .lines()
            .nth(start.0.saturating_sub(1) as usize)
            .map_or(0, |line| (line.chars().count() as u64 + 1).saturating_sub(start.1)),
        _ => 0,
    };
    Location {
        file: file.to_owned(),
        line: start.0 as u32,
        column: start.1 as u32,
        length: length as u32,
        text: Some(Arc::clone(text)),
    }
}

pub fn span_place(file: &str, text: &Arc<str>, span: Span) -> Location {
    place(
        file,
        text,
        (span.start.line.max(1), span.start.column.max(1)),
        Some((span.end.line, span.end.column)),
    )
}

/// The `select` that returns the rows of a query.
pub fn select_place(query: &Query) -> Span {
    match &*query.body {
        SetExpr::Select(select) => select.select_token.0.span,
        SetExpr::SetOperation { left, .. } => match &**left {
            SetExpr::Select(select) => select.select_token.0.span,
            other => other.span(),
        },
        other => other.span(),
    }
}

/// A table that a query reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Lower-cased parts of the name.
    pub parts: Vec<String>,
    pub span: Span,
    /// Whether the name is written as a text or a path.
    pub is_file: bool,
}

impl Relation {
    pub fn table(&self) -> Option<TableName> {
        match self.parts.as_slice() {
            [schema, name] => Some(TableName::new(schema, name)),
            _ => None,
        }
    }
}

/// The tables that a query reads, in the order of its text; names of CTEs and of table functions
/// are no tables, but subqueries in the arguments of table functions are looked into.
pub fn relations(query: &Query) -> Vec<Relation> {
    let mut finder = RelationFinder::default();
    walk::read(query, &mut finder);
    finder.found
}

#[derive(Default)]
struct RelationFinder {
    found: Vec<Relation>,
    /// The CTEs of the queries around a place, the outermost first.
    scopes: Vec<Scope>,
}

/// The CTEs of one query.
struct Scope {
    /// Names, and where the syntax tree holds what they stand for.
    ctes: Vec<(String, *const Query)>,
    /// How many of them can be read. A CTE is not in scope within itself:
    /// `with t as (select * from t)` reads table t.
    visible: usize,
}

impl Visitor for RelationFinder {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes: Vec<_> = query
            .with
            .iter()
            .flat_map(|with| &with.cte_tables)
            .map(|cte| (folded(&cte.alias.name), ptr::from_ref(&*cte.query)))
            .collect();
        let is_recursive = query.with.as_ref().is_some_and(|with| with.recursive);
        let visible = if is_recursive { ctes.len() } else { 0 };
        self.scopes.push(Scope { ctes, visible });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        if let Some(around) = self.scopes.last_mut()
            && around.ctes.get(around.visible).is_some_and(|(_, cte)| ptr::eq(*cte, query))
        {
            around.visible += 1;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: None, .. } = factor {
            let relation = relation(name);
            let visible = || self.scopes.iter().flat_map(|scope| &scope.ctes[..scope.visible]);
            let is_cte = matches!(relation.parts.as_slice(), [one] if visible().any(|(name, _)| name == one));
            // Names without a place, which are those of files, are told apart by nothing.
            let is_known = self.found.iter().any(|known| known.span == relation.span);
            if !is_cte && !is_known {
                self.found.push(relation);
            }
        }
        ControlFlow::Continue(())
    }
}

fn relation(name: &ObjectName) -> Relation {
    let idents: Vec<&Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
    let span = match (idents.first(), idents.last()) {
        (Some(first), Some(last)) => first.span.union(&last.span),
        _ => Span::empty(),
    };
    let is_file = idents.iter().any(|ident| {
        ident.quote_style == Some('\'')
            || ident.value.contains(['/', '\\', ':'])
            || (ident.quote_style.is_some() && ident.value.contains('.'))
    });
    Relation { parts: idents.into_iter().map(folded).collect(), span, is_file }
}

/// An identifier as the planner sees it.
pub fn folded(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Vec<String> {
        let query = parse("x.sql", &sql.into()).unwrap();
        relations(&query).into_iter().map(|relation| relation.parts.join(".")).collect()
    }

    #[test]
    fn tables_are_found_wherever_they_are_read() {
        for (sql, expected) in [
            ("select * from core.a join Core.B on a.x = b.x", &["core.a", "core.b"] as &[_]),
            ("with t as (select * from core.a) select * from t", &["core.a"]),
            ("with t as (select * from t) select * from t", &["t"]),
            ("with recursive t as (select 1 union all select * from t) select * from t", &[]),
            (
                "select (select max(x) from core.a) from core.b where exists (select 1 from core.c)",
                &["core.a", "core.b", "core.c"],
            ),
            ("select * from identity_components((select l, r from core.edges))", &["core.edges"]),
            (
                "with e as (select 1 as l) select * from identity_components((select l from e)) as t",
                &[],
            ),
            ("(with t as (select 1) select * from t) union all select * from t", &["t"]),
            (
                "select * from core.a where x in (select y from core.b union select z from core.c)",
                &["core.a", "core.b", "core.c"],
            ),
        ] {
            let mut found = names(sql);
            found.sort();
            assert_eq!(found, expected, "{sql}");
        }
    }

    #[test]
    fn syntax_errors_keep_their_place_behind_a_header() {
        let error = parse("x.sql", &"/*\ngrain: [a]\n*/\nselect a,\nfrom core.a\nwhere )".into())
            .unwrap_err();
        let at = error.location.unwrap();
        assert_eq!((at.line, at.column), (6, 7), "{}", error.message);
        assert!(error.message.starts_with("expected"), "{}", error.message);
    }

    #[test]
    fn a_file_is_one_select() {
        for (sql, part) in [
            ("select 1; select 2", "more than one"),
            ("-- nothing\n", "no statement"),
            ("create table x as select 1", "`CREATE` is refused"),
            ("copy (select 1) to 'x.parquet'", "`COPY` is refused"),
            ("insert into core.x select 1", "`INSERT` is refused"),
            ("set a = 1", "`SET` is refused"),
        ] {
            let error = parse("x.sql", &sql.into()).unwrap_err();
            assert!(error.message.contains(part), "{sql}: {}", error.message);
        }
    }
}
