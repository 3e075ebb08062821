/*!
Which rows an aggregate with `filter (where …)` looks at.
*/

use datafusion::arrow::{
    array::{Array, BooleanArray},
    buffer::NullBuffer,
};

/// The rows that are not null and that the filter keeps; a null in the filter keeps nothing.
pub(crate) fn kept(
    filter: Option<&BooleanArray>,
    nulls: Option<&NullBuffer>,
) -> Option<NullBuffer> {
    let filter = filter.map(|filter| {
        let kept = NullBuffer::new(filter.values().clone());
        NullBuffer::union(Some(&kept), filter.nulls()).unwrap_or(kept)
    });
    NullBuffer::union(filter.as_ref(), nulls)
}
