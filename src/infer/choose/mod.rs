/*!
From what a column holds to what a careful engineer would declare: type, formats, null markers, and
the reasons in words.

Each family of types is one small file that says "mine", with its settings, or nothing; the first in
the order below wins, and text is what remains.
*/

use serde_json::{Map, Value, json};

use super::{
    names,
    profile::{Kinds, Profile},
    read::Found,
    tally::Place,
};

mod flag;
mod number;
mod text;
mod time;

pub(crate) use number::{Written, style_of};

/// What holds for all columns of a source.
#[derive(Debug, Clone)]
pub(crate) struct Context<'a> {
    pub(crate) rows: u64,
    /// The place in [`STYLES`](super::numbers::STYLES) of the signs that the source declares.
    pub(crate) style: usize,
    /// The signs of the files, where they are delimited text.
    pub(crate) written: Option<Written>,
    /// Another column of the source shows that dates begin with the month.
    pub(crate) month_first: Option<bool>,
    pub(crate) files: &'a [String],
}

/// A column as it is proposed.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) from: String,
    /// `type` and everything beside it, as YAML spells it.
    pub(crate) settings: Map<String, Value>,
    /// Reasons and warnings, in words.
    pub(crate) notes: Vec<String>,
    /// Values that are bad, and named in a note.
    pub(crate) bad: u64,
    /// A time stamp that names no zone.
    pub(crate) local: bool,
    /// Whether the order of day and month is known; true: month first.
    pub(crate) month_first: Option<bool>,
}

impl Choice {
    pub(crate) fn column_type(&self) -> &str {
        self.settings.get("type").and_then(Value::as_str).unwrap_or("string")
    }

    /// Falls back to text.
    pub(crate) fn demote(&mut self, why: String) {
        let pii = self.settings.remove("pii");
        self.settings = settings("string");
        self.settings.extend(pii.map(|pii| ("pii".to_owned(), pii)));
        self.notes.push(why);
        self.local = false;
    }
}

/// What a family of types makes of a column.
#[derive(Debug, Default)]
struct Verdict {
    settings: Map<String, Value>,
    notes: Vec<String>,
    bad: u64,
    local: bool,
    month_first: Option<bool>,
}

fn settings(column_type: &str) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!(column_type))])
}

impl Verdict {
    fn new(column_type: &str) -> Self {
        Self { settings: settings(column_type), ..Self::default() }
    }

    fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(key.to_owned(), value.into());
        self
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Names the values that are not of the type.
    fn misfits(
        mut self,
        bad: u64,
        of: u64,
        what: &str,
        misfits: &[(String, u64, Place)],
        context: &Context<'_>,
    ) -> Self {
        self.bad = bad;
        if bad == 0 {
            return self;
        }
        let (bad, of, verb) = (grouped(bad), grouped(of), if bad == 1 { "is" } else { "are" });
        self.note(format!("{bad} of {of} values {verb} no {what}: {}", examples(misfits, context)))
    }

    /// Declares what means null, with how often it occurs.
    fn nulls(mut self, nulls: &[(String, u64)]) -> Self {
        if !nulls.is_empty() {
            let words: Vec<&str> = nulls.iter().map(|(word, _)| word.as_str()).collect();
            self.settings.insert("nulls".to_owned(), json!(words));
            let said = nulls.iter().map(|(word, count)| format!("`{word}` {}", times(*count)));
            self.notes.push(format!("null: {}", said.collect::<Vec<_>>().join(", ")));
        }
        self
    }
}

/// Of a column's values, a share this small may be bad without changing the type.
pub(crate) fn is_rare(bad: u64, of: u64) -> bool {
    bad * 50 <= of
}

/// Chooses the declaration of one column.
pub(crate) fn choose(found: &Found, name: &str, context: &Context<'_>) -> Choice {
    let profile = &found.profile;
    let verdict = if let Some(native) = &found.native {
        Verdict { local: native == "timestamp_local", ..Verdict::new(declared(native)) }
    } else if profile.values == 0 {
        let verdict = Verdict::new("string");
        match context.rows {
            0 => verdict,
            _ => verdict.note("always empty: the type is unknown"),
        }
    } else {
        nested(profile, &found.from)
            .or_else(|| flag::verdict(name, profile))
            .or_else(|| time::verdict(name, profile, context))
            .or_else(|| number::verdict(name, profile, context))
            .or_else(|| text::document(profile))
            .unwrap_or_else(|| text::verdict(name, profile, context))
    };
    let mut choice = Choice {
        name: name.to_owned(),
        from: found.from.clone(),
        settings: verdict.settings,
        notes: verdict.notes,
        bad: verdict.bad,
        local: verdict.local,
        month_first: verdict.month_first,
    };
    let class = text::pii_of_values(profile).or_else(|| names::pii(name));
    let personal = !matches!(choice.column_type(), "bool" | "float64")
        && !choice.column_type().starts_with("decimal");
    if let Some(class) = class.filter(|_| personal) {
        choice.settings.insert("pii".to_owned(), json!(class));
    }
    if let (Some((word, count, _)), 1, true) =
        (profile.words.words().next(), profile.words.words().count(), profile.words.complete())
        && count == context.rows
        && count > 1
    {
        choice.notes.push(format!("always `{}`", short(word)));
    }
    choice
}

/// A time stamp without zone is declared like any other.
fn declared(native: &str) -> &str {
    native.strip_suffix("_local").unwrap_or(native)
}

/// Lists and objects.
fn nested(profile: &Profile, from: &str) -> Option<Verdict> {
    let Kinds { lists, objects, .. } = profile.kinds;
    if lists + objects == 0 {
        return None;
    }
    let elements = profile.elements;
    Some(if lists + objects < profile.values || lists > 0 && objects > 0 {
        Verdict::new("string").note("a plain value here, an object or list there: stays text")
    } else if objects > 0 {
        Verdict::new("json")
    } else if elements.nested == 0 && elements.scalars > 0 {
        Verdict::new("list<string>")
    } else if elements.pairs > 0 && elements.pairs == elements.nested {
        Verdict::new("list<json>")
            .note(format!("pairs: `from: \"{from}[key=…].value\"` makes one of them a column"))
    } else {
        Verdict::new("list<json>")
    })
}

/// `12 times`, `once`.
fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", grouped(count)) }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A value for a comment: on one line, and not too long.
pub(crate) fn short(value: &str) -> String {
    const LONGEST: usize = 40;
    let one_line: String =
        value.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if one_line.chars().count() <= LONGEST {
        return one_line;
    }
    one_line.chars().take(LONGEST).collect::<String>() + "…"
}

/// The first few values that do not fit, with their places.
fn examples(misfits: &[(String, u64, Place)], context: &Context<'_>) -> String {
    const SHOWN: usize = 3;
    let mut said: Vec<String> = misfits
        .iter()
        .take(SHOWN)
        .map(|(value, count, place)| {
            let file = context.files.get(place.file).map_or("", String::as_str);
            let file = file.rsplit('/').next().unwrap_or(file);
            let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            format!("`{}` ({file}:{}{more})", short(value), place.line)
        })
        .collect();
    if misfits.len() > SHOWN {
        said.push("…".to_owned());
    }
    said.join(", ")
}
