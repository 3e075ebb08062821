/*!
One JSON value as a flat list of nodes that point into its text.

Nothing is converted: numbers stay as they were written, strings keep their escapes until someone
asks for them. A node knows where its subtree ends, so skipping a value costs nothing. Parsing is
strict (RFC 8259), without recursion, and bounded in depth.
*/

use memchr::memchr2;

use crate::sources::bytes::find;

/// Deeper values are refused: no export nests like that, and readers further on recurse.
pub(crate) const MAX_DEPTH: usize = 256;
/// Records of more values are refused: what is made of a record must fit into memory.
pub(crate) const MAX_NODES: usize = 4_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    /// Text without escapes; the positions leave out the quotes.
    Text,
    /// Text with escapes.
    Escaped,
    Array,
    /// Children are keys and values in turn.
    Object,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The node after this one's subtree.
    pub(crate) next: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// Byte offset within the text.
    Malformed(usize),
    Unfinished,
    TooDeep,
    /// An escape that stands for half a character.
    Surrogate,
    TooLong,
    TooMany,
}

impl std::fmt::Display for JsonFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(at) => write!(f, "unexpected character at byte {at} of the record"),
            Self::Unfinished => f.write_str("the record ends inside a value"),
            Self::TooDeep => write!(f, "nested more than {MAX_DEPTH} deep"),
            Self::Surrogate => f.write_str("an escaped surrogate without its other half"),
            Self::TooMany => write!(f, "more than {MAX_NODES} values in one record"),
            Self::TooLong => f.write_str("too much text in one record"),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tape {
    nodes: Vec<Node>,
    open: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

impl Tape {
    /// Parses the one value that `text[start..end]` holds.
    pub(crate) fn parse(&mut self, text: &str, start: usize, end: usize) -> Result<(), JsonFault> {
        self.nodes.clear();
        self.open.clear();
        self.value(&text.as_bytes()[..end], start).map_err(|fault| match fault {
            JsonFault::Malformed(at) => JsonFault::Malformed(at - start),
            other => other,
        })
    }

    /// Parses the one value from `at` to the end of `bytes`. Faults count from the start of `bytes`.
    fn value(&mut self, bytes: &[u8], mut at: usize) -> Result<(), JsonFault> {
        let mut expect = Expect::Value;
        loop {
            at = skip_space(bytes, at);
            let Some(&byte) = bytes.get(at) else { return Err(JsonFault::Unfinished) };
            match (expect, byte) {
                (Expect::Key | Expect::KeyOrEnd, b'"') => {
                    at = self.string(bytes, at)?;
                    at = skip_space(bytes, at);
                    match bytes.get(at) {
                        Some(b':') => at += 1,
                        Some(_) => return Err(JsonFault::Malformed(at)),
                        None => return Err(JsonFault::Unfinished),
                    }
                    expect = Expect::Value;
                    continue;
                }
                (Expect::CommaOrEnd, b',') => {
                    at += 1;
                    expect = if self.in_object() { Expect::Key } else { Expect::Value };
                    continue;
                }
                (Expect::KeyOrEnd | Expect::CommaOrEnd, b'}') if self.in_object() => {
                    at += 1;
                    self.close(at);
                }
                (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') if !self.in_object() => {
                    at += 1;
                    self.close(at);
                }
                (Expect::Value | Expect::ValueOrEnd, b'{') => {
                    self.open(Kind::Object, at)?;
                    at += 1;
                    expect = Expect::KeyOrEnd;
                    continue;
                }
                (Expect::Value | Expect::ValueOrEnd, b'[') => {
                    self.open(Kind::Array, at)?;
                    at += 1;
                    expect = Expect::ValueOrEnd;
                    continue;
                }
                (Expect::Value | Expect::ValueOrEnd, _) => {
                    at = self.scalar(bytes, at)?;
                }
                _ => return Err(JsonFault::Malformed(at)),
            }
            expect = Expect::CommaOrEnd;
            if self.open.is_empty() {
                at = skip_space(bytes, at);
                return if at == bytes.len() { Ok(()) } else { Err(JsonFault::Malformed(at)) };
            }
        }
    }

    pub(crate) fn node(&self, index: u32) -> Node {
        self.nodes[index as usize]
    }

    /// The elements of an array.
    pub(crate) fn elements(&self, array: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.node(array).next;
        let first = (array + 1 < end).then_some(array + 1);
        std::iter::successors(first, move |at| {
            let next = self.node(*at).next;
            (next < end).then_some(next)
        })
    }

    /// The keys and values of an object.
    pub(crate) fn members(&self, object: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let end = self.node(object).next;
        let first = (object + 1 < end).then_some((object + 1, object + 2));
        std::iter::successors(first, move |(_, value)| {
            let next = self.node(*value).next;
            (next < end).then_some((next, next + 1))
        })
    }

    fn in_object(&self) -> bool {
        self.open.last().is_some_and(|index| self.node(*index).kind == Kind::Object)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, start: start as u32, end: end as u32, next });
    }

    /// One value more, if the record may have it.
    fn room(&self) -> Result<(), JsonFault> {
        if self.nodes.len() < MAX_NODES { Ok(()) } else { Err(JsonFault::TooMany) }
    }

    fn open(&mut self, kind: Kind, at: usize) -> Result<(), JsonFault> {
        if self.open.len() == MAX_DEPTH {
            return Err(JsonFault::TooDeep);
        }
        self.room()?;
        self.open.push(self.nodes.len() as u32);
        self.push(kind, at, at);
        Ok(())
    }

    fn close(&mut self, end: usize) {
        let next = self.nodes.len() as u32;
        if let Some(index) = self.open.pop() {
            let node = &mut self.nodes[index as usize];
            node.end = end as u32;
            node.next = next;
        }
    }

    fn scalar(&mut self, bytes: &[u8], at: usize) -> Result<usize, JsonFault> {
        self.room()?;
        let rest = &bytes[at..];
        let (kind, length) = match rest[0] {
            b'"' => return self.string(bytes, at),
            b'-' | b'0'..=b'9' => (Kind::Number, number_length(rest, at)?),
            _ if rest.starts_with(b"null") => (Kind::Null, 4),
            _ if rest.starts_with(b"true") => (Kind::Bool, 4),
            _ if rest.starts_with(b"false") => (Kind::Bool, 5),
            _ => return Err(JsonFault::Malformed(at)),
        };
        self.push(kind, at, at + length);
        Ok(at + length)
    }

    /// Reads the string that opens at `at`; returns the place after its closing quote.
    fn string(&mut self, bytes: &[u8], at: usize) -> Result<usize, JsonFault> {
        let start = at + 1;
        let mut here = start;
        let mut kind = Kind::Text;
        loop {
            let found = find::<0x20, 2>(&bytes[here..], [b'"', b'\\']);
            let found = found.ok_or(JsonFault::Unfinished)? + here;
            match bytes[found] {
                b'"' => {
                    self.push(kind, start, found);
                    return Ok(found + 1);
                }
                b'\\' => {
                    kind = Kind::Escaped;
                    here = found + escape_length(&bytes[found..], found)?;
                }
                _ => return Err(JsonFault::Malformed(found)),
            }
        }
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

fn escape_length(rest: &[u8], at: usize) -> Result<usize, JsonFault> {
    match rest.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => match rest.get(2..6) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => Ok(6),
            Some(_) => Err(JsonFault::Malformed(at)),
            None => Err(JsonFault::Unfinished),
        },
        Some(_) => Err(JsonFault::Malformed(at)),
        None => Err(JsonFault::Unfinished),
    }
}

