/*!
Where in a record a column's value is found.

`user.id` follows members. `params[key=page].value` takes, of an array, the element whose member `key`
reads `page`; `contacts[0]` takes the first element. A last `*` is the first member that is not null,
as in GA4's slots `value: {string_value, int_value, …}`. A member whose name holds the dots itself
comes first; a name that holds brackets is quoted: `properties."[Amplitude] Page URL"`.

A path enters text that holds JSON. It finds nothing where a member or an element is absent, and
behind null, blank text, the column's null markers and an array without elements. Any other value
that it cannot go through makes a bad cell, unless another path of the column reads one: what is
there and not understood must not pass for what is not there.
*/

use crate::{
    config::source::Column,
    sources::{
        cast::fault::Fault,
        chunk::Span,
        drift::{Physical, Types},
    },
};

use super::{
    inner::{Found, Inner, Place},
    steps::{Met, Step, follow, parse, reads},
    tape::{JsonFault, Kind, Tape},
};

/// The paths of all columns, ordered by the record's member they start at.
#[derive(Debug)]
pub(crate) struct Paths {
    starts: Vec<Start>,
}

#[derive(Debug)]
struct Start {
    member: String,
    targets: Vec<Target>,
    /// Whether a path ends at the member: it may be an object or, not expanded, what stands for one.
    is_read_whole: bool,
}

#[derive(Debug)]
struct Target {
    column: usize,
    /// Of several ways to one column the lowest rank that leads to a value counts.
    rank: usize,
    steps: Vec<Step>,
    /// Whether the types found are worth telling: a slot of one of several types is meant to differ.
    typed: bool,
    /// Texts that mean null, wherever the column's paths meet them.
    nulls: Vec<String>,
}

/// A value in the way of a column's path. It counts where no other path fills the cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Barred {
    pub(crate) column: usize,
    pub(crate) met: Span,
    pub(crate) fault: Fault,
}

/// What is found beside the cells of a row.
#[derive(Debug)]
pub(crate) struct Notes {
    ranks: Vec<usize>,
    inner: Inner,
    /// Of the row at hand; whoever begins a row clears it.
    pub(crate) barred: Vec<Barred>,
    /// Of each column, in all rows so far.
    pub(crate) types: Vec<Types>,
}

