/*!
Columns are found by name in each file for itself, so files may order theirs as they like.

A declared name matches a header that reads the same, or one that folds to the same snake_case name:
`Order ID`, `orderId` and `order_id` are one.
*/

use std::{collections::HashSet, sync::Arc};

use indexmap::IndexMap;

use crate::{
    config::{
        drift::MissingColumn,
        source::{Column, Source},
    },
    error::{Diagnostic, Error, Kind, Result, codes, nearest},
};

use super::{
    drift::Seen,
    json::{
        Dig, digs,
        path::{Way, below},
    },
};

/// The snake_case name of a header: `Duration (in seconds)` is `duration_in_seconds`.
pub fn fold(header: &str) -> String {
    let letters: Vec<char> = header.chars().collect();
    let mut name = String::with_capacity(header.len());
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
            continue;
        }
        let previous = at.checked_sub(1).map(|before| letters[before]);
        let after_word =
            previous.is_some_and(|before| before.is_lowercase() || before.is_numeric());
        // The last capital of `IPAddress` opens a word.
        let before_word = previous.is_some_and(char::is_uppercase)
            && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let opens = letter.is_uppercase() && (after_word || before_word);
        if opens && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    if name.ends_with('_') {
        name.pop();
    }
    name
}

/// The same without the seams between words: what differs in case alone is equal here.
fn flat(header: &str) -> String {
    fold(&header.to_lowercase())
}

/// What two headers of one file are compared by. A sign alone, such as Typeform's `#`, folds to nothing
/// and is its own name.
pub(crate) fn likeness(header: &str) -> String {
    Some(flat(header)).filter(|name| !name.is_empty()).unwrap_or_else(|| header.to_owned())
}

/// What feeds the columns of one file.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The field of every column; none for one that the file may lack.
    pub(crate) positions: Vec<Option<usize>>,
    /// Columns that are only a part of their field.
    pub(crate) digs: Arc<[Dig]>,
    pub(crate) seen: Seen,
}

/// Finds every column among the headers of one file.
pub(crate) fn bind(file: &str, headers: &[String], source: &Source) -> Result<Bound> {
    let mut positions = Vec::new();
    let mut within = Vec::new();
    let ambiguous = ambiguous(file, headers);
    if !ambiguous.is_empty() {
        return Err(Error { kind: Kind::Failed, diagnostics: ambiguous });
    }
    let mut missing = Vec::new();
    for column in &source.columns {
        match place(headers, column)? {
            None if may_lack(source, column) => positions.push(None),
            Some((at, way)) => {
                within.extend(way.map(|way| (positions.len(), at, way)));
                positions.push(Some(at));
            }
            None => missing.push(lacks(file, headers, column)),
        }
    }
    if missing.is_empty() {
        let seen = seen(headers, source, &positions);
        Ok(Bound { positions, digs: digs(source, &within).into(), seen })
    } else {
        Err(Error { kind: Kind::Failed, diagnostics: missing })
    }
}

/// What a file has beside the declared columns, and what of them it lacks.
pub(crate) fn seen(headers: &[String], source: &Source, positions: &[Option<usize>]) -> Seen {
    // One of several names of a column is declared, though another of them may be read.
    let declared: HashSet<&str> =
        source.columns.iter().flat_map(|column| &column.from).map(|from| from.trim()).collect();
    let read: HashSet<usize> = positions.iter().copied().flatten().collect();
    let undeclared = headers
        .iter()
        .enumerate()
        .map(|(at, header)| (at, header.trim()))
        .filter(|(at, header)| {
            !header.is_empty() && !read.contains(at) && !declared.contains(header)
        })
        .map(|(_, header)| header.to_owned());
    let lacking = source
        .columns
        .iter()
        .zip(positions)
        .filter(|(_, position)| position.is_none())
        .map(|(column, _)| column.name.clone());
    Seen { undeclared: undeclared.collect(), lacking: lacking.collect(), ..Seen::default() }
}

/// Without names a column's `from` is its number, counted from 1; else its place in the list.
pub(crate) fn by_number(columns: &[Column]) -> Bound {
    let number = |column: &Column| {
        column.from.iter().find_map(|from| from.parse::<usize>().ok()?.checked_sub(1))
    };
    let places = columns.iter().enumerate();
    let positions = places.map(|(at, column)| number(column).or(Some(at))).collect();
    Bound { positions, digs: Arc::default(), seen: Seen::default() }
}

/// The field that feeds a column, and the way into it where it holds JSON.
pub(crate) fn place(names: &[String], column: &Column) -> Result<Option<(usize, Option<Way>)>> {
    for from in &column.from {
        if let Some(at) = position(names, from) {
            return Ok(Some((at, None)));
        }
        let root = from.split(['.', '[']).next().unwrap_or_default();
        let Some(inner) = below(from, root).filter(|inner| !inner.is_empty()) else { continue };
        if let Some(at) = names.iter().position(|name| name.trim() == root) {
            let way = Way::new(inner).ok_or_else(|| {
                let message = format!("column `{}`: `{from}` is no path", column.name);
                Error::usage(codes::INVALID_VALUE, message)
            })?;
            return Ok(Some((at, Some(way))));
        }
    }
    Ok(None)
}

/// Whether a file without the column is as good.
pub(crate) fn may_lack(source: &Source, column: &Column) -> bool {
    source.drift.missing == MissingColumn::Accept
        && !column.required
        && !source.key.contains(&column.name)
}

/// Where the header stands that `wanted` means.
pub(crate) fn position(headers: &[String], wanted: &str) -> Option<usize> {
    let by = |same: &dyn Fn(&str) -> bool| headers.iter().position(|header| same(header));
    let (folded, flattened) = (fold(wanted), flat(wanted));
    by(&|header| header.trim() == wanted.trim())
        .or_else(|| by(&|header| !folded.is_empty() && fold(header) == folded))
        .or_else(|| by(&|header| !flattened.is_empty() && flat(header) == flattened))
}

