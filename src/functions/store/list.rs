/*!
Lists: one a group, in states its records taken apart into columns, in results what it returns.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            ArrayBuilder, ArrayRef, ListArray, StringBuilder, StructArray,
            TimestampMicrosecondArray,
        },
        buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
        datatypes::{DataType, Field, Fields, TimeUnit},
    },
    common::{exec_datafusion_err, exec_err},
    error::Result,
};

/// The type of a list of these elements.
pub(in crate::functions) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}

/// The type of a struct of these fields, any of which may be null.
pub(in crate::functions) fn struct_of(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(struct_fields(fields))
}

fn struct_fields(fields: &[(&str, DataType)]) -> Fields {
    fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect()
}

/// A column of structs, from one column a field.
pub(in crate::functions) fn structs(
    fields: &[(&str, DataType)],
    columns: Vec<ArrayRef>,
) -> ArrayRef {
    Arc::new(StructArray::new(struct_fields(fields), columns, None))
}

/// Microseconds, UTC.
pub(in crate::functions) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A column of time stamps.
pub(in crate::functions) fn instants(micros: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
}

/// A list of one element for each row, or an empty one where the row is not kept. The elements are
/// shared, not copied.
pub(in crate::functions) fn one_each(elements: ArrayRef, kept: Option<NullBuffer>) -> ArrayRef {
    let rows = elements.len();
    let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from_iter(0..=rows as i32));
    Arc::new(ListArray::new(field, offsets, elements, kept))
}

/// Where the list of each group ends among the elements of all.
#[derive(Debug, Clone)]
pub(in crate::functions) struct Offsets(Vec<i32>);

impl Default for Offsets {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl Offsets {
    /// The next group's list ends after so many elements of all.
    pub(in crate::functions) fn end_at(&mut self, elements: usize) -> Result<()> {
        self.0.push(i32::try_from(elements).map_err(|_| {
            exec_datafusion_err!("more than 2,147,483,647 elements in one column of lists")
        })?);
        Ok(())
    }

    /// The lists, of the elements of all groups.
    pub(in crate::functions) fn lists(self, elements: ArrayRef) -> ArrayRef {
        let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.0));
        Arc::new(ListArray::new(field, offsets, elements, None))
    }

    /// The same for results: a group without elements gets null.
    pub(in crate::functions) fn lists_or_null(self, elements: ArrayRef) -> ArrayRef {
        let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
        let filled: NullBuffer = self.0.windows(2).map(|ends| ends[0] < ends[1]).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.0));
        Arc::new(ListArray::new(field, offsets, elements, Some(filled)))
    }
}

/// A column of texts that grows, up to what Utf8 can hold.
#[derive(Debug, Default)]
pub(in crate::functions) struct TextColumn(StringBuilder);

impl TextColumn {
    pub(in crate::functions) fn push(&mut self, text: Option<&str>) -> Result<()> {
        let bytes = self.0.values_slice().len() + text.map_or(0, str::len);
        if i32::try_from(bytes).is_err() {
            return exec_err!("more than 2 GB of texts in one column");
        }
        self.0.append_option(text);
        Ok(())
    }

    pub(in crate::functions) fn finish(mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Lists of texts, one a group.
#[derive(Debug, Default)]
pub(in crate::functions) struct TextLists {
    texts: TextColumn,
    offsets: Offsets,
}

impl TextLists {
    /// Adds the list of the next group.
    pub(in crate::functions) fn push<'a>(
        &mut self,
        texts: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Result<()> {
        for text in texts {
            self.texts.push(text)?;
        }
        self.offsets.end_at(self.texts.0.len())
    }

    pub(in crate::functions) fn finish(self) -> ArrayRef {
        self.offsets.lists(self.texts.finish())
    }
}

/// Lists of time stamps, one a group.
#[derive(Debug, Default)]
pub(in crate::functions) struct InstantLists {
    instants: Vec<i64>,
    offsets: Offsets,
}

impl InstantLists {
    pub(in crate::functions) fn data_type() -> DataType {
        list_of(instant_type())
    }

    /// Adds the list of the next group.
    pub(in crate::functions) fn push(&mut self, instants: Vec<i64>) -> Result<()> {
        self.instants.extend(instants);
        self.offsets.end_at(self.instants.len())
    }

    pub(in crate::functions) fn finish(self) -> ArrayRef {
        self.offsets.lists(instants(self.instants))
    }
}
