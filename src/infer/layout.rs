/*!
What kind of file it is: packing, encoding, format; for JSON, where the records stand.
*/

use std::{io::Read, ops::ControlFlow};

use super::{Workshop, files::Group};
use crate::{
    config::reading::Format,
    error::{Error, Result, codes},
    sources::{InputFile, Unpacked, decode, each_part, read_error},
};

/// The beginning of a file.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) layout: Layout,
    pub(crate) text: String,
    /// A label of the encoding; `utf-8` unless the bytes say otherwise.
    pub(crate) encoding: &'static str,
    /// Whether the text is the whole file.
    pub(crate) complete: bool,
}

impl Head {
    /// Of a file that is no text.
    fn of(layout: Layout) -> Self {
        Self { layout, text: String::new(), encoding: "utf-8", complete: true }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    Delimited,
    Lines,
    /// An array, or an object that holds one at this path.
    Document(Option<String>),
    /// Parquet, Avro or Arrow: the columns have types.
    Typed(Format),
    /// Lines that this pattern takes apart, which a preset knows.
    Log(String),
    /// A sheet of a workbook.
    Sheet,
}

/// Bytes that are looked at before the file is read.
const HEAD: usize = 1 << 20;

/// Reads the beginning of the first file of a group, or of its first member.
pub(crate) fn head(workshop: &Workshop, group: &Group) -> Result<Head> {
    let file = &group.files[0];
    let mut found = None;
    each_part(file, group.patterns(), &workshop.options.scratch, |part, unpacked| {
        found = Some(match unpacked.may_be_a_workbook() {
            true => Head::of(Layout::Sheet),
            false => begin(part, unpacked)?,
        });
        Ok(ControlFlow::Break(()))
    })?;
    found.ok_or_else(|| refuse(file, "is an archive that holds no file"))
}

fn begin(file: &InputFile, unpacked: Unpacked) -> Result<Head> {
    let failed = |error| read_error(file, error);
    let mut bytes = Vec::new();
    unpacked.into_stream().take(HEAD as u64).read_to_end(&mut bytes).map_err(failed)?;
    let complete = bytes.len() < HEAD;
    if bytes.is_empty() {
        return Err(refuse(file, "is empty").hint("there is nothing to infer from"));
    }
    if let Some(format) = typed(&bytes) {
        return Ok(Head::of(Layout::Typed(format)));
    }
    if let Some(what) = known_binary(&bytes) {
        return Err(refuse(file, &format!("is {what}, which has no columns to infer"))
            .hint("export it as CSV, JSON or Parquet"));
    }
    let encoding = encoding_of(&bytes, complete);
    let label = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    let (_, _, mut content) =
        decode(Box::new(std::io::Cursor::new(bytes)), label).map_err(failed)?;
    let mut decoded = Vec::new();
    // A character may be cut in two where the head ends.
    drop(content.read_to_end(&mut decoded));
    let sound = std::str::from_utf8(&decoded).map_or_else(|error| error.valid_up_to(), str::len);
    decoded.truncate(sound);
    let text = String::from_utf8(decoded).unwrap_or_default();
    if is_binary(&text) {
        return Err(refuse(file, "is neither text nor a format that can be read")
            .hint("CSV, TSV, NDJSON, JSON, Parquet, Avro, Arrow, XLSX and access logs can be inferred, also packed"));
    }
    if text.trim().is_empty() {
        return Err(refuse(file, "holds nothing but white space"));
    }
    if let Some((what, hint)) = markup(&text, complete) {
        return Err(refuse(file, &format!("is {what}")).hint(hint));
    }
    let layout = layout(&text, complete);
    Ok(Head { layout, text, encoding, complete })
}

fn refuse(file: &InputFile, what: &str) -> Error {
    Error::failed(codes::MALFORMED, format!("`{}` {what}", file.path))
}

/// Formats whose columns have types, by their first bytes.
fn typed(bytes: &[u8]) -> Option<Format> {
    Some(match bytes {
        [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
        [b'O', b'b', b'j', 1, ..] => Format::Avro,
        // A file, or a stream, whose first message is a schema.
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => Format::Arrow,
        _ => return None,
    })
}

/// What is known by its first bytes and cannot be read.
fn known_binary(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Office document",
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => "an SQLite database",
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] => "a picture",
        _ => return None,
    })
}

