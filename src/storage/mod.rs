/*!
URLs become object stores: reading, listing, conditional create, fsync, retry, time-outs.

Knows nothing about tables. [`Storage`] turns what a user wrote (`exports/crm`, `s3://bucket/key`)
into a [`Location`], and a pattern (`web/events_{date:YYYYMMDD}.ndjson.gz`) into the files it
matches. Everything above works on locations, so that a local folder, a bucket and memory behave
alike.
*/

mod address;
mod backend;
mod background;
mod failure;
mod find;
mod local;
mod location;
mod pattern;
mod read;
mod upload;

pub use find::{Found, FoundFile};
pub use location::{Entry, Location};
pub use pattern::Glob;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use pattern::Pattern;
pub(crate) use read::hexadecimal;
pub use read::{Reader, sha256};
pub use upload::Upload;

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc};

use object_store::{ObjectStore, memory::InMemory};
use parking_lot::Mutex;

use crate::error::Result;
use address::{Address, Scheme};

/// The stores of one run. Connections, credentials and `memory://` contents are shared by all of
/// its locations.
pub struct Storage {
    project_dir: PathBuf,
    stores: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

/// The keys of the stores may hold a presigned URL, so they stay out.
impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({})", self.project_dir.display())
    }
}

impl Storage {
    /// Relative paths start at `project_dir`.
    pub fn new(project_dir: impl Into<PathBuf>) -> Self {
        let project_dir = project_dir.into();
        let project_dir = std::path::absolute(&project_dir).unwrap_or(project_dir);
        Self { project_dir, stores: Mutex::default() }
    }

    /// The place that `text` names: a path, `file://`, `s3://bucket/key`, `gs://bucket/key`,
    /// `az://container/key`, `https://host/file` (read-only) or `memory://name/key`.
    ///
    /// Nothing is contacted; a place that does not exist is found out by using it.
    pub fn location(&self, text: &str) -> Result<Location> {
        let address = Address::parse(text, &self.project_dir)?;
        let store = self.store(&address)?;
        Ok(Location::new(store, address.path, address.shown, address.scheme))
    }

    fn store(&self, address: &Address) -> Result<Arc<dyn ObjectStore>> {
        let mut stores = self.stores.lock();
        if let Some(store) = stores.get(&address.root) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = match address.scheme {
            Scheme::File => Arc::new(local::LocalStore::new()),
            Scheme::Memory => Arc::new(InMemory::new()),
            _ => backend::connect(address)?,
        };
        stores.insert(address.root.clone(), Arc::clone(&store));
        Ok(store)
    }
}
