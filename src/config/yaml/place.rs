/*!
Places in a document, looked up by key: `place.key("sources").key("shop").item(2)`.

A place that does not exist (a key that was left out, a value that came from a default) has the
location of the nearest thing around it, so that validation never has to ask.
*/

use std::ops::Range;

use crate::error::{Code, Diagnostic, Location};

use super::{
    Document, brief,
    tree::{Entry, Node, Value},
};

/// A value in a document, or the nearest one around where it would be.
///
/// Where one document is laid over another (a pipeline's source over its preset), looks are taken
/// in the upper one first.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    document: &'a Document,
    node: Option<&'a Node>,
    /// The key, where the value is that of a mapping; else the value.
    label: Range<usize>,
    under: Option<Box<Place<'a>>>,
}

impl<'a> Place<'a> {
    pub(super) fn root(document: &'a Document) -> Self {
        let start = document.root.span.start;
        Self { document, node: Some(&document.root), label: start..start, under: None }
    }

    /// This place with another document's under it.
    #[must_use]
    pub fn over(mut self, under: Place<'a>) -> Self {
        self.under = Some(Box::new(under));
        self
    }

    /// The value under a key of this mapping.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        let under = self.under.as_ref().map(|under| under.key(name)).filter(Place::exists);
        let entry = self.entries().iter().find(|entry| entry.key == name);
        match (entry, under) {
            (Some(entry), under) => Self {
                document: self.document,
                node: Some(&entry.node),
                label: entry.key_span.clone(),
                under: under.map(Box::new),
            },
            (None, Some(under)) => under,
            (None, None) => self.absent(),
        }
    }

    /// An item of this list. A list that was written as one value has that value as its first.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        match self.node.map(|node| &node.value) {
            Some(Value::Sequence(items)) => items.get(index).map_or_else(
                || self.absent(),
                |node| Self {
                    document: self.document,
                    node: Some(node),
                    label: node.span.clone(),
                    under: None,
                },
            ),
            Some(Value::Scalar(_)) if index == 0 => self.clone(),
            _ => self.absent(),
        }
    }

    fn absent(&self) -> Self {
        Self { node: None, under: None, ..self.clone() }
    }

    fn entries(&self) -> &'a [Entry] {
        match self.node.map(|node| &node.value) {
            Some(Value::Mapping(entries)) => entries,
            _ => &[],
        }
    }

    /// Whether the value holds text from the environment, which messages must not show.
    pub fn is_expanded(&self) -> bool {
        matches!(self.node.map(|node| &node.value), Some(Value::Scalar(scalar)) if scalar.expanded)
    }

    /// Whether the document has a value here.
    pub fn exists(&self) -> bool {
        self.node.is_some()
    }

    /// The keys of this mapping as they are written, also those whose values are wrong.
    pub fn keys(&self) -> Vec<&'a str> {
        let mut keys: Vec<&str> = self.entries().iter().map(|entry| entry.key.as_str()).collect();
        for key in self.under.iter().flat_map(|under| under.keys()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// Where the value is; for collections and absent values, where their key is.
    pub fn location(&self) -> Location {
        match self.node {
            Some(Node { span, value: Value::Scalar(_) | Value::Broken }) => {
                self.document.locate(span.clone())
            }
            _ => self.key_location(),
        }
    }

    /// Where the key is.
    pub fn key_location(&self) -> Location {
        self.document.locate(self.label.clone())
    }

    /// The byte of the file at which this value's text starts, where the file has it letter by
    /// letter: quoting, folding and variables may not.
    pub fn verbatim(&self, text: &str) -> Option<usize> {
        let span = self.node?.span.clone();
        let start = span.start;
        Some(start + self.document.lines.text().get(span)?.find(text)?)
    }

    /// An error at the value.
    pub fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        brief(Diagnostic::error(code, message)).at(self.location())
    }

    /// An error at the key.
    pub fn key_error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        brief(Diagnostic::error(code, message)).at(self.key_location())
    }
}