/// `utf-8`, unless a byte order mark or the bytes themselves say otherwise.
fn encoding_of(bytes: &[u8], complete: bool) -> &'static str {
    if encoding_rs::Encoding::for_bom(bytes).is_some() {
        return "utf-8";
    }
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let half = bytes.len() / 2;
    if half > 0 && zeros(1) * 10 > half * 4 && zeros(0) * 10 < half {
        return "utf-16le";
    }
    if half > 0 && zeros(0) * 10 > half * 4 && zeros(1) * 10 < half {
        return "utf-16be";
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => "utf-8",
        Err(error) if !complete && error.error_len().is_none() => "utf-8",
        Err(_) => "windows-1252",
    }
}

/// Control characters do not occur in exports, save for white space.
fn is_binary(text: &str) -> bool {
    let odd = |letter: &char| letter.is_control() && !letter.is_whitespace();
    let count = text.chars().take(1 << 16).filter(odd).count();
    count * 50 > text.chars().take(1 << 16).count()
}

/// Text in tags, and what to do about it: applications write web pages that they call `.xls`.
fn markup(text: &str, complete: bool) -> Option<(&'static str, &'static str)> {
    const BOOK: &str = "open it in a spreadsheet and save it as XLSX or CSV";
    const PAGES: [&str; 7] =
        ["<!doctype html", "<html", "<head", "<meta", "<body", "<table", "<style"];
    const OPENING: usize = 2_000;
    let start = text.trim_start();
    let opening: String = start.chars().take(OPENING).collect::<String>().to_lowercase();
    let tag = opening.strip_prefix('<')?;
    if PAGES.iter().any(|page| opening.starts_with(page))
        || tag.starts_with("?xml") && opening.contains("<html")
    {
        return Some(("a web page (HTML), whatever its name says", BOOK));
    }
    if opening.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return Some(("a workbook of Excel 2003 in XML", BOOK));
    }
    // `<none>` may be a cell: a document closes what it opens.
    let name = tag.split(|sign: char| !sign.is_alphanumeric() && !"_-:.".contains(sign)).next()?;
    let closes = || match complete {
        true => start.trim_end().to_lowercase().ends_with(&format!("</{name}>")),
        false => start.contains("</"),
    };
    let named = name.starts_with(char::is_alphabetic) && closes();
    (tag.starts_with("?xml") || tag.starts_with("!doctype") || named).then_some((
        "an XML document, which has no columns to infer",
        "export it as CSV or JSON, or convert it; a feed often has a JSON version",
    ))
}

fn layout(text: &str, complete: bool) -> Layout {
    let start = text.trim_start();
    match start.as_bytes().first() {
        Some(b'[') if start[1..].trim_start().starts_with(['{', ']']) => Layout::Document(None),
        Some(b'{') => {
            let lines: Vec<&str> =
                start.lines().map(str::trim).filter(|line| !line.is_empty()).take(20).collect();
            let whole = |line: &&&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
            // A record of many lines opens with a lone bracket.
            let first =
                lines.first().is_some_and(|line| whole(&line) || !complete && lines.len() == 1);
            if first && (lines.len() > 1 || envelope(start).is_none()) {
                Layout::Lines
            } else {
                Layout::Document(envelope(start))
            }
        }
        _ => Layout::Delimited,
    }
}

/// Members deeper than this hold no records.
const DEPTH: usize = 3;

