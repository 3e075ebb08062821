/*!
Whether rows come in order, seen row by row: nothing is held but the ends.
*/

use std::cmp::Ordering;

use datafusion::{
    arrow::{
        array::ArrayRef,
        compute::SortOptions,
        datatypes::DataType,
        row::{OwnedRow, RowConverter, SortField},
    },
    error::Result,
};

/// Keys of rows that came one after the other.
#[derive(Debug)]
pub(crate) struct Ascent {
    converter: RowConverter,
    /// Whether two rows of one key are in order too.
    repeats: bool,
    ends: Option<(OwnedRow, OwnedRow)>,
}

impl Ascent {
    /// By keys of these types.
    pub(crate) fn new(
        keys: impl IntoIterator<Item = (DataType, SortOptions)>,
        repeats: bool,
    ) -> Result<Self> {
        let fields = keys.into_iter().map(|(of, how)| SortField::new_with_options(of, how));
        Ok(Self { converter: RowConverter::new(fields.collect())?, repeats, ends: None })
    }

    /// Whether the rows of these keys are in order, and after those before.
    pub(crate) fn follow(&mut self, keys: &[ArrayRef]) -> Result<bool> {
        let rows = self.converter.convert_columns(keys)?;
        let Some(end) = rows.num_rows().checked_sub(1) else { return Ok(true) };
        let in_order = |order: Ordering| match order {
            Ordering::Less => true,
            Ordering::Equal => self.repeats,
            Ordering::Greater => false,
        };
        let (first, last) = (rows.row(0), rows.row(end));
        let follows =
            self.ends.as_ref().is_none_or(|(_, before)| in_order(before.row().cmp(&first)));
        if !follows || !(0..end).all(|row| in_order(rows.row(row).cmp(&rows.row(row + 1)))) {
            return Ok(false);
        }
        match &mut self.ends {
            Some((_, before)) => *before = last.owned(),
            None => self.ends = Some((first.owned(), last.owned())),
        }
        Ok(true)
    }

    /// The first key and the last.
    pub(crate) fn ends(self) -> Option<(OwnedRow, OwnedRow)> {
        self.ends
    }
}
