/*!
Rows that say their record is gone: `is_deleted: true`, `status: deleted`, or a stub that holds an id
and the mark and nothing else.

With a key the mark counts where it is on the latest version; without one the row is left out. What
is left out this way is filtered in the books.
*/

use datafusion::arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::DataType,
};

use crate::config::source::Source;

#[derive(Debug, Clone)]
pub(crate) struct Deletes {
    column: usize,
    values: Vec<String>,
}

impl Deletes {
    /// What the source declares.
    pub(crate) fn of(source: &Source) -> Option<Self> {
        let declared = source.deletes.as_ref()?;
        let column = source.columns.iter().position(|column| column.name == declared.column)?;
        Some(Self { column, values: declared.values.clone() })
    }

    /// The column that holds the mark.
    pub(crate) fn column(&self) -> usize {
        self.column
    }

    /// Which rows are marked, given the column's values.
    pub(crate) fn marked(&self, column: &dyn Array) -> Vec<bool> {
        // Every scalar type prints; what does not holds no mark.
        let Ok(texts) = cast(column, &DataType::Utf8) else { return vec![false; column.len()] };
        let is_mark = |text: Option<&str>| {
            text.is_some_and(|text| self.values.iter().any(|value| value == text))
        };
        texts.as_string::<i32>().iter().map(is_mark).collect()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{BooleanArray, Int64Array, StringArray};

    use super::*;

    #[test]
    fn marks_are_compared_as_text() {
        let deletes = |values: &[&str]| Deletes {
            column: 0,
            values: values.iter().map(|&v| v.into()).collect(),
        };
        let flags = BooleanArray::from(vec![Some(true), Some(false), None]);
        assert_eq!(deletes(&["true"]).marked(&flags), [true, false, false]);
        let words = StringArray::from(vec![Some("deleted"), Some("solved"), None, Some("Deleted")]);
        assert_eq!(deletes(&["deleted", "spam"]).marked(&words), [true, false, false, false]);
        assert_eq!(deletes(&["1"]).marked(&Int64Array::from(vec![1, 11])), [true, false]);
    }
}
