/*!
Where in a record a column's value is found.

`user.id` follows members. `params[key=page].value` takes, of an array, the element whose member `key`
reads `page`; `contacts[0]` takes the first element. A last `*` is the first member that is not null,
as in GA4's slots `value: {string_value, int_value, …}`. A member whose name holds the dots itself
comes first; a name that holds brackets is quoted: `properties."[Amplitude] Page URL"`.
*/

use crate::{
    config::source::Column,
    sources::{
        chunk::Span,
        drift::{Physical, Types},
    },
};

use super::{
    cell::cell,
    tape::{JsonFault, Kind, Tape, unescape},
};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    /// The element whose member (first) reads the text (second).
    Element(String, String),
    Index(usize),
    FirstValue,
}

/// The paths of all columns, ordered by the record's member they start at.
#[derive(Debug)]
pub(crate) struct Paths {
    starts: Vec<Start>,
}

#[derive(Debug)]
struct Start {
    member: String,
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    column: usize,
    /// Of several ways to one column the lowest rank that leads to a value counts.
    rank: usize,
    steps: Vec<Step>,
    /// Whether the types found are worth telling: a slot of one of several types is meant to differ.
    typed: bool,
}

/// What is found beside the cells of a row.
#[derive(Debug)]
pub(crate) struct Notes {
    ranks: Vec<usize>,
    /// Of each column, in all rows so far.
    pub(crate) types: Vec<Types>,
}

impl Notes {
    pub(crate) fn new(columns: usize) -> Self {
        Self { ranks: Vec::new(), types: vec![Types::default(); columns] }
    }
}

impl Paths {
    /// `pick` says which of a column's paths are meant, and what of each.
    pub(crate) fn new<'a>(
        columns: &'a [Column],
        pick: impl Fn(&'a str) -> Option<&'a str>,
    ) -> Result<Self, String> {
        let mut paths = Self { starts: Vec::new() };
        for (column, declared) in columns.iter().enumerate() {
            let picked =
                declared.from.iter().enumerate().filter_map(|(at, from)| Some((at, pick(from)?)));
            for (at, from) in picked {
                let steps = parse(from)
                    .ok_or_else(|| format!("column `{}`: `{from}` is no path", declared.name))?;
                let [Step::Member(member), rest @ ..] = steps.as_slice() else {
                    return Err(format!(
                        "column `{}`: `{from}` starts at no member",
                        declared.name
                    ));
                };
                let typed = declared.from.len() == 1 && !rest.contains(&Step::FirstValue);
                if !rest.is_empty() {
                    let target = Target { column, rank: 2 * at, steps: Vec::new(), typed };
                    paths.add(from, target);
                }
                let steps = rest.to_vec();
                paths.add(member, Target { column, rank: 2 * at + 1, steps, typed });
            }
        }
        Ok(paths)
    }

    fn add(&mut self, member: &str, target: Target) {
        match self.starts.iter_mut().find(|start| start.member == member) {
            Some(start) => start.targets.push(target),
            None => self.starts.push(Start { member: member.to_owned(), targets: vec![target] }),
        }
    }

    /// Puts what is found in the object `root` of the tape into the cells of a row; the others stay.
    pub(crate) fn extract(
        &self,
        tape: &Tape,
        root: u32,
        text: &str,
        tail: &mut String,
        row: &mut [Span],
        notes: &mut Notes,
    ) -> Result<(), JsonFault> {
        if tape.node(root).kind != Kind::Object {
            return Ok(());
        }
        let Notes { ranks, types } = notes;
        ranks.clear();
        ranks.resize(row.len(), usize::MAX);
        // Records of one file mostly hold the same members in the same order.
        let mut expected = 0;
        for (key, value) in tape.members(root) {
            let Some(at) = self.start(tape, text, key, expected) else { continue };
            expected = at + 1;
            for target in &self.starts[at].targets {
                let Some(index) = follow(tape, text, value, &target.steps) else { continue };
                if ranks[target.column] <= target.rank {
                    continue;
                }
                let found = cell(tape, index, text, tail)?;
                if found != Span::ABSENT {
                    ranks[target.column] = target.rank;
                    row[target.column] = found;
                    if target.typed {
                        types[target.column].add(Types::one(physical(tape.node(index).kind)));
                    }
                }
            }
        }
        Ok(())
    }

