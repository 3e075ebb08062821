/*!
Writing a mart's file into a run's version folder, where no reader looks.
*/

use std::collections::BTreeMap;

use datafusion::{execution::SendableRecordBatchStream, physical_plan::common::spawn_buffered};
use futures::StreamExt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    boundary::{boundary, convert},
    commit::{FileEntry, MartEntry, MartLayout},
    failpoint,
    layout::{self, Layout},
    parquet::{Encoder, WAVE},
};
use crate::{
    engine::errors,
    error::{Error, Result},
    storage::{Location, Upload, hexadecimal},
};

/// What is said about a mart, in its file and in the commit.
#[derive(Debug, Clone, Default)]
pub struct MartSpec {
    /// Without schema: `renewals`.
    pub name: String,
    pub fingerprint: String,
    pub description: Option<String>,
    /// The formula or definition that the table follows.
    pub definition: Option<String>,
    /// Whose definition that is.
    pub authority: Option<String>,
    pub grain: Vec<String>,
    /// The columns that the rows come sorted by, ascending, nulls last.
    pub sorted_by: Vec<String>,
    /// What is said about the columns, where anything is.
    pub columns: BTreeMap<String, ColumnNote>,
}

/// What a column means, in its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ColumnNote {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The formula or definition that the column follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Whose definition that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

/// A complete file that no commit names yet.
#[derive(Debug, Clone)]
pub struct StagedMart {
    pub name: String,
    /// Where it can be checked.
    pub location: Location,
    pub entry: MartEntry,
}

pub(super) async fn stage(
    layout: &Layout,
    run_id: Uuid,
    spec: MartSpec,
    rows: SendableRecordBatchStream,
    threads: usize,
) -> Result<StagedMart> {
    let path = layout::part(run_id, &spec.name);
    let location = layout.file(&path);
    let written =
        write(&location, &spec, rows, threads).await.map_err(|error| named(error, &spec.name))?;
    failpoint::reach(failpoint::AFTER_VERSION).await;
    let Written { rows, bytes, sha256 } = written;
    let entry = MartEntry {
        layout: MartLayout::File,
        rows,
        bytes,
        fingerprint: spec.fingerprint,
        grain: spec.grain,
        sorted_by: spec.sorted_by,
        files: vec![FileEntry { path, rows, bytes, sha256 }],
    };
    Ok(StagedMart { name: spec.name, location, entry })
}

struct Written {
    rows: u64,
    bytes: u64,
    sha256: String,
}

async fn write(
    location: &Location,
    spec: &MartSpec,
    rows: SendableRecordBatchStream,
    threads: usize,
) -> Result<Written> {
    let mut upload = location.upload()?;
    match encode(&mut upload, spec, rows, threads).await {
        Ok(written) => {
            upload.finish().await?;
            Ok(written)
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

async fn encode(
    upload: &mut Upload,
    spec: &MartSpec,
    rows: SendableRecordBatchStream,
    threads: usize,
) -> Result<Written> {
    let schema = boundary(&rows.schema())?;
    let mut encoder = Encoder::new(spec, &schema, threads)?;
    // The next wave is read or merged while the one before it is encoded.
    let mut rows = spawn_buffered(rows, WAVE);
    let mut digest = Sha256::new();
    let mut bytes = 0;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(|error| errors::convert(&error))?;
        let encoded = encoder.push(convert(&batch, &schema)?)?;
        digest.update(&encoded);
        bytes += encoded.len() as u64;
        upload.write(&encoded).await?;
    }
    let (encoded, rows) = encoder.finish()?;
    digest.update(&encoded);
    bytes += encoded.len() as u64;
    upload.write(&encoded).await?;
    Ok(Written { rows, bytes, sha256: hexadecimal(digest) })
}

fn named(mut error: Error, mart: &str) -> Error {
    for diagnostic in &mut error.diagnostics {
        diagnostic.message = format!("marts.{mart}: {}", diagnostic.message);
    }
    error
}