fn ambiguous(file: &str, headers: &[String]) -> Vec<Diagnostic> {
    let mut seen: IndexMap<String, &str> = IndexMap::new();
    let mut clashes = Vec::new();
    for header in headers.iter().filter(|header| !header.trim().is_empty()) {
        let name = likeness(header);
        match seen.get(&name) {
            Some(first) => clashes.push(
                Diagnostic::error(
                    codes::HEADER_AMBIGUOUS,
                    format!("`{file}` has two columns named alike: `{first}` and `{header}`"),
                )
                .hint(
                    "names are compared without case and punctuation; rename one in the export, or \
                     declare `repeated_names: number`",
                ),
            ),
            None => {
                seen.insert(name, header);
            }
        }
    }
    clashes
}

/// The fault of a file without a declared column, with the header that may be meant.
pub(crate) fn lacks(file: &str, headers: &[String], column: &Column) -> Diagnostic {
    let wanted =
        column.from.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    let diagnostic = Diagnostic::error(
        codes::HEADER_MISSING,
        format!("`{file}` has no column {wanted} for `{}`", column.name),
    );
    let candidates: Vec<&str> = headers.iter().map(String::as_str).collect();
    let folded: Vec<String> = headers.iter().map(|header| fold(header)).collect();
    let near = column.from.iter().find_map(|name| {
        nearest(name, &candidates).or_else(|| {
            let names: Vec<&str> = folded.iter().map(String::as_str).collect();
            let close = nearest(&fold(name), &names)?;
            folded.iter().position(|name| name == close).map(|at| candidates[at])
        })
    });
    match near {
        Some(header) => {
            diagnostic.hint(format!("did you mean `{header}`? declare `from: {header}`"))
        }
        None => {
            const SHOWN: usize = 12;
            let mut listed =
                candidates.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            if candidates.len() > SHOWN {
                listed.push(format!("{} more", candidates.len() - SHOWN));
            }
            diagnostic.hint(format!("its columns are {}", listed.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sources::support::source;

    use super::*;

    #[test]
    fn headers_fold_to_snake_case() {
        for (header, name) in [
            ("Order ID", "order_id"),
            ("orderId", "order_id"),
            (" E-mail (work) ", "e_mail_work"),
            ("Duration (in seconds)", "duration_in_seconds"),
            ("IPAddress", "ip_address"),
            ("StartDate", "start_date"),
            ("hs_object_id", "hs_object_id"),
            ("Q1_1", "q1_1"),
            ("Größe", "größe"),
            ("$insert_id", "insert_id"),
            ("#", ""),
        ] {
            assert_eq!(fold(header), name, "{header}");
        }
    }

    fn of(wanted: &[&str]) -> Source {
        source(&wanted.iter().map(|name| (*name, "string")).collect::<Vec<_>>())
    }

    fn headers(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn bound(names: &[&str], wanted: &[&str]) -> Result<Vec<usize>> {
        let found = bind("a.csv", &headers(names), &of(wanted))?;
        Ok(found.positions.into_iter().map(|at| at.expect("every column is there")).collect())
    }

    #[test]
    fn what_a_file_may_lack_is_neither_required_nor_a_key() {
        let mut source = of(&["id", "email", "phone"]);
        source.drift.missing = MissingColumn::Accept;
        source.key = vec!["id".to_owned()];
        let bound = |source: &Source| bind("a.csv", &headers(&["phone", "ID"]), source);
        let found = bound(&source).unwrap();
        assert_eq!(found.positions, [Some(1), None, Some(0)]);
        assert_eq!(found.seen.lacking, ["email"]);
        source.columns[1].required = true;
        assert!(bound(&source).unwrap_err().to_string().contains("no column `email`"));
        assert!(bind("a.csv", &headers(&["email"]), &source).is_err());
    }

    #[test]
    fn names_decide_and_order_does_not() {
        assert_eq!(
            bound(&["Email", "Phone", "Zip"], &["email", "zip", "phone"]).unwrap(),
            [0, 2, 1]
        );
        assert_eq!(bound(&["eMail", "#", ""], &["email", "#"]).unwrap(), [0, 1]);
        // Exactly the same beats folded alike.
        assert_eq!(bound(&["Q1_1", "Q11"], &["q11", "q1_1"]).unwrap(), [1, 0]);
    }

    #[test]
    fn what_is_not_declared_is_seen() {
        let mut source = of(&["id", "props.plan"]);
        source.columns[0].from.push("Record".to_owned());
        let names = headers(&["ID ", "", " Tier", "props", "Record"]);
        let seen = bind("a.csv", &names, &source).unwrap().seen;
        assert_eq!((seen.undeclared, seen.lacking), (vec!["Tier".to_owned()], Vec::new()));
    }

    #[test]
    fn clashes_and_losses_are_named() {
        let error = bound(&["Order ID", "total", "order_id"], &["total"]).unwrap_err();
        assert_eq!(error.diagnostics[0].code, codes::HEADER_AMBIGUOUS);
        assert!(error.to_string().contains("`Order ID` and `order_id`"), "{error}");
        let error = bound(&["Order ID", "totals"], &["order_id", "total", "currency"]).unwrap_err();
        assert_eq!(error.diagnostics.len(), 2);
        assert!(error.to_string().contains("no column `total` for `total`"), "{error}");
        assert!(error.to_string().contains("did you mean `totals`"), "{error}");
        assert!(error.to_string().contains("its columns are `Order ID`, `totals`"), "{error}");
    }
}
