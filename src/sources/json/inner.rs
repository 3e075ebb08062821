/*!
What a path finds for a cell, also where it leads through text that holds JSON, as exports keep what
somebody else sent along: `"payload": "{\"order\": {\"id\": 7}}"`.

Such text is taken apart once for all paths of a record that lead into it, however deep it is wrapped.
*/

use crate::sources::{cast::fault::Fault, chunk::Span};

use super::{
    cell::{append, cell},
    steps::{Met, Step, follow},
    tape::{JsonFault, Kind, Tape},
};

/// A value of a tape, and the text that the tape points into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tape: &'a Tape,
    pub(crate) text: &'a str,
    pub(crate) at: u32,
}

/// What a path finds for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Value(Span, Kind),
    Nothing,
    /// The text of a value that the path cannot go through.
    Barred(Span, Fault),
}

/// Where a path ends behind a value that is no object or array itself.
enum Through {
    /// The text of the value was appended.
    Value(Kind),
    Nothing,
    /// The text of what is in the way was appended.
    Barred(Fault),
    /// The value itself is in the way; its text is not appended, as it may be at hand already.
    Closed(Fault),
}

#[derive(Debug, Clone, Copy, Default)]
enum Holds {
    #[default]
    Nothing,
    Json,
    Other,
}

/// The text of one value of another tape, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Inner {
    /// The value in the other tape.
    of: Option<u32>,
    holds: Holds,
    text: String,
    tape: Tape,
    deeper: Option<Box<Inner>>,
}

impl Inner {
    /// Must be called when the tape that paths start from holds something else.
    pub(crate) fn forget(&mut self) {
        self.of = None;
    }

    /// Follows the steps; new text goes to `tail`, which is thought to follow the text directly. What
    /// reads like one of `nulls` is in nobody's way.
    pub(crate) fn find(
        &mut self,
        from: Place<'_>,
        steps: &[Step],
        nulls: &[String],
        tail: &mut String,
    ) -> Result<Found, JsonFault> {
        let Place { tape, text, at } = from;
        match follow(tape, text, at, steps) {
            Met::Nothing => Ok(Found::Nothing),
            Met::Value(at) => {
                let found = cell(tape, at, text, tail)?;
                let kind = tape.node(at).kind;
                Ok(if found == Span::ABSENT { Found::Nothing } else { Found::Value(found, kind) })
            }
            Met::Barred(at, passed) => {
                self.find_behind(Place { tape, text, at }, &steps[passed..], nulls, tail)
            }
        }
    }

    /// Goes on where the first of the steps does not lead into the value.
    #[cold]
    fn find_behind(
        &mut self,
        value: Place<'_>,
        steps: &[Step],
        nulls: &[String],
        tail: &mut String,
    ) -> Result<Found, JsonFault> {
        let Place { tape, text, at } = value;
        let from = tail.len();
        let made = |tail: &String| Span::new(text.len() + from, text.len() + tail.len());
        let (met, fault) = match self.through(value, steps, tail)? {
            Through::Nothing => return Ok(Found::Nothing),
            Through::Value(kind) => return Ok(Found::Value(made(tail), kind)),
            Through::Barred(fault) => (made(tail), fault),
            Through::Closed(fault) => (cell(tape, at, text, tail)?, fault),
        };
        let read = if met.start() < text.len() { met.of(text) } else { Some(&tail[from..]) };
        let is_null = |read: &str| nulls.iter().any(|null| null == read.trim());
        Ok(if read.is_some_and(is_null) { Found::Nothing } else { Found::Barred(met, fault) })
    }

