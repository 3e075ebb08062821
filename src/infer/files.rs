/*!
Which files belong together, and the path that finds them again tomorrow.

Dates in a name become `{date:…}`, other runs of digits `*`; files that read the same then are one
source.
*/

use std::sync::LazyLock;

use chrono::NaiveDate;
use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::{
    error::{Diagnostic, Error, Kind, Result, codes},
    sources::{InputFile, fold},
    storage::{Found, FoundFile, Storage},
};

/// Files that are read by one source.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// The path to declare.
    pub(crate) path: String,
    /// The pattern of the members that are meant, where the files are archives of several.
    pub(crate) members: Option<String>,
    /// The sheet that is meant, where the files are workbooks of several.
    pub(crate) sheet: Option<String>,
    pub(crate) files: Vec<InputFile>,
    pub(crate) notes: Vec<String>,
}

impl Group {
    /// Where the files are, as the keys of a source.
    pub(crate) fn keys(&self) -> Map<String, Value> {
        let mut keys = Map::from_iter([("path".to_owned(), json!(self.path))]);
        keys.extend(self.members.as_ref().map(|pattern| ("members".to_owned(), json!(pattern))));
        keys
    }

    /// The patterns of members, as a source has them.
    pub(crate) fn patterns(&self) -> &[String] {
        self.members.as_slice()
    }
}

/// Dates as they stand in names, the longest first.
static DATES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    const YEAR: &str = "(?:19|20)[0-9]{2}";
    const MONTH: &str = "(?:0[1-9]|1[0-2])";
    const DAY: &str = "(?:0[1-9]|[12][0-9]|3[01])";
    [
        (format!("{YEAR}-{MONTH}-{DAY}"), "YYYY-MM-DD"),
        (format!("{YEAR}_{MONTH}_{DAY}"), "YYYY_MM_DD"),
        (format!("{YEAR}/{MONTH}/{DAY}"), "YYYY/MM/DD"),
        (format!("{MONTH}-{DAY}-{YEAR}"), "MM-DD-YYYY"),
        (format!("{DAY}-{MONTH}-{YEAR}"), "DD-MM-YYYY"),
        (format!("{YEAR}{MONTH}{DAY}"), "YYYYMMDD"),
        (format!("{YEAR}-{MONTH}"), "YYYY-MM"),
        (format!("{YEAR}_{MONTH}"), "YYYY_MM"),
        (format!("{YEAR}{MONTH}"), "YYYYMM"),
    ]
    .into_iter()
    .map(|(regex, format)| (Regex::new(&regex).expect("a regular expression"), format))
    .collect()
});

/// What `path` names: a file, the files of a folder and below, or what a pattern matches.
pub(crate) async fn find(storage: &Storage, path: &str) -> Result<(Vec<Group>, Vec<Diagnostic>)> {
    let web = path.starts_with("https://") || path.starts_with("http://");
    if !web && path.contains(['*', '{']) {
        let found = storage.find(path).await?.files;
        let fixed = path.find(['*', '{']).unwrap_or(0);
        let root = path[..fixed].rfind('/').map_or(0, |at| at + 1);
        return groups(path, found, root, Some(path));
    }
    let location = storage.location(path)?;
    let is_folder = location.local_path().is_some_and(|local| local.is_dir());
    if !is_folder && !path.ends_with('/') {
        match storage.find(path).await {
            Ok(Found { files, .. }) => return single(storage, path, files).await,
            Err(error) if web || location.local_path().is_some() => return Err(error),
            // On a store a folder is whatever keys begin with its name.
            Err(_) => {}
        }
    }
    let folder = path.trim_end_matches('/');
    let found = storage.find(&format!("{folder}/**")).await?.files;
    groups(path, found, folder.len() + 1, None)
}

