/*!
Batches set aside: in memory while they are few, in a scratch file beyond.
*/

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Seek},
    path::Path,
};

use datafusion::arrow::{
    array::RecordBatch,
    compute::concat_batches,
    datatypes::SchemaRef,
    error::ArrowError,
    ipc::{
        CompressionType,
        reader::StreamReader,
        writer::{IpcWriteOptions, StreamWriter},
    },
};

use crate::error::{Error, Result, codes};

pub(crate) struct Spool {
    schema: SchemaRef,
    /// Bytes kept in memory.
    limit: usize,
    pending: Vec<RecordBatch>,
    bytes: usize,
    file: Option<StreamWriter<BufWriter<File>>>,
}

impl Spool {
    pub(crate) fn new(schema: SchemaRef, limit: usize) -> Self {
        Self { schema, limit, pending: Vec::new(), bytes: 0, file: None }
    }

    /// Adds a batch that stands for `bytes` of memory; a slice counts for its part alone.
    pub(crate) fn push(&mut self, batch: RecordBatch, bytes: usize, scratch: &Path) -> Result<()> {
        self.pending.push(batch);
        self.bytes += bytes;
        if self.bytes > self.limit { self.write_out(scratch) } else { Ok(()) }
    }

    fn write_out(&mut self, scratch: &Path) -> Result<()> {
        let failed = |error: ArrowError| scratch_error(scratch, &error);
        let batch = concat_batches(&self.schema, &self.pending).map_err(failed)?;
        self.pending.clear();
        self.bytes = 0;
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = scratch_file(scratch).map_err(|error| failed(error.into()))?;
                let options = IpcWriteOptions::default()
                    .try_with_compression(Some(CompressionType::LZ4_FRAME))
                    .map_err(failed)?;
                let writer = BufWriter::with_capacity(1 << 16, file);
                self.file.insert(
                    StreamWriter::try_new_with_options(writer, &self.schema, options)
                        .map_err(failed)?,
                )
            }
        };
        file.write(&batch).map_err(failed)
    }

    /// Everything that was added, in order.
    pub(crate) fn read(self, scratch: &Path) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
        let failed = |error: ArrowError| scratch_error(scratch, &error);
        let stored = match self.file {
            None => None,
            Some(mut writer) => {
                writer.finish().map_err(failed)?;
                let buffered = writer.into_inner().map_err(failed)?;
                let reopen = |buffered: BufWriter<File>| -> io::Result<File> {
                    let mut file = buffered.into_inner()?;
                    file.rewind()?;
                    Ok(file)
                };
                let file = reopen(buffered).map_err(|error| failed(error.into()))?;
                Some(StreamReader::try_new(BufReader::new(file), None).map_err(failed)?)
            }
        };
        let scratch = scratch.to_owned();
        let stored = stored
            .into_iter()
            .flatten()
            .map(move |batch| batch.map_err(|error| scratch_error(&scratch, &error)));
        Ok(stored.chain(self.pending.into_iter().map(Ok)))
    }
}

/// A file without a name, so that it is gone whatever happens to the process.
pub(crate) fn scratch_file(scratch: &Path) -> io::Result<File> {
    fs::create_dir_all(scratch)?;
    tempfile::tempfile_in(scratch)
}

fn scratch_error(scratch: &Path, error: &ArrowError) -> Error {
    Error::failed(
        codes::WORK_FOLDER,
        format!("intermediate rows cannot be kept in `{}`: {error}", scratch.display()),
    )
    .hint("is the disk full? `engine.spill_dir` names another folder")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::{
        array::{AsArray, Int64Array},
        datatypes::{DataType, Field, Int64Type, Schema},
    };

    use super::*;

    #[test]
    fn what_is_set_aside_comes_back_in_order() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let scratch = tempfile::tempdir().unwrap();
        for limit in [0, 100, 1 << 20] {
            let mut spool = Spool::new(Arc::clone(&schema), limit);
            for n in 0..100 {
                let column = Arc::new(Int64Array::from(vec![2 * n, 2 * n + 1]));
                let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap();
                spool.push(batch, 16, scratch.path()).unwrap();
            }
            assert_eq!(spool.file.is_some(), limit < 1 << 20);
            let numbers: Vec<i64> = spool
                .read(scratch.path())
                .unwrap()
                .flat_map(|batch| {
                    batch.unwrap().column(0).as_primitive::<Int64Type>().values().to_vec()
                })
                .collect();
            assert_eq!(numbers, (0..200).collect::<Vec<_>>());
        }
        assert_eq!(scratch.path().read_dir().unwrap().count(), 0, "scratch files have no name");
    }
}
