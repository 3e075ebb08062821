/*!
Parquet files in any object store as tables: what was staged or published, read back.
*/

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use datafusion::{
    catalog::TableProvider,
    datasource::{
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
};
use object_store::{ObjectStore, path::Path};
use url::Url;

use super::{Engine, errors};
use crate::error::{Error, Result, codes};

impl Engine {
    /// Opens exactly one file.
    pub async fn parquet_file(
        &self,
        store: &Arc<dyn ObjectStore>,
        path: &Path,
    ) -> Result<Arc<dyn TableProvider>> {
        // Sessions find stores by URL; which one it is matters to nobody.
        static STORES: AtomicUsize = AtomicUsize::new(0);
        let number = STORES.fetch_add(1, Ordering::Relaxed);
        let invalid =
            |error: &dyn std::fmt::Display| Error::failed(codes::STORAGE_READ, error.to_string());
        let root = Url::parse(&format!("store://s{number}/")).map_err(|error| invalid(&error))?;
        self.context().runtime_env().register_object_store(&root, Arc::clone(store));
        let file = root.join(path.as_ref()).map_err(|error| invalid(&error))?;
        let file = ListingTableUrl::parse(file).map_err(|error| errors::convert(&error))?;
        let options =
            ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("");
        let config = ListingTableConfig::new(file)
            .with_listing_options(options)
            .infer_schema(&self.state())
            .await
            .map_err(|error| errors::convert(&error))?;
        let table = ListingTable::try_new(config).map_err(|error| errors::convert(&error))?;
        Ok(Arc::new(table))
    }
}
