/*!
`list<…>` and `struct<…>` columns from JSON text.

Two steps: the cells are taken apart into the shape of the type and one run of plain cells per leaf;
then each leaf is cast like any other column. A leaf that cannot be read spoils its whole cell.
*/

use std::{borrow::Cow, sync::Arc};

use datafusion::arrow::{
    array::{ArrayRef, ListArray, StructArray},
    buffer::{NullBuffer, OffsetBuffer},
    datatypes::Field,
};

use crate::{
    config::{source::Column, types::ColumnType},
    error::Result,
    sources::{
        chunk::Span,
        json::{
            cell::cell,
            tape::{JsonFault, Kind, MAX_NODES, Tape},
        },
    },
};

use super::{Cast, Family, Fault};

#[derive(Debug, Clone)]
pub(crate) struct Nested {
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    Leaf(Family),
    List(Box<Shape>),
    Struct(Vec<(String, Shape)>),
}

/// The values of one place in the shape, gathered from all cells.
enum Part {
    Leaf { cells: Vec<Span>, rows: Vec<usize> },
    List { ends: Vec<i32>, valid: Vec<bool>, item: Box<Part> },
    Struct { valid: Vec<bool>, fields: Vec<Part> },
}

impl Nested {
    pub(crate) fn new(column: &Arc<Column>, column_type: &ColumnType) -> Result<Self> {
        Ok(Self { shape: Shape::new(column, column_type)? })
    }

    pub(crate) fn cast(&mut self, column: &Column, text: &str, cells: &[Span]) -> Cast {
        let mut root = Part::new(&self.shape);
        let mut tape = Tape::default();
        let mut tail = String::new();
        let mut bad: Vec<(usize, Fault)> = Vec::new();
        for (row, span) in cells.iter().enumerate() {
            let found = span
                .of(text)
                .map(str::trim_ascii)
                .filter(|found| !column.nulls.iter().any(|null| null == found));
            let Some(found) = found else {
                root.push_null(row);
                continue;
            };
            if let Some(split) = &column.split {
                root.push_pieces(row, *span, text, split);
                continue;
            }
            let leading =
                span.of(text).map_or(0, |cell| cell.len() - cell.trim_ascii_start().len());
            let start = span.start() + leading;
            let parsed = tape.parse(text, start, start + found.len());
            let filled = match parsed {
                Ok(()) => root.push(&self.shape, Source { tape: &tape, text, row }, 0, &mut tail),
                Err(fault) => {
                    root.push_null(row);
                    Err(fault)
                }
            };
            if let Err(fault) = filled {
                let deep = fault == JsonFault::TooDeep;
                bad.push((row, if deep { Fault::TooDeep } else { Fault::Malformed }));
            }
        }
        let text =
            if tail.is_empty() { Cow::Borrowed(text) } else { Cow::Owned([text, &tail].concat()) };
        let array = root.finish(&mut self.shape, column, &text, &mut bad);
        Cast { array, bad }.null_bad()
    }
}

impl Shape {
    fn new(column: &Arc<Column>, column_type: &ColumnType) -> Result<Self> {
        Ok(match column_type {
            ColumnType::List(item) => Self::List(Box::new(Self::new(column, item)?)),
            ColumnType::Struct(fields) => Self::Struct(
                fields
                    .iter()
                    .map(|(name, of)| Ok((name.clone(), Self::new(column, of)?)))
                    .collect::<Result<_>>()?,
            ),
            leaf => Self::Leaf(Family::new(column, leaf)?),
        })
    }

    fn leaves(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::List(item) => item.leaves(),
            Self::Struct(fields) => fields.iter().map(|(_, field)| field.leaves()).sum(),
        }
    }
}

/// The record being taken apart.
#[derive(Clone, Copy)]
struct Source<'a> {
    tape: &'a Tape,
    text: &'a str,
    row: usize,
}

impl Part {
    fn new(shape: &Shape) -> Self {
        match shape {
            Shape::Leaf(_) => Self::Leaf { cells: Vec::new(), rows: Vec::new() },
            Shape::List(item) => {
                Self::List { ends: vec![0], valid: Vec::new(), item: Box::new(Self::new(item)) }
            }
            Shape::Struct(fields) => Self::Struct {
                valid: Vec::new(),
                fields: fields.iter().map(|(_, field)| Self::new(field)).collect(),
            },
        }
    }

