/*!
What the planner says, in our words and in the right place.
*/

use datafusion::{
    common::SchemaError,
    error::DataFusionError,
    sql::sqlparser::tokenizer::{Location, Span},
};

use crate::{
    engine::errors,
    error::{Code, Diagnostic, codes, nearest},
};

use super::super::sql::{lowercase_start, parser_message};

/// A planning error, not yet placed in a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) hint: Option<Hint>,
    pub(super) span: Option<Span>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Hint {
    Text(String),
    /// A wrong name and the valid ones.
    Names(String, Vec<String>),
}

impl Fault {
    /// Everything that one planning attempt reports.
    pub(super) fn all(error: &DataFusionError) -> Vec<Self> {
        error.iter().map(Self::one).collect()
    }

    fn one(error: &DataFusionError) -> Self {
        let diagnostic = error.diagnostic();
        let span = diagnostic.and_then(|found| found.span).map(|span| {
            let location = |at: datafusion::common::Location| Location::new(at.line, at.column);
            Span::new(location(span.start), location(span.end))
        });
        let note = diagnostic.and_then(|found| {
            let notes = found.notes.iter().map(|note| &note.message);
            found.helps.iter().map(|help| &help.message).chain(notes).next().cloned()
        });
        let root = error.find_root();
        if let DataFusionError::SchemaError(error, _) = root
            && let SchemaError::FieldNotFound { field, valid_fields } = &**error
        {
            let mut valid: Vec<String> =
                valid_fields.iter().map(|field| field.name.clone()).collect();
            valid.sort();
            valid.dedup();
            return Self {
                code: codes::UNKNOWN_COLUMN,
                message: format!("no column is called `{}`", field.quoted_flat_name()),
                hint: Some(Hint::Names(field.name.clone(), valid)),
                span,
            };
        }
        let message = errors::message(root);
        let message = message.strip_prefix("Schema error: ").unwrap_or(&message);
        let second_line = root.strip_backtrace().lines().nth(1).map(str::to_owned);
        Self {
            code: codes::SQL_PLAN,
            message: parser_message(message.trim_end_matches('.')).0,
            hint: note
                .or(second_line.filter(|line| line.starts_with("Did you mean")))
                .map(Hint::Text),
            span,
        }
    }

    pub(super) fn into_diagnostic(self, place: Option<crate::error::Location>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, self.message);
        diagnostic.location = place;
        match self.hint {
            Some(Hint::Text(text)) => diagnostic.hint(lowercase_start(&text)),
            Some(Hint::Names(wrong, valid)) => {
                diagnostic.did_you_mean(&wrong, valid.iter().map(String::as_str))
            }
            None => diagnostic,
        }
    }

    /// The valid name that a misspelled one is closest to.
    pub(super) fn meant(&self) -> Option<&str> {
        let Some(Hint::Names(wrong, valid)) = &self.hint else { return None };
        nearest(wrong, &valid.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Whether the fault comes of a null that stands in for an earlier one.
    pub(super) fn is_consequence(&self) -> bool {
        self.message.contains("Null")
    }
}