    fn start(&self, tape: &Tape, text: &str, key: u32, expected: usize) -> Option<usize> {
        let count = self.starts.len();
        (0..count)
            .map(|step| (expected + step) % count)
            .find(|at| reads(tape, text, key, &self.starts[*at].member))
    }
}

fn physical(kind: Kind) -> Physical {
    match kind {
        Kind::Bool => Physical::Truth,
        Kind::Number => Physical::Number,
        Kind::Text | Kind::Escaped => Physical::Text,
        Kind::Array | Kind::Object => Physical::Nested,
        Kind::Null => Physical::Other,
    }
}

/// The way from a record to one of its values.
#[derive(Debug, Clone)]
pub(crate) struct Way(Vec<Step>);

impl Way {
    pub(crate) fn new(path: &str) -> Option<Self> {
        parse(path).map(Self)
    }

    pub(crate) fn find(&self, tape: &Tape, text: &str) -> Option<u32> {
        follow(tape, text, 0, &self.0)
    }
}

/// What is left of a path behind `prefix`: nothing for the place itself, else a path from there.
pub(crate) fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    match path.strip_prefix(prefix)? {
        "" => Some(""),
        rest if rest.starts_with('[') => Some(rest),
        rest => rest.strip_prefix('.'),
    }
}

/// Whether a key, or a value written as text or number, reads `wanted`.
fn reads(tape: &Tape, text: &str, index: u32, wanted: &str) -> bool {
    let node = tape.node(index);
    let written = &text[node.start as usize..node.end as usize];
    match node.kind {
        Kind::Escaped => {
            let mut meant = String::new();
            unescape(written, &mut meant).is_ok() && meant == wanted
        }
        Kind::Text | Kind::Number | Kind::Bool => written == wanted,
        Kind::Null | Kind::Array | Kind::Object => false,
    }
}

fn follow(tape: &Tape, text: &str, from: u32, steps: &[Step]) -> Option<u32> {
    let member = |object: u32, name: &str| {
        let is_object = tape.node(object).kind == Kind::Object;
        let members = is_object.then(|| tape.members(object)).into_iter().flatten();
        members.filter(|(key, _)| reads(tape, text, *key, name)).map(|(_, value)| value).last()
    };
    let mut at = from;
    for step in steps {
        at = match step {
            Step::Member(name) => member(at, name)?,
            Step::Element(name, wanted) => {
                let is_array = tape.node(at).kind == Kind::Array;
                let mut elements = is_array.then(|| tape.elements(at)).into_iter().flatten();
                elements.find(|element| {
                    member(*element, name).is_some_and(|value| reads(tape, text, value, wanted))
                })?
            }
            Step::Index(index) => {
                let is_array = tape.node(at).kind == Kind::Array;
                is_array.then(|| tape.elements(at)).into_iter().flatten().nth(*index)?
            }
            Step::FirstValue => {
                let is_object = tape.node(at).kind == Kind::Object;
                let mut members = is_object.then(|| tape.members(at)).into_iter().flatten();
                members.find(|(_, value)| tape.node(*value).kind != Kind::Null)?.1
            }
        };
    }
    Some(at)
}

