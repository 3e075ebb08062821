/*!
States as lists: one list a group, whose elements are records taken apart into columns.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, ListArray},
        buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
        datatypes::{DataType, Field},
    },
    common::exec_datafusion_err,
    error::Result,
};

/// The type of a list of these elements.
pub(in crate::functions) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}

/// The elements of all groups, and where each group's begin.
pub(in crate::functions) fn lists(elements: ArrayRef, offsets: Vec<i32>) -> ArrayRef {
    let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Arc::new(ListArray::new(field, offsets, elements, None))
}

/// A list of one element for each row, or an empty one where the row is not kept. The elements are
/// shared, not copied.
pub(in crate::functions) fn one_each(elements: ArrayRef, kept: Option<NullBuffer>) -> ArrayRef {
    let rows = elements.len();
    let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from_iter(0..=rows as i32));
    Arc::new(ListArray::new(field, offsets, elements, kept))
}

/// The next offset after a group, or why there is none.
pub(in crate::functions) fn offset(elements: usize) -> Result<i32> {
    i32::try_from(elements)
        .map_err(|_| exec_datafusion_err!("more than 2,147,483,647 events in one state"))
}
