/*!
The tree of a YAML document, in which every key and value knows its bytes.

Guards against hostile input stand here: depth, size after anchors are put in, size of the text.
*/

use std::{collections::HashMap, ops::Range, sync::Arc};

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::{lines::Lines, syntax};
use crate::error::{Diagnostic, Diagnostics, codes};

/// No file that a person keeps is longer.
const MAX_BYTES: usize = 16 << 20;
/// Keys are names, and names appear in messages.
const MAX_KEY_BYTES: usize = 256;
/// Collections within collections; the standard files need eight.
const MAX_DEPTH: usize = 64;
/// Nodes and text after aliases are put in, so that a few anchors cannot fill the memory.
const MAX_WEIGHT: usize = 64 << 20;
/// What a node weighs beside its text.
const NODE_WEIGHT: usize = 64;

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
    /// A value that was already reported and says nothing.
    Broken,
}

#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub(super) text: Arc<str>,
    /// Unquoted, so that `true`, `12` and `null` mean more than their letters.
    pub(super) plain: bool,
    /// Holds text from the environment, which messages must not show.
    pub(super) expanded: bool,
}

impl Scalar {
    pub(super) fn is_null(&self) -> bool {
        self.plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

/// Parses one document. Faults of the syntax end it; duplicate keys, tags and the like do not.
pub(super) fn parse(lines: &Lines, range: Range<usize>, found: &mut Diagnostics) -> Option<Node> {
    let base = range.start;
    if range.len() > MAX_BYTES {
        let message =
            format!("the text has {} bytes, more than the {MAX_BYTES} allowed", range.len());
        found.push(Diagnostic::error(codes::YAML_SYNTAX, message).at(lines.locate(base..base)));
        return None;
    }
    let mut builder = Builder {
        base,
        lines,
        found,
        stack: Vec::new(),
        anchors: HashMap::new(),
        weight: 0,
        root: None,
    };
    // A long derivation in comments is no attack.
    let options = granit_parser::options! { emit_comments: false };
    for event in Parser::new_from_str_with_options(&lines.text()[range], options) {
        let step = match event {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => Err(builder.syntax(&error)),
        };
        if let Err(diagnostic) = step {
            found.push(diagnostic);
            return None;
        }
    }
    Some(builder.root.unwrap_or(Node { span: base..base, value: Value::Mapping(Vec::new()) }))
}

struct Builder<'a> {
    /// Where the document starts in the file.
    base: usize,
    lines: &'a Lines,
    found: &'a mut Diagnostics,
    stack: Vec<Frame>,
    /// Finished nodes with an anchor, and their weight.
    anchors: HashMap<usize, (Node, usize)>,
    weight: usize,
    root: Option<Node>,
}

/// A collection whose end has not come yet.
struct Frame {
    span: Range<usize>,
    flow: bool,
    anchor: usize,
    weight_before: usize,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, keys: HashMap<String, Range<usize>>, key: Key },
}

/// What the next node of a mapping is.
enum Key {
    Expected,
    /// The value of this key.
    Given(String, Range<usize>),
    /// The value of a key that was reported.
    Refused,
}

