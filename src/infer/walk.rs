/*!
JSON records become columns: every member of every object that can be reached by a path.

An object whose keys are data (ids, dates, codes) would make a column of each; it stays JSON, as
lists do.
*/

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{
    profile::{Kind as ValueKind, Profile},
    read::{Found, profile_of},
    tally::Place,
};
use crate::sources::{JsonKind as Kind, Tape, unescape};

/// Deeper objects stay JSON.
const DEPTH: usize = 4;
/// Objects of more members than this stay JSON.
const MEMBERS: usize = 120;

pub(crate) struct Walk {
    tape: Tape,
    inner: Tape,
    profiles: IndexMap<String, Profile>,
    /// Objects that stay JSON, and the members met in those that do not.
    whole: HashSet<String>,
    members: IndexMap<String, usize>,
    unreachable: Vec<String>,
    text: String,
}

impl Walk {
    pub(crate) fn new() -> Self {
        Self {
            tape: Tape::default(),
            inner: Tape::default(),
            profiles: IndexMap::new(),
            whole: HashSet::new(),
            members: IndexMap::new(),
            unreachable: Vec::new(),
            text: String::new(),
        }
    }

    /// Takes a record: the members of an object.
    pub(crate) fn record(&mut self, record: &str, place: Place) {
        let mut tape = std::mem::take(&mut self.tape);
        if tape.parse(record, 0, record.len()).is_ok() {
            self.object(&tape, record, 0, "", 0, place);
        }
        self.tape = tape;
    }

    /// Takes the value of one member of a record, as JSON text.
    pub(crate) fn member(&mut self, name: &str, value: &str, place: Place) {
        profile_of(&mut self.profiles, name);
        let mut tape = std::mem::take(&mut self.tape);
        if !value.is_empty() && tape.parse(value, 0, value.len()).is_ok() {
            self.value(&tape, value, 0, name, 1, place);
        }
        self.tape = tape;
    }

    fn object(
        &mut self,
        tape: &Tape,
        text: &str,
        object: u32,
        path: &str,
        depth: usize,
        place: Place,
    ) {
        for (key, value) in tape.members(object) {
            let node = tape.node(key);
            let name = &text[node.start as usize..node.end as usize];
            let special = |sign: char| matches!(sign, '[' | ']' | '\\') || sign == '.' && depth > 0;
            if name.is_empty() || name == "*" || name.contains(special) {
                if depth > 0 {
                    self.keep_whole(path);
                    self.value(tape, text, object, path, depth, place);
                    return;
                }
                if !self.unreachable.iter().any(|known| known == name) {
                    self.unreachable.push(name.to_owned());
                }
                continue;
            }
            if depth == 0 {
                self.value(tape, text, value, name, 1, place);
            } else {
                self.value(tape, text, value, &format!("{path}.{name}"), depth + 1, place);
            }
        }
    }

    fn value(
        &mut self,
        tape: &Tape,
        text: &str,
        index: u32,
        path: &str,
        depth: usize,
        place: Place,
    ) {
        let node = tape.node(index);
        let raw = &text[node.start as usize..node.end as usize];
        if !self.profiles.contains_key(path) {
            self.meet(path);
        }
        let kind = match node.kind {
            Kind::Null => return,
            Kind::Bool => ValueKind::Bool,
            Kind::Number => ValueKind::Number,
            Kind::Text | Kind::Escaped => ValueKind::Text,
            Kind::Array => ValueKind::List,
            Kind::Object => {
                let empty = tape.members(index).next().is_none();
                if !empty && depth < DEPTH && !self.whole.contains(path) {
                    return self.object(tape, text, index, path, depth, place);
                }
                ValueKind::Object
            }
        };
        let Some(profile) = self.profiles.get_mut(path) else { return };
        if node.kind == Kind::Array {
            for element in tape.elements(index) {
                match tape.node(element).kind {
                    Kind::Object => {
                        profile.elements.nested += 1;
                        profile.elements.pairs += u64::from(is_pair(tape, text, element));
                    }
                    Kind::Array => profile.elements.nested += 1,
                    Kind::Null => {}
                    _ => profile.elements.scalars += 1,
                }
            }
        }
        if node.kind == Kind::Escaped {
            self.text.clear();
            if unescape(raw, &mut self.text).is_err() {
                return;
            }
            if !self.text.trim_ascii().is_empty() {
                profile.add(&self.text, kind, place, &mut self.inner);
            }
        } else if !raw.trim_ascii().is_empty() {
            profile.add(raw, kind, place, &mut self.inner);
        }
    }

    /// A path that was not met before: its object may have too many.
    fn meet(&mut self, path: &str) {
        let within = |whole: &String| {
            path.strip_prefix(whole.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        if self.whole.iter().any(within) {
            return;
        }
        profile_of(&mut self.profiles, path);
        if let Some((parent, _)) = path.rsplit_once('.') {
            let count = self.members.entry(parent.to_owned()).or_default();
            *count += 1;
            if *count > MEMBERS {
                let parent = parent.to_owned();
                self.keep_whole(&parent);
            }
        }
    }

    fn keep_whole(&mut self, path: &str) {
        let below = format!("{path}.");
        self.profiles.retain(|known, _| !known.starts_with(&below));
        self.whole.insert(path.to_owned());
        let profile = profile_of(&mut self.profiles, path);
        // At least one object was seen, or it would have no members.
        profile.kinds.objects = profile.kinds.objects.max(1);
        profile.values = profile.values.max(1);
    }

    /// The columns, and the members that no path reaches.
    pub(crate) fn finish(mut self) -> (Vec<Found>, Vec<String>) {
        let paths: Vec<String> = self.profiles.keys().cloned().collect();
        let mut parents: HashSet<String> = HashSet::new();
        for path in &paths {
            let mut rest = path.as_str();
            while let Some((parent, _)) = rest.rsplit_once('.') {
                if self.profiles.contains_key(parent) {
                    parents.insert(parent.to_owned());
                }
                rest = parent;
            }
        }
        for parent in &parents {
            let scalars = self.profiles.get(parent).map_or(0, |profile| {
                let Profile { kinds, .. } = profile;
                kinds.bools + kinds.numbers + kinds.texts + kinds.lists
            });
            if scalars > 0 {
                // An object here, a plain value there: one column for both.
                self.keep_whole(parent);
            } else {
                self.profiles.shift_remove(parent);
            }
        }
        let found = |(from, profile)| Found { from, native: None, profile };
        (self.profiles.into_iter().map(found).collect(), self.unreachable)
    }
}

/// An object that names one of its values: `{"key": "page", "value": …}`.
fn is_pair(tape: &Tape, text: &str, object: u32) -> bool {
    let mut names = tape.members(object).map(|(key, _)| {
        let node = tape.node(key);
        &text[node.start as usize..node.end as usize]
    });
    let (first, second) = (names.next(), names.next());
    let named = |name: Option<&str>| matches!(name, Some("key" | "name" | "id"));
    let valued = |name: Option<&str>| name == Some("value");
    names.next().is_none() && (named(first) && valued(second) || valued(first) && named(second))
}
