/*!
YAML for people: every fault at once and in its place, for any type that has a JSON Schema.

Reading takes three steps. [`Document::parse`] makes a tree in which every key and value knows its
place; [`Document::expand`] (pipelines only) puts environment variables into scalars, after parsing,
so that no value can inject YAML; [`Document::check`] walks the tree beside the schema that
`schemars` derives from the target type, reports unknown keys, wrong types, missing keys and values
outside their enum or format, and returns what is sound as JSON. [`read`] does all that and
deserializes. Validation of meaning is left to the caller, who finds places through
[`Document::root`].

The tree is built from the events of `granit-parser`, the parser under `serde-saphyr`: that crate's
own deserializer stops at the first fault.
*/

use std::{ops::Range, sync::Arc};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::error::{Diagnostic, Diagnostics, Location, codes};

mod check;
mod expand;
mod lines;
mod place;
mod syntax;
mod tree;

pub use check::Schema;
pub use place::Place;

use lines::Lines;
use tree::Node;

/// A parsed document and the file it came from.
#[derive(Debug)]
pub struct Document {
    lines: Lines,
    root: Node,
}

impl Document {
    /// Parses the part of `text` in `range`; the rest of the file (the SQL under a header, say)
    /// only counts for line numbers. `None` where the text is no YAML at all.
    pub fn parse(
        file: impl Into<String>,
        text: &Arc<str>,
        range: Range<usize>,
        found: &mut Diagnostics,
    ) -> Option<Self> {
        let lines = Lines::new(file.into(), Arc::clone(text));
        let root = tree::parse(&lines, range, found)?;
        Some(Self { lines, root })
    }

    /// Replaces `${NAME}` and `${NAME:-default}` in scalars; `$${` stands for `${`.
    pub fn expand(&mut self, variables: &dyn Fn(&str) -> Option<String>, found: &mut Diagnostics) {
        expand::expand(&mut self.root, variables, &self.lines, found);
    }

    /// What of the document fits the schema, as JSON; everything that does not is reported.
    pub fn check(&self, schema: &Schema, found: &mut Diagnostics) -> Option<serde_json::Value> {
        check::check(self, schema, found)
    }

    /// Where the document starts, to look up places by key.
    pub fn root(&self) -> Place<'_> {
        Place::root(self)
    }

    fn locate(&self, span: Range<usize>) -> Location {
        self.lines.locate(span)
    }
}

/// Reads a whole document into `T`, whose wire structs name their defaults and deny unknown keys.
/// The document comes back even where `T` could not be made, so that a caller can go on looking.
pub fn read<T: DeserializeOwned + JsonSchema + 'static>(
    file: impl Into<String>,
    text: &Arc<str>,
    range: Range<usize>,
    found: &mut Diagnostics,
) -> Option<(T, Document)> {
    let document = Document::parse(file, text, range, found)?;
    let checked = document.check(&Schema::of::<T>(), found)?;
    let value = typed(checked, document.root(), found)?;
    Some((value, document))
}

/// Deserializes checked JSON; what the schema cannot express is reported at the top of `place`.
pub fn typed<T: DeserializeOwned>(
    checked: serde_json::Value,
    place: Place<'_>,
    found: &mut Diagnostics,
) -> Option<T> {
    match serde_json::from_value(checked) {
        Ok(value) => Some(value),
        Err(error) => {
            // A missing key was reported by the check; serde only says it again.
            if !found.has_errors() {
                found.push(
                    Diagnostic::error(codes::INVALID_VALUE, error.to_string()).at(place.location()),
                );
            }
            None
        }
    }
}

/// Cuts a message that quotes a value of unreasonable length.
fn brief(mut diagnostic: Diagnostic) -> Diagnostic {
    const LONGEST: usize = 300;
    if let Some((end, _)) = diagnostic.message.char_indices().nth(LONGEST) {
        diagnostic.message.truncate(end);
        diagnostic.message.push('…');
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde::Deserialize;

    use super::*;

    #[test]
    fn free_values_may_be_null() {
        let text: Arc<str> = "{a: null, b: [1, ~], c: 'null'}".into();
        let mut found = Diagnostics::default();
        let rows =
            read::<IndexMap<String, serde_json::Value>>("x.yaml", &text, 0..text.len(), &mut found);
        assert!(!found.has_errors(), "{found:?}");
        let (rows, _) = rows.unwrap();
        assert_eq!(
            serde_json::json!(rows),
            serde_json::json!({"a": null, "b": [1, null], "c": "null"})
        );
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Shelf {
        name: String,
        height: Option<u32>,
        is_open: Option<bool>,
        #[serde(default)]
        books: IndexMap<String, Vec<String>>,
    }

    fn shelf(text: &str) -> (Option<Shelf>, Vec<String>) {
        let text: Arc<str> = text.into();
        let mut found = Diagnostics::default();
        let shelf = read::<Shelf>("x.yaml", &text, 0..text.len(), &mut found);
        let faults = match found.finish() {
            Ok(_) => Vec::new(),
            Err(error) => error.diagnostics.iter().map(ToString::to_string).collect(),
        };
        (shelf.map(|(shelf, _)| shelf), faults)
    }

    #[test]
    fn sound_text_is_read() {
        let (shelf, faults) =
            shelf("name: 12\nheight: 3\nis_open:\nbooks: {red: &b [a, b], blue: *b}\n");
        assert_eq!(faults, [""; 0]);
        let shelf = shelf.unwrap();
        assert_eq!((shelf.name.as_str(), shelf.height, shelf.is_open), ("12", Some(3), None));
        assert_eq!(shelf.books["blue"], ["a", "b"]);
    }

    #[test]
    fn all_faults_come_at_once_and_in_place() {
        let (_, faults) =
            shelf("heigth: 3\nheight: tall\nis_open: yes\nbooks:\n  red: a\n  red: []\n");
        assert_eq!(
            faults,
            [
                "x.yaml:6:3: `red` is given twice (hint: it was first given on line 5)",
                "x.yaml:1:1: unknown key `heigth` (hint: did you mean `height`?)",
                "x.yaml:2:9: `height` takes a whole number, not `tall`",
                "x.yaml:3:10: `is_open` takes `true` or `false`, not `yes` (hint: write `true`)",
                "x.yaml:5:8: `red` takes a list, not `a` (hint: write `[a]`)",
                "x.yaml:1:1: the document lacks the key `name`",
            ]
        );
    }

    #[test]
    fn hostile_text_is_refused_quickly() {
        let deep = "[".repeat(10_000);
        let laughs = (0..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
            format!("{text}a{}: &a{} [*a{n}, *a{n}]\n", n + 1, n + 1)
        });
        for (text, part) in [
            (deep.as_str(), "recursion limit"),
            (laughs.as_str(), "too large"),
            ("name: &a [*a]", "inside the value"),
            ("name: !!python/object x", "tags have no meaning"),
            ("? [a]\n: b\n", "a key must be text"),
            ("name: a\n---\nname: b\n", "second document"),
            ("name: 'a\n", "unclosed quote"),
            ("books:\n\tred: a", "a tab"),
        ] {
            let (_, faults) = shelf(text);
            assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
        }
    }

    #[test]
    fn a_range_keeps_the_lines_of_its_file() {
        let text: Arc<str> = "/*\nnmae: x\n*/\nselect 1".into();
        let mut found = Diagnostics::default();
        read::<Shelf>("x.sql", &text, 2..10, &mut found);
        let error = found.finish().unwrap_err();
        assert!(error.to_string().starts_with("x.sql:2:1: unknown key `nmae`"), "{error}");
    }
}
