/*!
Which tables a command means: dbt's grammar of selectors.

`marts.renewals` or `renewals` names a table, `*` stands for anything, `+t` adds what t reads and
`t+` what reads t (`2+t+1` limits the steps), `@t` adds t, its readers and everything those read.
`tag:x`, `source:x` and `path:x` select by header, by source and by folder. A comma intersects, a
space unites.
*/

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Diagnostic, Error, Kind as ErrorKind, Result, codes};

use super::{
    Catalog,
    graph::{reach, readers},
    name::TableName,
    node::{Kind, Node},
};

impl Catalog {
    /// The tables that `select` names and `exclude` does not, in the order of their names.
    ///
    /// No selector at all selects everything; one that matches nothing is an error.
    pub fn select(&self, select: &[String], exclude: &[String]) -> Result<BTreeSet<TableName>> {
        let mut chosen = match select {
            [] => self.tables.keys().cloned().collect(),
            _ => self.union(select)?,
        };
        if !exclude.is_empty() {
            let excluded = self.union(exclude)?;
            chosen.retain(|name| !excluded.contains(name));
        }
        Ok(chosen)
    }

    fn union(&self, selectors: &[String]) -> Result<BTreeSet<TableName>> {
        let mut chosen = BTreeSet::new();
        for selector in selectors.iter().flat_map(|text| text.split_whitespace()) {
            let mut parts = selector.split(',').map(|part| self.one(part));
            let mut both = parts.next().unwrap_or_else(|| Ok(BTreeSet::new()))?;
            for part in parts {
                let part = part?;
                both.retain(|name| part.contains(name));
            }
            if both.is_empty() {
                return Err(self.nothing(selector));
            }
            chosen.extend(both);
        }
        Ok(chosen)
    }

    /// One selector without commas.
    fn one(&self, text: &str) -> Result<BTreeSet<TableName>> {
        let Some(selector) = Selector::parse(text) else {
            return Err(Error::usage(codes::SELECTOR, format!("`{text}` is no selector"))
                .hint("write `marts.renewals`, `+renewals`, `2+renewals+1`, `@renewals`, `marts.*`, `tag:x`, `source:x` or `path:sql/marts`"));
        };
        let start: BTreeSet<TableName> = self
            .tables
            .values()
            .filter(|node| selector.matches(node))
            .map(|node| node.name.clone())
            .collect();
        if start.is_empty() {
            return Err(self.nothing(text));
        }
        let inputs = |name: &TableName| -> Vec<TableName> {
            self.tables
                .get(name)
                .map_or_else(Vec::new, |node| node.inputs.iter().cloned().collect())
        };
        let readers: BTreeMap<&TableName, Vec<&TableName>> = readers(&self.tables);
        let outputs = |name: &TableName| -> Vec<TableName> {
            readers.get(name).into_iter().flatten().map(|name| TableName::clone(name)).collect()
        };
        let mut chosen = start.clone();
        if selector.with_relatives {
            let below = reach(&start, None, outputs);
            chosen.extend(reach(&below, None, inputs));
        }
        if let Some(steps) = selector.before {
            chosen.extend(reach(&start, steps, inputs));
        }
        if let Some(steps) = selector.after {
            chosen.extend(reach(&start, steps, outputs));
        }
        Ok(chosen)
    }

    fn nothing(&self, selector: &str) -> Error {
        let wanted =
            selector.trim_matches(|sign: char| sign == '+' || sign == '@' || sign.is_ascii_digit());
        let names: Vec<String> =
            self.tables.keys().flat_map(|name| [name.to_string(), name.name.clone()]).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let diagnostic =
            Diagnostic::error(codes::SELECTOR, format!("selector `{selector}` matches nothing"));
        Error::new(
            ErrorKind::Usage,
            match crate::error::nearest(wanted, &names) {
                Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
                None => diagnostic.hint("`journeymart ls` shows every table"),
            },
        )
    }
}

/// One selector: what it names, and how far around that it reaches.
#[derive(Debug)]
struct Selector {
    method: Method,
    pattern: GlobMatcher,
    /// Steps to what it reads; `Some(None)` is all the way.
    before: Option<Option<usize>>,
    /// Steps to what reads it.
    after: Option<Option<usize>>,
    with_relatives: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Name,
    Tag,
    Source,
    Path,
}