    /// Follows the steps through the value, if it is text that holds JSON.
    fn through(
        &mut self,
        value: Place<'_>,
        steps: &[Step],
        out: &mut String,
    ) -> Result<Through, JsonFault> {
        let Place { tape, text, at } = value;
        if !matches!(tape.node(at).kind, Kind::Text | Kind::Escaped) {
            return Ok(Through::Closed(steps[0].lacks()));
        }
        if self.of != Some(at) {
            self.take_apart(tape, text, at)?;
        }
        let from = out.len();
        Ok(match self.holds {
            Holds::Nothing => Through::Nothing,
            Holds::Other => Through::Closed(steps[0].lacks()),
            // The record is sound, whatever is wrong within its text.
            Holds::Json => self.within(steps, out).unwrap_or_else(|_| {
                out.truncate(from);
                Through::Closed(Fault::Malformed)
            }),
        })
    }

    fn within(&mut self, steps: &[Step], out: &mut String) -> Result<Through, JsonFault> {
        let Self { text, tape, deeper, .. } = self;
        match follow(tape, text, 0, steps) {
            Met::Nothing => Ok(Through::Nothing),
            Met::Value(at) => match tape.node(at).kind {
                Kind::Null => Ok(Through::Nothing),
                kind => append(tape, at, text, out).map(|()| Through::Value(kind)),
            },
            Met::Barred(at, passed) => {
                let deeper = deeper.get_or_insert_default();
                match deeper.through(Place { tape, text, at }, &steps[passed..], out)? {
                    Through::Closed(fault) => {
                        append(tape, at, text, out).map(|()| Through::Barred(fault))
                    }
                    other => Ok(other),
                }
            }
        }
    }