/// One file: its path with a date in it, unless that would take others along.
async fn single(
    storage: &Storage,
    path: &str,
    found: Vec<FoundFile>,
) -> Result<(Vec<Group>, Vec<Diagnostic>)> {
    let root = path.rfind('/').map_or(0, |at| at + 1);
    let mut group = Group {
        name: name(&path[root..]),
        path: path.to_owned(),
        members: None,
        sheet: None,
        files: found.into_iter().map(input).collect(),
        notes: Vec::new(),
    };
    let template = format!("{}{}", &path[..root], dated(&path[root..]));
    if template != path && !path.contains("://") {
        let others = storage.find(&template).await.map_or(0, |found| found.files.len());
        if others == 1 {
            group.path = template;
        } else if others > 1 {
            group.notes.push(format!("`{template}` would take all {others} files of that name"));
        }
    }
    Ok((vec![group], Vec::new()))
}

fn groups(
    asked: &str,
    found: Vec<FoundFile>,
    root: usize,
    pattern: Option<&str>,
) -> Result<(Vec<Group>, Vec<Diagnostic>)> {
    let mut warnings = Vec::new();
    let mut by_shape: IndexMap<String, Vec<FoundFile>> = IndexMap::new();
    for file in found {
        if file.size == 0 {
            let message = format!("`{}` is empty", file.path);
            warnings.push(Diagnostic::warning(codes::MALFORMED, message).hint("it is left out"));
            continue;
        }
        let (fixed, below) = file.path.split_at(root.min(file.path.len()));
        let shape = format!("{fixed}{}", template(below));
        by_shape.entry(shape).or_default().push(file);
    }
    if by_shape.is_empty() {
        let message = format!("there is no file to look at in `{asked}`");
        warnings.push(Diagnostic::error(codes::NO_FILES, message));
        return Err(Error { kind: Kind::Usage, diagnostics: warnings });
    }
    let only = by_shape.len() == 1;
    let mut groups: Vec<Group> = Vec::new();
    for (shape, files) in by_shape {
        let dated = shape.contains("{date:");
        let path = match pattern {
            // A pattern stays as it was typed, unless the names hold more.
            Some(pattern) if only && (!dated || pattern.contains("{date:")) => pattern.to_owned(),
            // `part-00001` will be followed by others, `contacts_1` may be.
            _ if files.len() == 1 && !dated && !is_padded(&files[0].path[root..]) => {
                files[0].path.clone()
            }
            _ => shape.clone(),
        };
        let folder = shape[..shape.rfind('/').unwrap_or(0)].rsplit('/').next().unwrap_or_default();
        let mut source = name(shape.rsplit('/').next().unwrap_or_default());
        if groups.iter().any(|group| group.name == source) {
            source = format!("{}_{source}", name(folder));
        }
        let mut unique = source.clone();
        let mut next = 2;
        while groups.iter().any(|group| group.name == unique) {
            unique = format!("{source}_{next}");
            next += 1;
        }
        let files = files.into_iter().map(input).collect();
        let notes = Vec::new();
        groups.push(Group { name: unique, path, members: None, sheet: None, files, notes });
    }
    Ok((groups, warnings))
}

fn input(found: FoundFile) -> InputFile {
    InputFile {
        content_id: format!("size:{}", found.size),
        location: found.location,
        path: found.path,
        size: found.size,
        period: found.period,
        names: None,
        within: None,
        member: None,
        sheet: None,
    }
}

/// The path, with a template in place of its date and `*` in place of its numbers.
pub(crate) fn template(path: &str) -> String {
    starred(&dated(path))
}

/// The path with its first date as a template.
pub(crate) fn dated(path: &str) -> String {
    for (regex, format) in DATES.iter() {
        let found = regex.find_iter(path).find(|found| {
            let digit = |at: Option<char>| at.is_some_and(|sign| sign.is_ascii_digit());
            let alone = !digit(path[..found.start()].chars().next_back())
                && !digit(path[found.end()..].chars().next());
            alone && is_date(found.as_str(), format)
        });
        if let Some(found) = found {
            let (before, after) = (&path[..found.start()], &path[found.end()..]);
            return format!("{before}{{date:{format}}}{after}");
        }
    }
    path.to_owned()
}

