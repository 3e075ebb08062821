/*!
Rows in strictly ascending order are all different: a proof that holds nothing but the row before,
where a `group by` holds every key.
*/

use datafusion::{
    arrow::{array::Array, compute::SortOptions, datatypes::DataType, row::OwnedRow},
    common::{exec_datafusion_err, runtime::SpawnedTask},
    error::Result,
    execution::SendableRecordBatchStream,
    physical_plan::execute_stream_partitioned,
};
use futures::TryStreamExt;

use crate::engine::{Engine, ascent::Ascent};

/// Some rows of a table, one after the other.
enum Part {
    Empty,
    Ascending {
        first: OwnedRow,
        last: OwnedRow,
    },
    /// Two rows that do not ascend, or one with a null, or keys whose order says nothing.
    Other,
}

/// Whether the rows of a table ascend strictly by `keys`, as `order by` sorts them, without a null.
pub(super) async fn ascends(engine: &Engine, table: &str, keys: &str) -> Result<bool> {
    let context = engine.context();
    let keys = context.sql(&format!("select {keys} from {table}")).await?;
    let plan = keys.create_physical_plan().await?;
    let parts: Vec<_> = execute_stream_partitioned(plan, context.task_ctx())?
        .into_iter()
        .map(|rows| SpawnedTask::spawn(walk(rows)))
        .collect();
    let mut before: Option<OwnedRow> = None;
    for part in parts {
        let part = part.join_unwind().await.map_err(|error| exec_datafusion_err!("{error}"))?;
        match part? {
            Part::Empty => {}
            Part::Ascending { first, last } if before.is_none_or(|before| before < first) => {
                before = Some(last);
            }
            Part::Ascending { .. } | Part::Other => return Ok(false),
        }
    }
    Ok(true)
}

async fn walk(mut rows: SendableRecordBatchStream) -> Result<Part> {
    let options = SortOptions { descending: false, nulls_first: false };
    let schema = rows.schema();
    let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    // The two zeros are one key, but not one place in the order.
    if types.iter().any(DataType::is_floating) {
        return Ok(Part::Other);
    }
    let mut ascent = Ascent::new(types.into_iter().map(|of| (of, options)), false)?;
    while let Some(batch) = rows.try_next().await? {
        let has_null = batch.columns().iter().any(|keys| keys.logical_null_count() > 0);
        if has_null || !ascent.follow(batch.columns())? {
            return Ok(Part::Other);
        }
    }
    let ends = ascent.ends();
    Ok(ends.map_or(Part::Empty, |(first, last)| Part::Ascending { first, last }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::{
        arrow::array::{ArrayRef, Int64Array, RecordBatch},
        datasource::MemTable,
    };

    use super::*;
    use crate::engine::EngineOptions;

    fn engine() -> (Engine, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let options = EngineOptions::for_this_machine(folder.path().to_owned());
        (Engine::new(options).unwrap(), folder)
    }

    /// Partitions are divided by `|`, their batches by `/`.
    async fn ascend(parts: &str) -> bool {
        let batch = |numbers: &str| {
            let numbers: Int64Array =
                numbers.split_whitespace().map(|number| number.parse().ok()).collect();
            RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef)]).unwrap()
        };
        let parts: Vec<Vec<RecordBatch>> =
            parts.split('|').map(|part| part.split('/').map(batch).collect()).collect();
        let (engine, _folder) = engine();
        let table = MemTable::try_new(parts[0][0].schema(), parts).unwrap();
        engine.register("marts", "t", Arc::new(table)).unwrap();
        ascends(&engine, "marts.t", "n").await.unwrap()
    }

    #[tokio::test]
    async fn order_is_seen_across_batches_and_partitions() {
        for parts in ["", "1", "-1 2 / 3 | 4 / 5 6", "1 / / 2 | | 3"] {
            assert!(ascend(parts).await, "{parts}");
        }
        for parts in ["1 1", "2 1", "1 2 / 2", "1 2 | 2 3", "1 3 | 2", "1 | 2 / 4 3", "1 null"] {
            assert!(!ascend(parts).await, "{parts}");
        }
    }

    #[tokio::test]
    async fn several_keys_are_compared_in_their_order() {
        let (engine, _folder) = engine();
        let rows = "(values (1, 'a', 0.5), (1, 'b', 0.7), (2, 'a', 0.9)) as t(n, t, f)";
        for (keys, expected) in [("n, t", true), ("t, n", false), ("n", false), ("f", false)] {
            assert_eq!(ascends(&engine, rows, keys).await.unwrap(), expected, "{keys}");
        }
    }
}