impl Selector {
    fn parse(text: &str) -> Option<Self> {
        let (with_relatives, text) = match text.strip_prefix('@') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (before, text) = match text.split_once('+') {
            Some((steps, rest))
                if steps.bytes().all(|sign| sign.is_ascii_digit()) && !rest.is_empty() =>
            {
                (Some(count(steps)?), rest)
            }
            _ => (None, text),
        };
        let (after, text) = match text.rsplit_once('+') {
            Some((rest, steps)) => (Some(count(steps)?), rest),
            None => (None, text),
        };
        if text.is_empty()
            || text.contains('+')
            || text.contains('@')
            || (with_relatives && (before.is_some() || after.is_some()))
        {
            return None;
        }
        let (method, pattern) = match text.split_once(':') {
            None => (Method::Name, text),
            Some(("tag", pattern)) => (Method::Tag, pattern),
            Some(("source", pattern)) => (Method::Source, pattern),
            Some(("path", pattern)) => (Method::Path, pattern),
            Some(_) => return None,
        };
        let pattern = GlobBuilder::new(pattern.trim_end_matches('/'))
            .case_insensitive(true)
            .literal_separator(method == Method::Path)
            .build()
            .ok()?
            .compile_matcher();
        Some(Self { method, pattern, before, after, with_relatives })
    }

    fn matches(&self, node: &Node) -> bool {
        match self.method {
            Method::Name => {
                self.pattern.is_match(node.name.to_string())
                    || self.pattern.is_match(&node.name.name)
            }
            Method::Tag => node.header.tags.iter().any(|tag| self.pattern.is_match(tag)),
            Method::Source => matches!(
                &node.kind,
                Kind::Raw { source, .. } if self.pattern.is_match(source)
            ),
            // A folder means everything below it.
            Method::Path => {
                let path = node.file.strip_prefix("library:").unwrap_or(&node.file);
                std::path::Path::new(path).ancestors().any(|folder| self.pattern.is_match(folder))
            }
        }
    }
}

/// A number of steps; no digits mean no limit.
fn count(digits: &str) -> Option<Option<usize>> {
    match digits {
        "" => Some(None),
        _ => digits.parse().ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{header::Header, library::Origin, name::Layer, params::Values},
        *,
    };

    /// raw.web → core.visits → core.people → marts.a, marts.b; core.spare → marts.b
    fn catalog() -> Catalog {
        let mut catalog = Catalog::default();
        let mut add = |name: &str, inputs: &[&str], tags: &[&str]| {
            let name = TableName::parse(name).unwrap();
            let kind = match &*name.schema {
                "raw" => Kind::Raw {
                    source: name.name.clone(),
                    schema: Arc::new(datafusion::arrow::datatypes::Schema::empty()),
                },
                _ => Kind::Sql,
            };
            let node = Node {
                kind,
                origin: Origin::Project,
                file: format!("sql/{}/{}.sql", name.schema, name.name),
                text: "".into(),
                header: Header {
                    tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
                    ..Header::default()
                },
                query: None,
                inputs: inputs.iter().map(|name| TableName::parse(name).unwrap()).collect(),
                params: Values::new(),
                layer: Layer::Core,
                name: name.clone(),
            };
            catalog.tables.insert(name, node);
        };
        add("raw.web", &[], &[]);
        add("core.visits", &["raw.web"], &["web"]);
        add("core.people", &["core.visits"], &[]);
        add("core.spare", &[], &[]);
        add("marts.a", &["core.people"], &["web", "daily"]);
        add("marts.b", &["core.people", "core.spare"], &["daily"]);
        catalog
    }

    fn selected(select: &[&str], exclude: &[&str]) -> String {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        match catalog().select(&own(select), &own(exclude)) {
            Ok(names) => names.iter().map(|name| name.name.as_str()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_grammar_is_that_of_dbt() {
        for (select, expected) in [
            ("marts.a", "a"),
            ("A", "a"),
            ("marts.*", "a b"),
            ("+people", "people visits web"),
            ("people+", "people a b"),
            ("1+people", "people visits"),
            ("2+people+1", "people visits a b web"),
            ("visits+1", "people visits"),
            ("@people", "people spare visits a b web"),
            ("a b", "a b"),
            ("tag:daily,tag:web", "a"),
            ("+a,+b", "people visits web"),
            ("tag:web", "visits a"),
            ("source:web+1", "visits web"),
            ("path:sql/marts", "a b"),
            ("path:sql/*/a.sql", "a"),
        ] {
            let mut expected: Vec<&str> = expected.split(' ').collect();
            let found = selected(&[select], &[]);
            let mut found: Vec<&str> = found.split(' ').collect();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{select}");
        }
        assert_eq!(selected(&[], &["core.* raw.*"]), "a b");
        assert_eq!(selected(&["+a", "b"], &["people"]), "visits a b web");
    }

    #[test]
    fn a_selector_that_matches_nothing_is_an_error() {
        for (select, part) in [
            ("poeple", "did you mean `people`?"),
            ("tag:nightly", "matches nothing"),
            ("tag:web,core.spare", "`tag:web,core.spare` matches nothing"),
            ("state:modified", "is no selector"),
            ("@people+", "is no selector"),
            ("a++b", "is no selector"),
            ("+", "is no selector"),
        ] {
            let found = selected(&[select], &[]);
            assert!(found.contains(part), "{select}: {found}");
        }
    }
}