/// The path of the array of objects that fills most of a document; its text may be cut off.
fn envelope(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    // The members that lead here; arrays stand as `None`.
    let mut open: Vec<(Option<String>, bool)> = Vec::new();
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let mut key: Option<String> = None;
    let mut expects_key = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let start = at + 1;
                at = start;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                if expects_key {
                    key = text.get(start..at).map(str::to_owned);
                    expects_key = false;
                }
            }
            b'{' => {
                open.push((key.take(), false));
                expects_key = true;
            }
            b'[' => {
                let name = key.take();
                let path: Option<Vec<String>> = open
                    .iter()
                    .skip(1)
                    .map(|(name, list)| name.clone().filter(|_| !list))
                    .chain([name.clone()])
                    .collect();
                let holds_objects = text[at + 1..].trim_start().starts_with('{');
                if let Some(path) = path.filter(|path| holds_objects && path.len() <= DEPTH) {
                    found.push((path.join("."), at, bytes.len()));
                }
                open.push((name, true));
            }
            b'}' | b']' => {
                open.pop();
                if let Some(array) = found.iter_mut().rfind(|(.., end)| *end == bytes.len())
                    && bytes[at] == b']'
                    && open.iter().all(|(_, list)| !list)
                {
                    array.2 = at;
                }
            }
            b',' => expects_key = open.last().is_some_and(|(_, list)| !list),
            _ => {}
        }
        at += 1;
    }
    let (path, start, end) = found.into_iter().max_by_key(|(_, start, end)| end - start)?;
    ((end - start) * 2 > bytes.len()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_tell_where_their_records_stand() {
        let document = |path: &str| Layout::Document(Some(path.to_owned()));
        for (text, expected) in [
            ("a,b\n1,2\n", Layout::Delimited),
            ("[{\"a\": 1}]", Layout::Document(None)),
            ("[]", Layout::Document(None)),
            ("{\"a\": 1}\n{\"a\": 2}\n", Layout::Lines),
            ("{\"a\": 1, \"b\": [1, 2, 3]}\n", Layout::Lines),
            (
                "{\"object\": \"list\", \"data\": [{\"id\": 1}, {\"id\": 2}, {\"id\": 3}]}",
                document("data"),
            ),
            (
                "{\n \"result\": {\n \"items\": [\n {\"id\": 1, \"l\": [{\"x\": 1}]}\n]}}",
                document("result.items"),
            ),
            ("{\n \"id\": 1,\n \"name\": \"a record of many lines\"\n}", Layout::Document(None)),
            ("{\"tickets\":[\n{\"id\":1},\n{\"id\":2}", document("tickets")),
        ] {
            assert_eq!(layout(text, true), expected, "{text}");
        }
    }

    #[test]
    fn documents_in_tags_are_known() {
        let page = "a web page (HTML), whatever its name says";
        let xml = "an XML document, which has no columns to infer";
        for (text, expected) in [
            ("<!DOCTYPE html>\n<html><body></body></html>", Some(page)),
            ("\n <table border=1><tr><td>a</td></tr></table>", Some(page)),
            ("<?xml version=\"1.0\"?>\n<html xmlns=\"x\"></html>", Some(page)),
            ("<?xml version=\"1.0\"?>\n<orders><order/></orders>", Some(xml)),
            ("<orders at=\"x\"><order/></orders>\n", Some(xml)),
            ("<none>,1\n<none>,2\n", None),
            ("<134>Oct 11 22:14:15 host app: started\n", None),
            ("a,b\n<b>x</b>,2\n", None),
        ] {
            assert_eq!(markup(text, true).map(|(what, _)| what), expected, "{text}");
        }
        let book = "<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">";
        let what = markup(book, false).map(|(what, _)| what);
        assert_eq!(what, Some("a workbook of Excel 2003 in XML"));
    }

    #[test]
    fn bytes_tell_their_encoding() {
        assert_eq!(encoding_of("naïve".as_bytes(), true), "utf-8");
        assert_eq!(encoding_of(b"na\xefve", true), "windows-1252");
        assert_eq!(encoding_of(&"naïve".as_bytes()[..3], false), "utf-8");
        let wide: Vec<u8> = "a;b\n1;2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(encoding_of(&wide, true), "utf-16le");
    }
}