    fn take_apart(&mut self, tape: &Tape, text: &str, at: u32) -> Result<(), JsonFault> {
        self.of = None;
        if let Some(deeper) = &mut self.deeper {
            deeper.forget();
        }
        self.text.clear();
        append(tape, at, text, &mut self.text)?;
        self.holds = match self.tape.parse(&self.text, 0, self.text.len()) {
            _ if self.text.trim().is_empty() => Holds::Nothing,
            Ok(()) => Holds::Json,
            Err(_) => Holds::Other,
        };
        self.of = Some(at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::sources::json::path::Way;

    use super::*;

    /// The value that a path finds, `-` for nothing, `! ` and the text of what is in its way.
    fn dug(record: &str, path: &str) -> Result<String, JsonFault> {
        let mut tape = Tape::default();
        tape.parse(record, 0, record.len()).unwrap();
        let nulls = ["n/a".to_owned(), "-99".to_owned()];
        let (mut tail, mut inner) = (String::new(), Inner::default());
        let way = Way::new(path).unwrap();
        let found = way.dig(&tape, record, &nulls, &mut tail, &mut inner)?;
        let text = [record, &tail].concat();
        let read = |span: Span| span.of(&text).unwrap();
        Ok(match found {
            Found::Nothing => "-".to_owned(),
            Found::Value(span, _) => read(span).to_owned(),
            Found::Barred(span, fault) => format!("! {} {fault:?}", read(span)),
        })
    }

    fn check(cases: &[(&str, &str, &str)]) {
        for (record, path, expected) in cases {
            assert_eq!(dug(record, path).as_deref(), Ok(*expected), "{path}: {record}");
        }
    }

    #[test]
    fn text_that_holds_json_is_entered() {
        check(&[
            (r#"{"js": "{\"a\":{\"b\":1}}"}"#, "js.a.b", "1"),
            (r#"{"js": "{\"a\": {\"b\": 1}}"}"#, "js.a", r#"{"b":1}"#),
            (r#"{"x": {"js": "{\"a\":\"caf\\u00e9\"}"}}"#, "x.js.a", "café"),
            (r#"{"js": "[{\"k\":\"x\",\"v\":2}]"}"#, "js[k=x].v", "2"),
            (r#"{"js": "[{\"k\":\"x\",\"v\":2}]"}"#, "js[0].k", "x"),
            (r#"{"v": "{\"s\":null,\"n\":3}"}"#, "v.*", "3"),
        ]);
        let mut wrapped = r#"{"c":7}"#.to_owned();
        for member in ["b", "a"] {
            wrapped = serde_json::json!({ member: wrapped }).to_string();
        }
        check(&[(&wrapped, "a.b.c", "7"), (&wrapped, "a.b", r#"{"c":7}"#)]);
        // The text of a text.
        let twice = serde_json::json!({ "a": serde_json::json!("{\"b\":1}").to_string() });
        check(&[(&twice.to_string(), "a.b", "1")]);
    }

    #[test]
    fn what_is_empty_is_in_nobodys_way() {
        for value in [
            "null",
            "[]",
            "[ ]",
            "{}",
            r#""""#,
            r#""  ""#,
            r#""null""#,
            r#""[]""#,
            r#""{}""#,
            r#""n/a""#,
            r#"" n/a ""#,
            "-99",
            r#"{"a": null}"#,
            r#""{\"a\": []}""#,
            r#""{\"a\": {\"b\": null}}""#,
        ] {
            check(&[(&format!("{{\"js\": {value}}}"), "js.a.b", "-")]);
        }
        check(&[("{}", "js.a", "-"), (r#"{"js": [{"k": 1}]}"#, "js[k=2].v", "-")]);
        check(&[(r#"{"js": [1]}"#, "js[1].v", "-")]);
    }

    #[test]
    fn what_is_in_the_way_is_told() {
        check(&[
            (r#"{"user": "u2"}"#, "user.id", "! u2 NoObject"),
            (r#"{"user": ["u3"]}"#, "user.id", r#"! ["u3"] NoObject"#),
            (r#"{"user": 7}"#, "user.*", "! 7 NoObject"),
            (r#"{"user": "7"}"#, "user.id", "! 7 NoObject"),
            (r#"{"user": false}"#, "user.id", "! false NoObject"),
            (r#"{"user": "\u00fc"}"#, "user.id", "! ü NoObject"),
            (r#"{"user": {"a": 5}}"#, "user.a.b.c", "! 5 NoObject"),
            (r#"{"user": "{\"a\": 5}"}"#, "user.a.b", "! 5 NoObject"),
            (r#"{"user": "{\"a\": \"x\"}"}"#, "user.a.b", "! x NoObject"),
            (r#"{"user": "{\"a\":"}"#, "user.a", r#"! {"a": NoObject"#),
            (r#"{"list": {"a": 1}}"#, "list[0]", r#"! {"a":1} NoArray"#),
            (r#"{"list": "x"}"#, "list[k=v].w", "! x NoArray"),
        ]);
        // The array of the second step.
        check(&[(r#"{"a": {"list": true}}"#, "a.list[0]", "! true NoArray")]);
    }

    #[test]
    fn hostile_text_spoils_its_cell_and_no_more() {
        let half = r#"{"js": "{\"a\":\"\\ud83d\"}"}"#;
        check(&[(half, "js.a", r#"! {"a":"\ud83d"} Malformed"#)]);
        let nested = "[".repeat(10_000);
        let record = format!("{{\"js\": \"{nested}\"}}");
        check(&[(&record, "js.a", &format!("! {nested} NoObject"))]);
        // The record itself is unsound.
        assert_eq!(dug(r#"{"js": "\ud83d"}"#, "js.a"), Err(JsonFault::Surrogate));
    }

    #[test]
    fn other_text_is_taken_apart_anew() {
        let record = r#"{"a": "{\"x\":\"{\\\"y\\\":1}\"}", "b": "{\"x\":\"{\\\"y\\\":2}\"}"}"#;
        let mut tape = Tape::default();
        tape.parse(record, 0, record.len()).unwrap();
        let (mut tail, mut inner) = (String::new(), Inner::default());
        for path in ["a.x.y", "a.x.y", "b.x.y", "a.x.y"] {
            let way = Way::new(path).unwrap();
            way.dig(&tape, record, &[], &mut tail, &mut inner).unwrap();
        }
        assert_eq!(tail, "1121");
    }
}
