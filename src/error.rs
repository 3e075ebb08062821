/*!
The one error type of the crate.

An [`Error`] is a [`Kind`], which decides the exit code, and one or more [`Diagnostic`]s, which say
what is wrong, where, and what to do about it. Modules that can find several faults at once (config,
catalog, sources) collect them in a [`Diagnostics`] and turn it into one error at the end. Rendering
is left to `cli/`.
*/

use std::{fmt, sync::Arc};

use serde::Serialize;

pub mod codes;

pub use codes::Code;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms a scheduler cares about. One exit code each (`cli/exit.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something that was meant to run did not work out: a node failed.
    Failed,
    /// Usage, configuration or `check` errors: nothing ran.
    Usage,
    /// Data checks failed: nothing was published.
    Checks,
    /// A quarantine or freshness budget was exceeded: nothing was published.
    Budget,
    /// Another run published first.
    Conflict,
    /// Storage failed in a way worth retrying.
    Retryable,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Warning,
    Error,
}

/// A place in a text file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The path as the user would type it: relative to the project where possible.
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// Characters to underline; 0 where unknown.
    pub length: u32,
    /// The whole text of the file, for the snippet.
    #[serde(skip)]
    pub text: Option<Arc<str>>,
}

impl Location {
    /// A place known by line alone, such as a row of an export.
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line, column: 1, length: 0, text: None }
    }

    /// The place of the byte range `start..end` of `text`.
    pub fn span(file: impl Into<String>, text: &Arc<str>, start: usize, end: usize) -> Self {
        let start = start.min(text.len());
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let characters = text.get(start..end.min(text.len())).unwrap_or("").chars().count();
        Self {
            file: file.into(),
            line: before.matches('\n').count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
            length: characters as u32,
            text: Some(Arc::clone(text)),
        }
    }
}

/// One finding: a stable code, a lowercase sentence without a full stop, a place and a way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Diagnostic {
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            location: None,
            hint: None,
        }
    }

    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Completes the hint with the nearest of the valid names, or with all of them.
    #[must_use]
    pub fn did_you_mean<'a>(self, wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        let valid: Vec<&str> = valid.into_iter().collect();
        match nearest(wrong, &valid) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None if valid.is_empty() => self,
            None => self.hint(format!("valid names are {}", listed(&valid))),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.location {
            write!(f, "{}:{}:{}: ", at.file, at.line, at.column)?;
        }
        write!(f, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}

/// The valid name closest to a mistyped one, if one is close enough to be meant.
pub fn nearest<'a>(wrong: &str, valid: &[&'a str]) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let letters = wrong.chars().count();
    let allowed = (letters / 3).clamp(1, 4);
    valid
        .iter()
        .filter(|name| name.chars().count().abs_diff(letters) <= allowed)
        .map(|name| (strsim::damerau_levenshtein(&wrong, &name.to_lowercase()), *name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// More names than this are no help.
const LISTED: usize = 30;

fn listed(names: &[&str]) -> String {
    let mut shown: Vec<String> =
        names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED {
        shown.push(format!("and {} more", names.len() - LISTED));
    }
    shown.join(", ")
}

/// A failure, with everything that is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    pub diagnostics: Vec<Diagnostic>,
}

impl Error {
    pub fn new(kind: Kind, diagnostic: Diagnostic) -> Self {
        Self { kind, diagnostics: vec![diagnostic] }
    }

    pub fn usage(code: Code, message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, Diagnostic::error(code, message))
    }

    pub fn failed(code: Code, message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, Diagnostic::error(code, message))
    }

    /// Whether a diagnostic of that code is among them.
    pub fn is(&self, code: Code) -> bool {
        self.diagnostics.iter().any(|found| found.code == code)
    }

    /// Adds a hint to the last diagnostic.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.diagnostics.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Collects findings so that a user sees all of them at once.
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(more);
    }

    /// Keeps the value, or remembers why there is none.
    pub fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.extend(error.diagnostics);
                None
            }
        }
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// In the order of the places they are about, each said once; what has no place comes first.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| {
            let place = |one: &Diagnostic| {
                one.location.as_ref().map(|at| (at.file.clone(), at.line, at.column))
            };
            place(a).cmp(&place(b))
        });
        self.0.dedup();
        self
    }

    /// The warnings, or a usage error that holds everything found.
    pub fn finish(self) -> Result<Vec<Diagnostic>> {
        if self.has_errors() {
            Err(Error { kind: Kind::Usage, diagnostics: self.0 })
        } else {
            Ok(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_lines_and_characters_from_one() {
        let text: Arc<str> = "a: é\nbb: ok\n".into();
        let at = Location::span("x.yaml", &text, text.find("ok").unwrap(), text.len() - 1);
        assert_eq!((at.line, at.column, at.length), (2, 5, 2));
        let at = Location::span("x.yaml", &text, text.find('é').unwrap(), 5);
        assert_eq!((at.line, at.column, at.length), (1, 4, 1));
    }

    #[test]
    fn nearest_names_are_close_or_absent() {
        assert_eq!(nearest("sorces", &["sources", "marts"]), Some("sources"));
        assert_eq!(nearest("Sources", &["sources"]), Some("sources"));
        assert_eq!(nearest("entirely", &["sources", "marts"]), None);
    }

    #[test]
    fn warnings_alone_are_no_error() {
        let mut found = Diagnostics::default();
        found.push(Diagnostic::warning(codes::UNKNOWN_KEY, "odd"));
        assert_eq!(found.finish().unwrap().len(), 1);
    }
}
