/*!
An answer as one Parquet file, for whoever goes on with it elsewhere.

No mart: it has no version and no commit, and rows come in the order of the query.
*/

use std::path::Path;

use datafusion::{
    arrow::{array::AsArray, datatypes::UInt64Type},
    config::TableParquetOptions,
    dataframe::{DataFrame, DataFrameWriteOptions},
    logical_expr::LogicalPlan,
};

use super::parquet::{CREATED_BY, ZSTD_LEVEL};
use crate::{
    engine::{Engine, errors},
    error::{Error, Result, codes},
};

/// Writes the rows of a plan and returns how many there are. Replaces a file of that name.
pub async fn export(engine: &Engine, plan: LogicalPlan, path: &Path) -> Result<u64> {
    let Some(target) = path.to_str() else {
        return Err(Error::usage(codes::CLI, format!("{} is not UTF-8", path.display())));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let there_is_none = format!("there is no folder {}", folder.display());
        return Err(Error::usage(codes::CLI, there_is_none).hint("create it, or name another one"));
    }
    let mut options = TableParquetOptions::default();
    options.global.compression = Some(format!("zstd({ZSTD_LEVEL})"));
    options.global.created_by = CREATED_BY.to_owned();
    let written = DataFrame::new(engine.state(), plan)
        .write_parquet(
            target,
            DataFrameWriteOptions::new().with_single_file_output(true),
            Some(options),
        )
        .await
        .map_err(|error| errors::convert(&error))?;
    let counts = written.iter().map(|batch| batch.column(0).as_primitive::<UInt64Type>());
    Ok(counts.flat_map(|counts| counts.values().to_vec()).sum())
}
