/*!
Results kept between runs, by fingerprint: parsed inputs, and tables that cost much more to compute
than to write. A cached result is a folder, complete from the moment it has its name. Beside them lies what
the last check of each pipeline kept, in one file.
*/

use std::{
    fs::{self, FileTimes},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    engine::{StoredTable, TableSize},
    error::{Error, Result, codes},
    fingerprint::Fingerprint,
};

/// The file that describes a cached result; its modification time says when it was last used.
const DESCRIPTION: &str = "description.json";

/// The folder of what checks kept, a file for each pipeline.
const CHECKED: &str = "checked";
/// Bytes of such a file; a thousand tables take a few million.
const CHECKED_LIMIT: u64 = 256 << 20;
/// Nobody takes so long to write or to remove a single result.
const ABANDONED: Duration = Duration::from_hours(24);

#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    limit: u64,
}

/// What a cached result holds: its tables by name, and whatever else its maker wants back.
#[derive(Debug, Serialize, serde::Deserialize)]
struct Description<T> {
    tables: Vec<(String, TableSize, Vec<FieldDescription>)>,
    extra: T,
}

type FieldDescription = (String, String);

impl Cache {
    /// A cache below the work folder that keeps at most `limit` bytes.
    pub(crate) fn new(work: &Path, limit: u64) -> Self {
        Self { folder: work.join("cache"), limit }
    }

    /// The tables and the extra of a cached result, if it is there and whole.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        fingerprint: &Fingerprint,
        tables: &[(&str, SchemaRef)],
    ) -> Option<(Vec<StoredTable>, T)> {
        let folder = self.folder.join(fingerprint.as_str());
        let bytes = fs::read(folder.join(DESCRIPTION)).ok()?;
        let found: Description<T> = serde_json::from_slice(&bytes).ok()?;
        let mut opened = Vec::new();
        for (name, schema) in tables {
            let (_, size, fields) = found.tables.iter().find(|(kept, ..)| kept == name)?;
            if *fields != described(schema) {
                return None;
            }
            match StoredTable::open(&folder, name, SchemaRef::clone(schema), *size) {
                Ok(table) => opened.push(table),
                Err(_) => {
                    // Out of the way, so that it can be kept again.
                    drop(self.remove(&folder));
                    return None;
                }
            }
        }
        self.touch(&folder);
        Some((opened, found.extra))
    }

    /// The columns of a cached table whose types only a run knows.
    pub(crate) fn schema(&self, fingerprint: &Fingerprint, table: &str) -> Option<SchemaRef> {
        let folder = self.folder.join(fingerprint.as_str());
        StoredTable::kept_schema(&folder, table)
    }

    pub(crate) fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.folder.join(fingerprint.as_str()).join(DESCRIPTION).exists()
    }

    /// Keeps tables under a fingerprint. Another run that keeps the same at the same time wins or
    /// loses without harm: both hold the same rows.
    pub(crate) fn put<T: Serialize>(
        &self,
        fingerprint: &Fingerprint,
        tables: &[(&str, &StoredTable)],
        extra: T,
    ) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|error| self.unwritable(&error))?;
        let temporary = tempfile::Builder::new()
            .prefix(".writing-")
            .tempdir_in(&self.folder)
            .map_err(|error| self.unwritable(&error))?;
        let mut description = Description { tables: Vec::new(), extra };
        for (name, table) in tables {
            table.save(temporary.path(), name)?;
            let schema = datafusion::catalog::TableProvider::schema(*table);
            description.tables.push(((*name).to_owned(), table.size(), described(&schema)));
        }
        let bytes = serde_json::to_vec(&description)
            .map_err(|error| Error::failed(codes::WORK_FOLDER, error.to_string()))?;
        fs::write(temporary.path().join(DESCRIPTION), bytes)
            .map_err(|error| self.unwritable(&error))?;
        let folder = self.folder.join(fingerprint.as_str());
        if fs::rename(temporary.path(), &folder).is_ok() {
            // The folder has its final name: nothing is left to clean up.
            drop(temporary.keep());
        }
        self.evict()
    }

    /// What the last check of a pipeline kept.
    pub(crate) fn checked(&self, pipeline: &str) -> Option<Vec<u8>> {
        fs::read(self.checked_file(pipeline)).ok()
    }

    /// Keeps what a check found in place of what the one before it did. Where that is impossible,
    /// or too much, the next check finds it again.
    pub(crate) fn put_checked(&self, pipeline: &str, bytes: &[u8]) {
        let file = self.checked_file(pipeline);
        if bytes.len() as u64 > self.limit.min(CHECKED_LIMIT) {
            drop(fs::remove_file(file));
            return;
        }
        let write = || -> io::Result<()> {
            let folder = self.folder.join(CHECKED);
            fs::create_dir_all(&folder)?;
            let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
            temporary.write_all(bytes)?;
            temporary.persist(file).map(drop).map_err(|error| error.error)
        };
        drop(write());
    }

    /// Pipelines have the names that people gave them, files have plain ones.
    fn checked_file(&self, pipeline: &str) -> PathBuf {
        let name = Fingerprint::of("pipeline").with("name", pipeline).finish();
        self.folder.join(CHECKED).join(name.as_str())
    }

    /// Removes everything.
    pub(crate) fn clear(&self) -> Result<u64> {
        let checked = fs::read_dir(self.folder.join(CHECKED)).into_iter().flatten().flatten();
        let freed: u64 = checked.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        let freed = freed + self.entries().iter().map(|entry| entry.bytes).sum::<u64>();
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.unwritable(&error)),
            _ => Ok(freed),
        }
    }

    /// Removes the least recently used results until the rest is within the limit.
    fn evict(&self) -> Result<()> {
        self.sweep();
        let mut entries = self.entries();
        entries.sort_by_key(|entry| entry.used);
        let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        for entry in entries {
            if total <= self.limit {
                break;
            }
            self.remove(&entry.path).map_err(|error| self.unwritable(&error))?;
            total -= entry.bytes;
        }
        Ok(())
    }

    /// Removes a result: at once for those who look for it, whoever else makes room.
    fn remove(&self, entry: &Path) -> io::Result<()> {
        let moved_away = || {
            let trash = tempfile::Builder::new().prefix(".evicted-").tempdir_in(&self.folder)?;
            fs::rename(entry, trash.path().join("result"))?;
            trash.close()
        };
        match moved_away() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Removes what processes left behind that ended while they wrote or removed a result.
    fn sweep(&self) {
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for folder in folders.filter(is_hidden) {
            let changed = folder.metadata().and_then(|metadata| metadata.modified());
            let age = changed.ok().and_then(|changed| changed.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED) {
                // Whatever is left the next sweep takes.
                drop(fs::remove_dir_all(folder.path()));
            }
        }
    }

    /// What is complete.
    fn entries(&self) -> Vec<Entry> {
        fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| !is_hidden(entry))
            .filter_map(|entry| {
                let path = entry.path();
                let used = fs::metadata(path.join(DESCRIPTION)).ok()?.modified().ok()?;
                let bytes = fs::read_dir(&path)
                    .ok()?
                    .flatten()
                    .filter_map(|file| Some(file.metadata().ok()?.len()))
                    .sum();
                Some(Entry { path, bytes, used })
            })
            .collect()
    }

    fn touch(&self, folder: &Path) {
        // Losing the time of use costs a little speed later, nothing else.
        let times = FileTimes::new().set_modified(SystemTime::now());
        drop(
            fs::File::options()
                .write(true)
                .open(folder.join(DESCRIPTION))
                .and_then(|file| file.set_times(times)),
        );
    }

    fn unwritable(&self, error: &io::Error) -> Error {
        Error::failed(
            codes::WORK_FOLDER,
            format!("cannot use the cache in {}: {error}", self.folder.display()),
        )
    }
}