    /// The pieces of a cell that lists its values between separators; blank ones are none.
    fn push_pieces(&mut self, row: usize, cell: Span, text: &str, split: &str) {
        let Self::List { ends, valid, item } = self else { return self.push_null(row) };
        let mut start = cell.start();
        let mut count = 0;
        for piece in cell.of(text).unwrap_or_default().split(split) {
            let from = start + piece.len() - piece.trim_start().len();
            start += piece.len() + split.len();
            let length = piece.trim().len();
            if let Self::Leaf { cells, rows } = item.as_mut()
                && length > 0
            {
                cells.push(Span::new(from, from + length));
                rows.push(row);
                count += 1;
            }
        }
        ends.push(ends.last().copied().unwrap_or(0) + count);
        valid.push(true);
    }

    fn push_null(&mut self, row: usize) {
        match self {
            Self::Leaf { cells, rows } => {
                cells.push(Span::ABSENT);
                rows.push(row);
            }
            Self::List { ends, valid, .. } => {
                ends.push(*ends.last().unwrap_or(&0));
                valid.push(false);
            }
            Self::Struct { valid, fields } => {
                valid.push(false);
                fields.iter_mut().for_each(|field| field.push_null(row));
            }
        }
    }

    /// Adds the value at `index`. Whatever happens, exactly one value is added to every part.
    fn push(
        &mut self,
        shape: &Shape,
        from: Source,
        index: u32,
        tail: &mut String,
    ) -> Result<(), JsonFault> {
        let node = from.tape.node(index);
        match (&mut *self, shape, node.kind) {
            (_, _, Kind::Null) => {
                self.push_null(from.row);
                Ok(())
            }
            (Self::Leaf { cells, rows }, ..) => {
                let found = cell(from.tape, index, from.text, tail);
                cells.push(found.unwrap_or(Span::ABSENT));
                rows.push(from.row);
                found.map(drop)
            }
            (Self::List { ends, valid, item }, Shape::List(of), Kind::Array) => {
                let mut end = *ends.last().unwrap_or(&0);
                // An element of two bytes becomes a value in every leaf.
                let count = from.tape.elements(index).count();
                if count.saturating_mul(of.leaves()) > MAX_NODES {
                    ends.push(end);
                    valid.push(false);
                    return Err(JsonFault::TooMany);
                }
                let mut result = Ok(());
                for element in from.tape.elements(index) {
                    end += 1;
                    result = result.and(item.push(of, from, element, tail));
                }
                ends.push(end);
                valid.push(true);
                result
            }
            (Self::Struct { valid, fields }, Shape::Struct(names), Kind::Object) => {
                valid.push(true);
                let mut result = Ok(());
                for ((name, of), field) in names.iter().zip(fields) {
                    match from.member(index, name) {
                        Some(value) => result = result.and(field.push(of, from, value, tail)),
                        None => field.push_null(from.row),
                    }
                }
                result
            }
            _ => {
                self.push_null(from.row);
                Err(JsonFault::Malformed(node.start as usize))
            }
        }
    }

    /// Builds the array; `bad` gains the rows whose leaves could not be read.
    fn finish(
        self,
        shape: &mut Shape,
        column: &Column,
        text: &str,
        bad: &mut Vec<(usize, Fault)>,
    ) -> ArrayRef {
        match (self, shape) {
            (Self::List { ends, valid, item }, Shape::List(of)) => {
                let items = item.finish(of, column, text, bad);
                let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
                let offsets = OffsetBuffer::new(ends.into());
                Arc::new(ListArray::new(field, offsets, items, Some(NullBuffer::from(valid))))
            }
            (Self::Struct { valid, fields }, Shape::Struct(names)) => {
                let arrays: Vec<ArrayRef> = fields
                    .into_iter()
                    .zip(names.iter_mut())
                    .map(|(part, (_, of))| part.finish(of, column, text, bad))
                    .collect();
                let fields = names
                    .iter()
                    .zip(&arrays)
                    .map(|((name, _), array)| Field::new(name, array.data_type().clone(), true))
                    .collect();
                Arc::new(StructArray::new(fields, arrays, Some(NullBuffer::from(valid))))
            }
            (Self::Leaf { cells, rows }, Shape::Leaf(family)) => {
                let cast = family.cast(column, text, &cells);
                bad.extend(cast.bad.into_iter().map(|(at, fault)| (rows[at], fault)));
                cast.array
            }
            _ => unreachable!("parts are made from their shape"),
        }
    }
}

impl Source<'_> {
    fn member(&self, object: u32, name: &str) -> Option<u32> {
        self.tape
            .members(object)
            .find(|(key, _)| {
                let key = self.tape.node(*key);
                &self.text[key.start as usize..key.end as usize] == name
            })
            .map(|(_, value)| value)
    }
}
