/*!
The steps of a path, and the walk along them through one parsed value.

What a walk finds becomes a cell elsewhere; here is only where it ends, and whether it ends because
nothing is there or because something else is.
*/

use crate::sources::cast::fault::Fault;

use super::tape::{Kind, Tape, unescape};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    /// The element whose member (first) reads the text (second).
    Element(String, String),
    Index(usize),
    FirstValue,
}

impl Step {
    /// What is wrong with a value that this step does not lead into.
    pub(crate) fn lacks(&self) -> Fault {
        match self {
            Self::Member(_) | Self::FirstValue => Fault::NoObject,
            Self::Element(..) | Self::Index(_) => Fault::NoArray,
        }
    }
}

/// Where a walk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    Value(u32),
    /// No such member or element, or null on the way to it.
    Nothing,
    /// A value (first) that the step (second, its number) does not lead into.
    Barred(u32, usize),
}

/// Walks along the steps from the value `from`.
pub(crate) fn follow(tape: &Tape, text: &str, from: u32, steps: &[Step]) -> Met {
    let mut at = from;
    for (passed, step) in steps.iter().enumerate() {
        let next = match (step, tape.node(at).kind) {
            (Step::Member(name), Kind::Object) => member(tape, text, at, name),
            (Step::FirstValue, Kind::Object) => {
                let mut members = tape.members(at).map(|(_, value)| value);
                members.find(|value| tape.node(*value).kind != Kind::Null)
            }
            (Step::Element(name, wanted), Kind::Array) => tape.elements(at).find(|element| {
                tape.node(*element).kind == Kind::Object
                    && member(tape, text, *element, name)
                        .is_some_and(|value| reads(tape, text, value, wanted))
            }),
            (Step::Index(index), Kind::Array) => tape.elements(at).nth(*index),
            _ if holds_nothing(tape, at) => None,
            _ => return Met::Barred(at, passed),
        };
        match next {
            Some(next) => at = next,
            None => return Met::Nothing,
        }
    }
    Met::Value(at)
}

/// Of a repeated member the last one counts, as in most readers.
fn member(tape: &Tape, text: &str, object: u32, name: &str) -> Option<u32> {
    let members = tape.members(object).filter(|(key, _)| reads(tape, text, *key, name));
    members.map(|(_, value)| value).last()
}

/// Null, and an array without elements: PHP writes an object without members so.
fn holds_nothing(tape: &Tape, index: u32) -> bool {
    match tape.node(index).kind {
        Kind::Null => true,
        Kind::Array => tape.elements(index).next().is_none(),
        _ => false,
    }
}

/// Whether a key, or a value written as text or number, reads `wanted`.
pub(crate) fn reads(tape: &Tape, text: &str, index: u32, wanted: &str) -> bool {
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

/// The steps of a path; `None` if it is malformed.
pub(crate) fn parse(path: &str) -> Option<Vec<Step>> {
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