/// A result that is not complete, or no longer.
fn is_hidden(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

#[derive(Debug)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

fn described(schema: &Schema) -> Vec<FieldDescription> {
    schema
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field.data_type().to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::{
        array::{Int64Array, RecordBatch},
        datatypes::{DataType, Field},
    };

    use super::*;
    use crate::engine::{Engine, EngineOptions};

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]))
    }

    fn table(engine: &Engine, rows: i64) -> StoredTable {
        let writer = engine.writer("t", schema());
        let mut part = writer.part();
        let column = Arc::new(Int64Array::from_iter_values(0..rows));
        part.write(RecordBatch::try_new(schema(), vec![column]).unwrap()).unwrap();
        part.finish().unwrap();
        writer.finish().unwrap()
    }

    fn fingerprint(name: &str) -> Fingerprint {
        Fingerprint::of("test").with("name", name).finish()
    }

    #[test]
    fn what_was_kept_comes_back_and_the_oldest_goes_first() {
        let work = tempfile::tempdir().unwrap();
        let engine =
            Engine::new(EngineOptions::for_this_machine(work.path().join("spill"))).unwrap();
        let cache = Cache::new(work.path(), 1 << 20);
        let wanted = [("t", schema())];
        assert!(cache.get::<String>(&fingerprint("a"), &wanted).is_none());
        cache.put(&fingerprint("a"), &[("t", &table(&engine, 10))], "books".to_owned()).unwrap();
        let (tables, extra) = cache.get::<String>(&fingerprint("a"), &wanted).unwrap();
        assert_eq!((tables[0].rows(), extra.as_str()), (10, "books"));

        let other = Arc::new(Schema::new(vec![Field::new("n", DataType::Utf8, true)]));
        assert!(cache.get::<String>(&fingerprint("a"), &[("t", other)]).is_none());

        let kept = cache.folder.join(fingerprint("a").as_str());
        fs::remove_file(kept.join("t-m.arrow")).unwrap();
        assert!(cache.get::<String>(&fingerprint("a"), &wanted).is_none(), "a table without rows");
        assert!(!cache.contains(&fingerprint("a")), "nobody relies on it any more");
        cache.put(&fingerprint("a"), &[("t", &table(&engine, 10))], "books".to_owned()).unwrap();
        assert!(cache.get::<String>(&fingerprint("a"), &wanted).is_some());

        let abandoned = cache.folder.join(".writing-x");
        fs::create_dir(&abandoned).unwrap();
        cache.evict().unwrap();
        assert!(abandoned.exists(), "somebody may be writing it");
        let long_ago = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        fs::File::open(&abandoned).unwrap().set_times(long_ago).unwrap();
        cache.evict().unwrap();
        assert!(!abandoned.exists());

        let small = Cache::new(work.path(), 1);
        small.put(&fingerprint("b"), &[("t", &table(&engine, 10))], ()).unwrap();
        assert!(!small.contains(&fingerprint("a")), "over the limit, the oldest goes");
        let left = fs::read_dir(&cache.folder).unwrap().count();
        assert!(left <= 1, "what is evicted leaves nothing behind");
        assert_eq!(cache.clear().unwrap(), 0);
    }
}