/// Whether the digits are a day or month of the calendar.
fn is_date(text: &str, format: &str) -> bool {
    let part = |letters: &str| {
        format.find(letters).and_then(|at| text[at..at + letters.len()].parse::<u32>().ok())
    };
    let (year, month, day) = (part("YYYY"), part("MM"), part("DD"));
    let year = year.and_then(|year| i32::try_from(year).ok());
    year.is_some_and(|year| {
        NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1)).is_some()
    })
}

/// Numbers that count files become `*`: digits that a letter neither opens nor closes.
pub(crate) fn starred(path: &str) -> String {
    static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
        let uuid = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
        Regex::new(&format!(r"\{{date:[^}}]*\}}|{uuid}|[0-9a-f]{{16,}}|[0-9]+"))
            .expect("a regular expression")
    });
    let mut out = String::with_capacity(path.len());
    let mut last = 0;
    for found in NUMBERS.find_iter(path) {
        let letter = |sign: Option<char>| sign.is_some_and(char::is_alphabetic);
        let within = letter(path[..found.start()].chars().next_back())
            || letter(path[found.end()..].chars().next());
        let kept = found.as_str().starts_with('{') || within && found.len() < 5;
        out.push_str(&path[last..found.start()]);
        out.push_str(if kept { found.as_str() } else { "*" });
        last = found.end();
    }
    out.push_str(&path[last..]);
    while out.contains("**") {
        out = out.replace("**", "*");
    }
    out
}

/// Whether a number in the path is written with leading zeros.
fn is_padded(path: &str) -> bool {
    static PADDED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[^0-9])0[0-9]{2,}").expect("a regular expression"));
    PADDED.is_match(path)
}

/// What says how a file is written, not what it holds.
const ENDINGS: [&str; 19] = [
    "csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "avro", "arrow", "feather", "xlsx",
    "log", "gz", "zst", "bz2", "xz", "tar", "tgz", "zip",
];

/// A source's name from a file's: without dates, numbers and endings.
pub(crate) fn name(file: &str) -> String {
    static NOISE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{date:[^}]*\}|\*|\d{4,}").expect("a regular expression"));
    let dated = dated(file);
    let bare = NOISE.replace_all(&dated, " ");
    let stem = |part: &&str| part.contains(char::is_alphabetic) && !ENDINGS.contains(part);
    let bare = bare.split('.').find(stem).unwrap_or_default();
    let mut name: String = fold(bare)
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .collect();
    name.truncate(40);
    let name = name.trim_matches('_').trim_end_matches("_1").to_owned();
    match name.chars().next() {
        None => "export".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("export_{name}"),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths_that_find_tomorrows_file() {
        for (path, template) in [
            ("events_20250701.ndjson.gz", "events_{date:YYYYMMDD}.ndjson.gz"),
            ("orders_2025-07.csv", "orders_{date:YYYY-MM}.csv"),
            ("2026/06/30/part-0001.json", "{date:YYYY/MM/DD}/part-*.json"),
            ("dt=2026-06-30/a.csv", "dt={date:YYYY-MM-DD}/a.csv"),
            ("06-30-2026/x.gz", "{date:MM-DD-YYYY}/x.gz"),
            ("contacts_1.csv", "contacts_*.csv"),
            ("subscriptions_00001.json.gz", "subscriptions_*.json.gz"),
            ("orders_20250231.csv", "orders_*.csv"),
            ("q1.csv", "q1.csv"),
            ("log4j.txt", "log4j.txt"),
            ("0189d3f0-5f7a-7c3e-8b1a-1234567890ab.csv", "*.csv"),
        ] {
            assert_eq!(super::template(path), template, "{path}");
        }
    }

    #[test]
    fn sources_are_named_by_what_stays_the_same() {
        for (file, expected) in [
            ("events_{date:YYYYMMDD}.ndjson.gz", "events"),
            ("{date:YYYY-MM-DD}.events.csv", "events"),
            ("contacts_*.csv", "contacts"),
            ("Order Lines.csv", "order_lines"),
            ("2026.csv", "export"),
            ("orders_2025-07.csv", "orders"),
            ("3d.csv", "export_3d"),
        ] {
            assert_eq!(name(file), expected, "{file}");
        }
    }
}