fn number_length(rest: &[u8], at: usize) -> Result<usize, JsonFault> {
    let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = usize::from(rest[0] == b'-');
    let whole = digits(length);
    if whole == 0 || whole > 1 && rest[length] == b'0' {
        return Err(JsonFault::Malformed(at + length));
    }
    length += whole;
    if rest.get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        if fraction == 0 {
            return Err(JsonFault::Malformed(at + length));
        }
        length += 1 + fraction;
    }
    if matches!(rest.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(rest.len()));
        if exponent == 0 {
            return Err(JsonFault::Malformed(at + length));
        }
        length += 1 + sign + exponent;
    }
    Ok(length)
}

/// Appends the text that an escaped string stands for.
pub(crate) fn unescape(escaped: &str, out: &mut String) -> Result<(), JsonFault> {
    let mut rest = escaped;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let letter = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        out.push(match letter {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = hex(&mut rest);
                let code = match first {
                    0xD800..=0xDBFF => {
                        rest = rest.strip_prefix("\\u").ok_or(JsonFault::Surrogate)?;
                        let second = hex(&mut rest);
                        if !(0xDC00..=0xDFFF).contains(&second) {
                            return Err(JsonFault::Surrogate);
                        }
                        0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                    }
                    other => other,
                };
                char::from_u32(code).ok_or(JsonFault::Surrogate)?
            }
            other => char::from(other),
        });
    }
    out.push_str(rest);
    Ok(())
}

/// Four hexadecimal digits, checked when the string was scanned.
fn hex(rest: &mut &str) -> u32 {
    let value = u32::from_str_radix(&rest[..4], 16).unwrap_or(0);
    *rest = &rest[4..];
    value
}