type Step = Result<(), Diagnostic>;

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Step {
        let range = self.range(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), &range);
                let scalar = Scalar {
                    text: text.into(),
                    plain: style == ScalarStyle::Plain,
                    expanded: false,
                };
                let weight = self.weight;
                self.grow(NODE_WEIGHT + scalar.text.len(), &range)?;
                self.finish(Node { span: range, value: Value::Scalar(scalar) }, anchor, weight);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), &range);
                self.open(range, style, anchor, Items::Sequence(Vec::new()))?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), &range);
                let items = Items::Mapping {
                    entries: Vec::new(),
                    keys: HashMap::new(),
                    key: Key::Expected,
                };
                self.open(range, style, anchor, items)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range),
            Event::Alias(id) => {
                let Some((node, weight)) = self.anchors.get(&id) else {
                    let message = "the alias stands inside the value that it repeats";
                    return Err(self.error(message, range));
                };
                let (node, weight) =
                    (Node { span: range.clone(), value: node.value.clone() }, *weight);
                let before = self.weight;
                self.grow(weight, &range)?;
                self.finish(node, 0, before);
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(self.error("a second document starts here; one file holds one", range));
            }
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        span: Range<usize>,
        style: StructureStyle,
        anchor: usize,
        items: Items,
    ) -> Step {
        if self.stack.len() == MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels of nesting");
            return Err(self.error(message, span));
        }
        let weight_before = self.weight;
        self.grow(NODE_WEIGHT, &span)?;
        let flow = style == StructureStyle::Flow;
        self.stack.push(Frame { span, flow, anchor, weight_before, items });
        Ok(())
    }

    fn close(&mut self, end: &Range<usize>) {
        let Some(frame) = self.stack.pop() else { return };
        let value = match frame.items {
            Items::Sequence(items) => Value::Sequence(items),
            Items::Mapping { entries, .. } => Value::Mapping(entries),
        };
        // The end of a block collection is where the next thing starts: nothing to underline.
        let span_end = if frame.flow { end.end } else { frame.span.start };
        let node = Node { span: frame.span.start..span_end, value };
        self.finish(node, frame.anchor, frame.weight_before);
    }

    /// Hands a complete node to the collection around it.
    fn finish(&mut self, node: Node, anchor: usize, weight_before: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.weight - weight_before));
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut frame.items {
            Items::Sequence(items) => items.push(node),
            Items::Mapping { entries, keys, key } => match std::mem::replace(key, Key::Expected) {
                Key::Given(name, key_span) => entries.push(Entry { key: name, key_span, node }),
                Key::Refused => {}
                Key::Expected => match key_of(&node, keys) {
                    Ok(name) => *key = Key::Given(name, node.span),
                    Err(fault) => {
                        *key = Key::Refused;
                        self.found.push(fault.at(self.lines, node.span));
                    }
                },
            },
        }
    }

    fn grow(&mut self, weight: usize, span: &Range<usize>) -> Step {
        self.weight += weight;
        if self.weight > MAX_WEIGHT {
            return Err(
                self.error("the aliases up to here make the document too large", span.clone())
            );
        }
        Ok(())
    }

    fn refuse_tag(&mut self, tagged: bool, span: &Range<usize>) {
        if tagged {
            let diagnostic = self
                .error("tags have no meaning here", span.clone())
                .hint("remove the tag; the key decides what type its value has");
            self.found.push(diagnostic);
        }
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let at = self.base + error.marker().byte_offset().unwrap_or_default();
        let (message, hint) =
            syntax::explain(error, self.lines.text().get(..at).unwrap_or_default());
        let diagnostic = self.error(message, at..at);
        match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }

    fn error(&self, message: impl Into<String>, span: Range<usize>) -> Diagnostic {
        Diagnostic::error(codes::YAML_SYNTAX, message).at(self.lines.locate(span))
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let offset =
            |marker: granit_parser::Marker| self.base + marker.byte_offset().unwrap_or_default();
        offset(span.start)..offset(span.end)
    }
}

/// Why a node is no key.
enum KeyFault {
    NoText,
    TooLong,
    Repeated { name: String, first: Range<usize> },
}

impl KeyFault {
    fn at(self, lines: &Lines, span: Range<usize>) -> Diagnostic {
        match self {
            Self::NoText => Diagnostic::error(codes::YAML_SYNTAX, "a key must be text")
                .at(lines.locate(span))
                .hint("quote it, if braces or brackets belong to the text"),
            Self::TooLong => {
                let message = format!("a key has at most {MAX_KEY_BYTES} bytes");
                Diagnostic::error(codes::YAML_SYNTAX, message).at(lines.locate(span))
            }
            Self::Repeated { name, first } => {
                let line = lines.locate(first).line;
                Diagnostic::error(codes::DUPLICATE_KEY, format!("`{name}` is given twice"))
                    .at(lines.locate(span))
                    .hint(format!("it was first given on line {line}"))
            }
        }
    }
}

fn key_of(node: &Node, keys: &mut HashMap<String, Range<usize>>) -> Result<String, KeyFault> {
    let Value::Scalar(scalar) = &node.value else { return Err(KeyFault::NoText) };
    if scalar.text.len() > MAX_KEY_BYTES {
        return Err(KeyFault::TooLong);
    }
    let name = scalar.text.to_string();
    match keys.insert(name.clone(), node.span.clone()) {
        Some(first) => {
            keys.insert(name.clone(), first.clone());
            Err(KeyFault::Repeated { name, first })
        }
        None => Ok(name),
    }
}
