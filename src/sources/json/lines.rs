/*!
One JSON object per line.
*/

use std::sync::Arc;

use crate::{
    error::Result,
    sources::{
        buffer::Buffer,
        chunk::{Pending, RecordReader},
        lines::cut,
    },
};

use super::{Records, take};

pub(crate) struct LinesReader {
    buffer: Buffer,
    records: Arc<Records>,
    line: i64,
}

impl LinesReader {
    pub(crate) fn open(buffer: Buffer, records: Arc<Records>) -> Self {
        Self { buffer, records, line: 1 }
    }
}

impl RecordReader for LinesReader {
    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        let cut = cut(&mut self.buffer, limit, self.records.chunk_bytes(), &mut self.line)?;
        Ok(cut.map(|(end, cuts)| take(&mut self.buffer, end, cuts, &self.records)))
    }
}