/// Appends valid JSON without the white space between its parts.
pub(crate) fn compact(json: &str, out: &mut String) {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        if bytes[at] == b'"' {
            at += 1;
            while let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) {
                at += found + 1;
                if bytes[at - 1] == b'"' {
                    break;
                }
                at += 1;
            }
        } else {
            while at < bytes.len() && !matches!(bytes[at], b'"' | b' ' | b'\t' | b'\n' | b'\r') {
                at += 1;
            }
        }
        out.push_str(&json[start..at]);
        at = skip_space(bytes, at);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Tape, JsonFault> {
        let mut tape = Tape::default();
        tape.parse(text, 0, text.len()).map(|()| tape)
    }

    #[test]
    fn members_and_elements_are_walked_without_their_insides() {
        let text = r#" {"a": [1, {"x": []}, "t"], "b\n": {"c": null}, "d": -1.5e+3} "#;
        let tape = parse(text).unwrap();
        let of = |index: u32| {
            let node = tape.node(index);
            &text[node.start as usize..node.end as usize]
        };
        let members: Vec<_> = tape.members(0).map(|(key, value)| (of(key), of(value))).collect();
        assert_eq!(
            members,
            [("a", r#"[1, {"x": []}, "t"]"#), ("b\\n", r#"{"c": null}"#), ("d", "-1.5e+3")]
        );
        let (_, array) = tape.members(0).next().unwrap();
        assert_eq!(tape.elements(array).map(of).collect::<Vec<_>>(), ["1", r#"{"x": []}"#, "t"]);
        let empty = parse("[]").unwrap();
        assert_eq!(empty.elements(0).count(), 0);
        assert_eq!(parse("{}").unwrap().members(0).count(), 0);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, fault) in [
            ("", JsonFault::Unfinished),
            ("{\"a\": 1", JsonFault::Unfinished),
            ("\"abc", JsonFault::Unfinished),
            ("[1, 2", JsonFault::Unfinished),
            ("{\"a\" 1}", JsonFault::Malformed(5)),
            ("{a: 1}", JsonFault::Malformed(1)),
            ("[1 2]", JsonFault::Malformed(3)),
            ("[1,]", JsonFault::Malformed(3)),
            ("{\"a\":1,}", JsonFault::Malformed(7)),
            ("[1}", JsonFault::Malformed(2)),
            ("01", JsonFault::Malformed(0)),
            ("1.", JsonFault::Malformed(1)),
            ("1e", JsonFault::Malformed(1)),
            ("-", JsonFault::Malformed(1)),
            ("NaN", JsonFault::Malformed(0)),
            ("1 1", JsonFault::Malformed(2)),
            ("\"\\x\"", JsonFault::Malformed(1)),
            ("\"\\u12g4\"", JsonFault::Malformed(1)),
            ("\"a\tb\"", JsonFault::Malformed(2)),
            ("\"abcdefgh\u{1f}", JsonFault::Malformed(9)),
            ("\"abcdefgh\u{7f}", JsonFault::Unfinished),
        ] {
            assert_eq!(parse(text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn faults_are_placed_within_the_record() {
        // A control character in a key and in a value, an escape that is none, a number.
        for record in ["{\"a\u{1}\": 1}", "[\"\u{1}\"]", "{\"\\x\": 1}", "[01]", "{1}", "[] 1"] {
            let alone = parse(record).unwrap_err();
            let behind = format!("{{}}\n{record}");
            let fault = Tape::default().parse(&behind, 3, behind.len()).unwrap_err();
            assert_eq!(fault, alone, "{record}");
            assert!(matches!(alone, JsonFault::Malformed(at) if at < record.len()), "{alone:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(parse(&nested(10_000)).unwrap_err(), JsonFault::TooDeep);
    }

    #[test]
    fn escapes_stand_for_characters() {
        let read = |text: &str| {
            let mut out = String::new();
            unescape(text, &mut out).map(|()| out)
        };
        assert_eq!(
            read(r#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"#).unwrap(),
            "a\"\\/\u{8}\u{c}\n\r\té😀z"
        );
        assert_eq!(read(r"\ud83d"), Err(JsonFault::Surrogate));
        assert_eq!(read(r"\ud83d\u0041"), Err(JsonFault::Surrogate));
        assert_eq!(read(r"\ude00"), Err(JsonFault::Surrogate));
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_parsed_and_compacted(value in value()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert!(parse(&pretty).is_ok());
            let mut compacted = String::new();
            compact(&pretty, &mut compacted);
            prop_assert_eq!(compacted, serde_json::to_string(&value).unwrap());
        }

        #[test]
        fn faults_agree_with_serde(text in r#"[\[\]{}:,"0-9a\\u \-.eEtruefalsn]{0,16}"#) {
            // serde_json also refuses numbers beyond a double's range; this parser keeps their text.
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            if theirs || !text.contains(['e', 'E']) {
                let surrogates = text.contains("\\ud");
                prop_assert!(surrogates || parse(&text).is_ok() == theirs, "{text}");
            }
        }
    }
}