impl Notes {
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            ranks: Vec::new(),
            inner: Inner::default(),
            barred: Vec::new(),
            types: vec![Types::default(); columns],
        }
    }

    /// Puts what the path of a column leads to into the column's cell.
    fn fill(
        &mut self,
        target: &Target,
        from: Place<'_>,
        steps: &[Step],
        tail: &mut String,
        row: &mut [Span],
    ) -> Result<(), JsonFault> {
        let column = target.column;
        if self.ranks[column] <= target.rank {
            return Ok(());
        }
        match self.inner.find(from, steps, &target.nulls, tail)? {
            Found::Nothing => {}
            Found::Value(cell, kind) => {
                self.ranks[column] = target.rank;
                row[column] = cell;
                if target.typed {
                    self.types[column].add(Types::one(physical(kind)));
                }
            }
            Found::Barred(met, fault) => self.barred.push(Barred { column, met, fault }),
        }
        Ok(())
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
                let target = |rank: usize, steps: &[Step]| {
                    let (steps, nulls) = (steps.to_vec(), declared.nulls.clone());
                    Target { column, rank, steps, typed, nulls }
                };
                if !rest.is_empty() {
                    paths.add(from, target(2 * at, &[]));
                }
                paths.add(member, target(2 * at + 1, rest));
            }
        }
        Ok(paths)
    }

    fn add(&mut self, member: &str, target: Target) {
        let is_read_whole = target.steps.is_empty();
        match self.starts.iter_mut().find(|start| start.member == member) {
            Some(start) => {
                start.targets.push(target);
                start.is_read_whole |= is_read_whole;
            }
            None => {
                let (member, targets) = (member.to_owned(), vec![target]);
                self.starts.push(Start { member, targets, is_read_whole });
            }
        }
    }

    /// Puts what is found in the value `root` of the tape into the cells of a row; the others stay.
    pub(crate) fn extract(
        &self,
        tape: &Tape,
        root: u32,
        text: &str,
        tail: &mut String,
        row: &mut [Span],
        notes: &mut Notes,
    ) -> Result<(), JsonFault> {
        notes.inner.forget();
        notes.ranks.clear();
        notes.ranks.resize(row.len(), usize::MAX);
        if tape.node(root).kind != Kind::Object {
            return self.extract_from_other(Place { tape, text, at: root }, tail, row, notes);
        }
        // Records of one file mostly hold the same members in the same order.
        let mut expected = 0;
        for (key, value) in tape.members(root) {
            let Some(at) = self.start(tape, text, key, expected) else { continue };
            expected = at + 1;
            let start = &self.starts[at];
            let barred = notes.barred.len();
            for target in &start.targets {
                let from = Place { tape, text, at: value };
                notes.fill(target, from, &target.steps, tail, row)?;
            }
            let is_scalar = !matches!(tape.node(value).kind, Kind::Object | Kind::Array);
            if start.is_read_whole && is_scalar {
                notes.barred.truncate(barred);
            }
        }
        Ok(())
    }

    /// An element that is no object may be text that holds one; else it is in the way of every path.
    #[cold]
    fn extract_from_other(
        &self,
        from: Place<'_>,
        tail: &mut String,
        row: &mut [Span],
        notes: &mut Notes,
    ) -> Result<(), JsonFault> {
        for start in &self.starts {
            let mut steps = vec![Step::Member(start.member.clone())];
            for target in &start.targets {
                steps.truncate(1);
                steps.extend_from_slice(&target.steps);
                notes.fill(target, from, &steps, tail, row)?;
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

    /// The value of the tape that it leads to.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn find(&self, tape: &Tape, text: &str) -> Option<u32> {
        match self.meet(tape, text) {
            Met::Value(index) => Some(index),
            Met::Nothing | Met::Barred(..) => None,
        }
    }

    /// Where it ends.
    pub(crate) fn meet(&self, tape: &Tape, text: &str) -> Met {
        follow(tape, text, 0, &self.0)
    }

    /// What it finds for a cell, also in text that holds JSON. `inner` has forgotten other tapes.
    pub(crate) fn dig(
        &self,
        tape: &Tape,
        text: &str,
        nulls: &[String],
        tail: &mut String,
        inner: &mut Inner,
    ) -> Result<Found, JsonFault> {
        inner.find(Place { tape, text, at: 0 }, &self.0, nulls, tail)
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

#[cfg(test)]
mod tests {
    use crate::sources::support::column;

    use super::*;

    /// The cell that each path finds in one record, and what is in the way of which column.
    fn read(record: &str, paths: &[&[&str]]) -> (Vec<Option<String>>, Vec<(usize, String)>) {
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
        let read = |span: Span| span.of(&text).map(str::to_owned);
        let barred = notes.barred.iter().map(|barred| (barred.column, read(barred.met).unwrap()));
        (cells.iter().map(|cell| read(*cell)).collect(), barred.collect())
    }

    fn found(record: &str, paths: &[&[&str]]) -> Vec<Option<String>> {
        read(record, paths).0
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
    fn what_is_in_the_way_is_noted_for_its_column() {
        let record =
            r#"{"user": "u2", "uid": 7, "js": "{\"a\": {\"b\": 1}, \"c\": \"x\"}", "none": null}"#;
        let paths: &[&[&str]] = &[
            &["js.a.b"],
            &["user.id"],
            &["user.id", "uid"],
            &["js.c.d", "missing"],
            &["none.id"],
            &["user.id", "js.c.d"],
        ];
        let (cells, barred) = read(record, paths);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(cells, [text("1"), None, text("7"), None, None, None]);
        // That of column 2 counts for nothing, as its cell is filled.
        let expected = [(1, "u2"), (2, "u2"), (5, "u2"), (3, "x"), (5, "x")];
        assert_eq!(barred, expected.map(|(column, met)| (column, met.to_owned())));
        // A member whose name holds the dots comes first.
        let (cells, barred) = read(r#"{"user.id": 1, "user": "u2"}"#, &[&["user.id"]]);
        assert_eq!((cells, barred), (vec![text("1")], Vec::new()));
        assert_eq!(read("{}", &[&["user.id"]]), (vec![None], Vec::new()));
    }

    #[test]
    fn what_is_read_whole_need_not_be_expanded() {
        let paths: [&[&str]; 2] = [&["person.id", "person"], &["person.email"]];
        let (cells, barred) = read(r#"{"person": "4946"}"#, &paths);
        assert_eq!(cells, [Some("4946".to_owned()), None]);
        assert!(barred.is_empty(), "{barred:?}");
        // That of column 0 counts for nothing, as its cell is filled.
        let (cells, barred) = read(r#"{"person": [1]}"#, &paths);
        assert_eq!(cells, [Some("[1]".to_owned()), None]);
        assert_eq!(barred, [(0, "[1]".to_owned()), (1, "[1]".to_owned())]);
        let (_, barred) = read(r#"{"person": "4946"}"#, &paths[1..]);
        assert_eq!(barred, [(0, "4946".to_owned())]);
    }

    #[test]
    fn elements_that_are_no_objects_are_in_every_way() {
        let at_root = |record: &str| read(record, &[&["sku"], &["price.net"]]);
        let whole = |met: &str| vec![(0, met.to_owned()), (1, met.to_owned())];
        for (record, met) in [("7", "7"), (r#""x""#, "x"), ("[1, 2]", "[1,2]")] {
            let (cells, mut barred) = at_root(record);
            barred.dedup();
            assert_eq!((cells, barred), (vec![None, None], whole(met)), "{record}");
        }
        assert_eq!(at_root("null"), (vec![None, None], Vec::new()));
        let (cells, barred) = at_root(r#""{\"sku\": \"a\", \"price\": {\"net\": 2}}""#);
        assert_eq!(cells, [Some("a".to_owned()), Some("2".to_owned())]);
        assert!(barred.is_empty(), "{barred:?}");
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