/// The steps of a path; `None` if it is malformed.
fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (name, after) = quoted.split_once('"')?;
            steps.push(Step::Member(name.to_owned()));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            match name {
                // Only at the very beginning: the place itself is an array.
                "" if after.len() == path.len() && after.starts_with('[') => {}
                "" => return None,
                "*" => steps.push(Step::FirstValue),
                name => steps.push(Step::Member(name.to_owned())),
            }
            rest = after;
        }
        while let Some(inside) = rest.strip_prefix('[') {
            let (condition, after) = inside.split_once(']')?;
            steps.push(match condition.split_once('=') {
                Some((member, wanted)) => Step::Element(member.to_owned(), wanted.to_owned()),
                None => Step::Index(condition.parse().ok()?),
            });
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None => return rest.is_empty().then_some(steps),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sources::support::column;

    use super::*;

    /// The cell that each path finds in one record.
    fn found(record: &str, paths: &[&[&str]]) -> Vec<Option<String>> {
        let columns: Vec<Column> = paths
            .iter()
            .map(|from| {
                let mut column = column("c", "string");
                column.from = from.iter().map(|path| (*path).to_owned()).collect();
                column
            })
            .collect();
        let paths = Paths::new(&columns, Some).unwrap();
        let mut tape = Tape::default();
        tape.parse(record, 0, record.len()).unwrap();
        let mut cells = vec![Span::ABSENT; columns.len()];
        let mut tail = String::new();
        let mut notes = Notes::new(columns.len());
        paths.extract(&tape, 0, record, &mut tail, &mut cells, &mut notes).unwrap();
        let text = [record, &tail].concat();
        cells.iter().map(|cell| cell.of(&text).map(str::to_owned)).collect()
    }

    #[test]
    fn members_elements_and_slots() {
        let record = r#"{
            "id": 12345678901234567890, "a.b": "dotted", "a": {"b": "nested", "c": {"d": 1.50}},
            "params": [
                {"key": "page", "value": {"string_value": "/x", "int_value": null}},
                {"key": "session", "value": {"string_value": null, "int_value": "90"}},
                {"key": "empty", "value": {}}
            ],
            "fields": [{"id": 7, "value": "seven"}],
            "t\u00eate": "caf\u00e9", "none": null, "odd": {"[A] b.c": "quoted"}
        }"#;
        let one = |path: &str| found(record, &[&[path]]).remove(0);
        for (path, expected) in [
            ("id", Some("12345678901234567890")),
            ("a.b", Some("dotted")),
            ("a.c.d", Some("1.50")),
            ("a.c", Some(r#"{"d":1.50}"#)),
            ("params[key=page].value.*", Some("/x")),
            ("params[key=session].value.*", Some("90")),
            ("params[key=empty].value.*", None),
            ("params[key=other].value.*", None),
            ("params[key=page].value.string_value", Some("/x")),
            ("fields[id=7].value", Some("seven")),
            ("params[1].key", Some("session")),
            ("params[9].key", None),
            ("a[0]", None),
            ("tête", Some("café")),
            ("odd.\"[A] b.c\"", Some("quoted")),
            ("odd.\"[A] b.c\".d", None),
            ("none", None),
            ("a.x.y", None),
            ("id.x", None),
            ("id[key=x]", None),
        ] {
            assert_eq!(one(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn alternatives_count_in_their_order_and_nulls_do_not() {
        let record = r#"{"b": "second", "a": null, "c": "third"}"#;
        assert_eq!(
            found(record, &[&["a", "b", "c"], &["c", "b"]]),
            [Some("second".to_owned()), Some("third".to_owned())]
        );
        // Of a repeated member the last one counts, as in most readers.
        assert_eq!(found(r#"{"a": {"x": 1, "x": 2}}"#, &[&["a.x"]]), [Some("2".to_owned())]);
    }

    #[test]
    fn paths_that_mean_nothing_are_refused() {
        for path in [
            "",
            "a.\"b",
            "a.\"b\"c",
            "a..b",
            ".a",
            "a.",
            "a[",
            "a[key]",
            "a[key=x",
            "[key=x].a",
            "[0]",
            "a[-1]",
            "*",
        ] {
            let mut wrong = column("c", "string");
            wrong.from = vec![path.to_owned()];
            assert!(Paths::new(&[wrong], Some).is_err(), "{path}");
        }
    }
}
