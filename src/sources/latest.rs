/*!
Of the rows that share a key, the latest stays.

The latest has the highest `order_by`, nulls last; after that the highest of its other columns in
schema order. Rows equal in every column are one. Files, lines and the time of loading decide
nothing. Sources without a key keep every row, equal ones too, unless they say that these are one:
then every column is part of the key. A record whose latest version is marked as deleted is gone; a
mark that cannot be placed among the versions, because it lacks `order_by`, is the last word.

Rows are dealt into buckets by the hash of their key, and each bucket is sorted for itself, so that
memory holds a few buckets at a time. What comes out is ordered by hash and key: the same rows in the
same order, however they came in.
*/

use std::{cmp::Ordering, collections::HashMap, ops::AddAssign, path::PathBuf, sync::Arc};

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray, UInt32Array},
    compute::{SortOptions, interleave, interleave_record_batch, take, take_record_batch},
    datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type},
    error::ArrowError,
    row::{RowConverter, Rows, SortField},
};
use indexmap::IndexSet;
use parking_lot::Mutex;

use crate::{
    config::source::Source,
    error::{Error, Result, codes},
};

use super::{
    deletes::Deletes,
    load::{BatchSink, LoadOptions},
    schema::raw_schema,
    spool::Spool,
};

/// Buckets are the top bits of a hash, so their number does not show in the order of rows.
const BUCKET_BITS: u32 = 6;
/// What a bucket keeps in memory while rows come in.
const BUCKET_BYTES: usize = 1 << 20;

/// Descending, nulls last: the first is the latest.
const LATEST_FIRST: SortOptions = SortOptions { descending: true, nulls_first: false };

/// Collects rows of [`raw_schema`] and hands out the latest of each key.
pub struct Latest {
    schema: SchemaRef,
    plan: Plan,
    files: Mutex<IndexSet<String>>,
    buckets: Vec<Mutex<Spool>>,
    scratch: PathBuf,
    threads: usize,
    batch_rows: usize,
}

/// Which columns decide.
#[derive(Clone)]
struct Plan {
    key: Vec<usize>,
    order_by: Vec<usize>,
    others: Vec<usize>,
    deletes: Option<Deletes>,
    /// The file's number, in place of its name.
    file: usize,
    line: usize,
}

impl Latest {
    pub fn new(source: &Source, options: &LoadOptions) -> Result<Self> {
        let schema = raw_schema(source);
        let place = |name: &String| {
            source.columns.iter().position(|column| column.name == *name).ok_or_else(|| {
                let message = format!("source `{}` has no column `{name}`", source.name);
                Error::usage(codes::UNKNOWN_NAME, message)
            })
        };
        let declared = source.columns.len();
        let key = match source.key.as_slice() {
            [] => (0..declared).collect(),
            key => key.iter().map(place).collect::<Result<Vec<_>>>()?,
        };
        let order_by = source.order_by.iter().map(place).collect::<Result<Vec<_>>>()?;
        let decided = |at: &usize| key.contains(at) || order_by.contains(at);
        let others = (0..declared).filter(|at| !decided(at)).collect();
        let deletes = Deletes::of(source);
        let plan = Plan { key, order_by, others, deletes, file: declared, line: declared + 1 };
        let numbered = numbered_schema(&schema, plan.file);
        let buckets = (0..1 << BUCKET_BITS)
            .map(|_| Mutex::new(Spool::new(Arc::clone(&numbered), BUCKET_BYTES)))
            .collect();
        Ok(Self {
            schema,
            plan,
            files: Mutex::default(),
            buckets,
            scratch: options.scratch.clone(),
            threads: options.threads.max(1),
            batch_rows: options.batch_rows.max(1),
        })
    }

    /// Writes the latest rows; returns what did not stay of each file.
    pub fn finish(self, rows: &dyn BatchSink) -> Result<HashMap<String, Dropped>> {
        let files = self.files.into_inner();
        let names = StringViewArray::from_iter_values(&files);
        let mut dropped = vec![Dropped::default(); files.len()];
        let mut buckets = self.buckets.into_iter().map(Mutex::into_inner);
        loop {
            let wave: Vec<Spool> = buckets.by_ref().take(self.threads).collect();
            if wave.is_empty() {
                break;
            }
            let judged: Vec<Result<Judged>> = std::thread::scope(|scope| {
                let (plan, scratch, names) = (&self.plan, &self.scratch, &names);
                let running: Vec<_> = wave
                    .into_iter()
                    .map(|bucket| {
                        scope.spawn(move || {
                            let batches = bucket.read(scratch)?.collect::<Result<Vec<_>>>()?;
                            judge(plan, batches, names).map_err(|error| unsorted(&error))
                        })
                    })
                    .collect();
                running
                    .into_iter()
                    .map(|judging| {
                        judging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                    })
                    .collect()
            });
            for judged in judged {
                let judged = judged?;
                for (file, of_bucket) in judged.dropped {
                    dropped[file] += of_bucket;
                }
                for winners in judged.winners.chunks(self.batch_rows) {
                    let batches: Vec<&RecordBatch> = judged.batches.iter().collect();
                    let batch = interleave_record_batch(&batches, winners)
                        .and_then(|batch| named(&batch, &self.schema, &self.plan, &names))
                        .map_err(|error| unsorted(&error))?;
                    rows.write(batch)?;
                }
            }
        }
        Ok(files.into_iter().zip(dropped).collect())
    }
}

impl BatchSink for Latest {
    fn write(&self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let (dealt, ends) = self.deal(&batch).map_err(|error| unsorted(&error))?;
        let row_bytes = dealt.get_array_memory_size() / dealt.num_rows();
        let mut start = 0;
        for (bucket, end) in self.buckets.iter().zip(ends) {
            if end > start {
                let part = dealt.slice(start, end - start);
                bucket.lock().push(part, row_bytes * (end - start), &self.scratch)?;
            }
            start = end;
        }
        Ok(())
    }
}

impl Latest {
    /// The rows ordered by bucket, and where each bucket's rows end.
    fn deal(&self, batch: &RecordBatch) -> Result<(RecordBatch, Vec<usize>), ArrowError> {
        let batch = self.numbered(batch)?;
        let converter = converter(&batch, &self.plan.key, SortOptions::default())?;
        let keys = converter.convert_columns(&columns(&batch, &self.plan.key))?;
        let buckets: Vec<usize> =
            keys.iter().map(|key| (hash(key.as_ref()) >> (64 - BUCKET_BITS)) as usize).collect();
        let mut ends = vec![0; self.buckets.len()];
        buckets.iter().for_each(|bucket| ends[*bucket] += 1);
        let mut next = 0;
        let mut places = Vec::with_capacity(ends.len());
        for end in &mut ends {
            places.push(next);
            next += *end;
            *end = next;
        }
        let mut order = vec![0u32; buckets.len()];
        for (row, bucket) in buckets.iter().enumerate() {
            order[places[*bucket]] = row as u32;
            places[*bucket] += 1;
        }
        Ok((take_record_batch(&batch, &UInt32Array::from(order))?, ends))
    }

    /// The batch with numbers in place of file names.
    fn numbered(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let names = batch.column(self.plan.file).as_string_view();
        let mut files = self.files.lock();
        let mut last: Option<(&str, u32)> = None;
        let numbers = names.iter().map(|name| {
            let name = name.unwrap_or_default();
            match last {
                Some((known, number)) if known == name => number,
                _ => {
                    let number = files.insert_full(name.to_owned()).0 as u32;
                    last = Some((name, number));
                    number
                }
            }
        });
        let numbers = UInt32Array::from_iter_values(numbers);
        let mut columns = batch.columns().to_vec();
        columns[self.plan.file] = Arc::new(numbers);
        RecordBatch::try_new(numbered_schema(batch.schema_ref(), self.plan.file), columns)
    }
}

/// Rows of one file that did not stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    pub superseded: u64,
    /// Latest versions that say their record is gone.
    pub deleted: u64,
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        self.superseded += other.superseded;
        self.deleted += other.deleted;
    }
}

/// Which rows of a bucket are marked as deleted; empty where the source knows no such mark.
#[derive(Default)]
struct Marks {
    deleted: Vec<bool>,
    /// Those that no order places among the versions.
    last_words: Vec<bool>,
}

impl Plan {
    fn marks(&self, batches: &[RecordBatch]) -> Marks {
        let Some(deletes) = &self.deletes else { return Marks::default() };
        let mut marks = Marks::default();
        for batch in batches {
            let deleted = deletes.marked(batch.column(deletes.column()));
            let is_unplaced =
                |row: usize| self.order_by.iter().any(|column| batch.column(*column).is_null(row));
            let last_words =
                deleted.iter().enumerate().map(|(row, deleted)| *deleted && is_unplaced(row));
            marks.last_words.extend(last_words);
            marks.deleted.extend(deleted);
        }
        marks
    }
}

/// The rows of one bucket with the places of those that stay.
struct Judged {
    batches: Vec<RecordBatch>,
    /// Batch and row.
    winners: Vec<(usize, usize)>,
    dropped: HashMap<usize, Dropped>,
}

fn judge(
    plan: &Plan,
    batches: Vec<RecordBatch>,
    names: &StringViewArray,
) -> Result<Judged, ArrowError> {
    let mut judged = Judged { batches, winners: Vec::new(), dropped: HashMap::new() };
    let Some(first) = judged.batches.first() else { return Ok(judged) };
    let keys = rows(&judged.batches, first, &plan.key, SortOptions::default())?;
    let versions = match plan.order_by.is_empty() {
        true => None,
        false => Some(rows(&judged.batches, first, &plan.order_by, LATEST_FIRST)?),
    };
    let places: Vec<(usize, usize)> = judged
        .batches
        .iter()
        .enumerate()
        .flat_map(|(at, batch)| (0..batch.num_rows()).map(move |row| (at, row)))
        .collect();
    let marks = plan.marks(&judged.batches);
    let mut order: Vec<(u64, u32)> =
        (0..places.len()).map(|at| (hash(keys.row(at).as_ref()), at as u32)).collect();
    let same_key = |one: u32, other: u32| keys.row(one as usize) == keys.row(other as usize);
    let by_version = |one: u32, other: u32| {
        let (one, other) = (one as usize, other as usize);
        let last_word = marks.last_words.get(other).cmp(&marks.last_words.get(one));
        last_word.then_with(|| match &versions {
            Some(versions) => versions.row(one).cmp(&versions.row(other)),
            None => Ordering::Equal,
        })
    };
    order.sort_unstable_by(|(one_hash, one), (other_hash, other)| {
        one_hash
            .cmp(other_hash)
            .then_with(|| keys.row(*one as usize).cmp(&keys.row(*other as usize)))
            .then_with(|| by_version(*one, *other))
    });
    let mut rest = order.as_slice();
    while let Some((_, first)) = rest.first() {
        let size = rest.iter().take_while(|(_, row)| same_key(*first, *row)).count();
        let (group, after) = rest.split_at(size);
        rest = after;
        let tied: Vec<(usize, usize)> = group
            .iter()
            .take_while(|(_, row)| by_version(*first, *row).is_eq())
            .map(|(_, row)| places[*row as usize])
            .collect();
        let winner = latest_of(plan, &judged.batches, &tied, names)?;
        for (place, row) in group.iter().map(|(_, row)| (places[*row as usize], *row as usize)) {
            let is_deleted = marks.deleted.get(row) == Some(&true);
            if place == winner && !is_deleted {
                judged.winners.push(winner);
                continue;
            }
            let file = file_number(&judged.batches, place, plan);
            let dropped = judged.dropped.entry(file).or_default();
            match place == winner {
                true => dropped.deleted += 1,
                false => dropped.superseded += 1,
            }
        }
    }
    Ok(judged)
}

/// Among versions of equal rank, the one with the highest other columns. Of rows equal in all of
/// them any would do: the first by file name and line is taken, so that `_file` is steady too.
fn latest_of(
    plan: &Plan,
    batches: &[RecordBatch],
    tied: &[(usize, usize)],
    names: &StringViewArray,
) -> Result<(usize, usize), ArrowError> {
    let [first, _, ..] = tied else { return Ok(tied[0]) };
    let ranks = match plan.others.is_empty() {
        true => None,
        false => {
            let columns = plan
                .others
                .iter()
                .map(|column| {
                    let arrays: Vec<&dyn Array> =
                        batches.iter().map(|batch| batch.column(*column).as_ref()).collect();
                    interleave(&arrays, tied)
                })
                .collect::<Result<Vec<ArrayRef>, _>>()?;
            let converter = converter(&batches[0], &plan.others, LATEST_FIRST)?;
            Some(converter.convert_columns(&columns)?)
        }
    };
    let origin = |place: (usize, usize)| {
        let lines = batches[place.0].column(plan.line);
        let lines = lines.as_primitive::<datafusion::arrow::datatypes::Int64Type>();
        (names.value(file_number(batches, place, plan)), lines.value(place.1))
    };
    let best = (0..tied.len()).min_by(|one, other| {
        let by_rank = ranks.as_ref().map(|ranks| ranks.row(*one).cmp(&ranks.row(*other)));
        by_rank
            .unwrap_or(Ordering::Equal)
            .then_with(|| origin(tied[*one]).cmp(&origin(tied[*other])))
    });
    Ok(best.map_or(*first, |best| tied[best]))
}

fn file_number(batches: &[RecordBatch], place: (usize, usize), plan: &Plan) -> usize {
    batches[place.0].column(plan.file).as_primitive::<UInt32Type>().value(place.1) as usize
}

/// The batch with file names again.
fn named(
    batch: &RecordBatch,
    schema: &SchemaRef,
    plan: &Plan,
    names: &StringViewArray,
) -> Result<RecordBatch, ArrowError> {
    let mut columns = batch.columns().to_vec();
    columns[plan.file] = take(names, &columns[plan.file], None)?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

fn numbered_schema(schema: &SchemaRef, file: usize) -> SchemaRef {
    let mut fields: Vec<_> = schema.fields().iter().map(Arc::clone).collect();
    fields[file] = Arc::new(Field::new(fields[file].name(), DataType::UInt32, false));
    Arc::new(Schema::new(fields))
}

fn columns(batch: &RecordBatch, which: &[usize]) -> Vec<ArrayRef> {
    which.iter().map(|at| Arc::clone(batch.column(*at))).collect()
}

fn converter(
    batch: &RecordBatch,
    which: &[usize],
    options: SortOptions,
) -> Result<RowConverter, ArrowError> {
    let field =
        |at: &usize| SortField::new_with_options(batch.column(*at).data_type().clone(), options);
    RowConverter::new(which.iter().map(field).collect())
}

/// Some columns of all batches in a form that compares byte by byte.
fn rows(
    batches: &[RecordBatch],
    first: &RecordBatch,
    which: &[usize],
    options: SortOptions,
) -> Result<Rows, ArrowError> {
    let converter = converter(first, which, options)?;
    let count = batches.iter().map(RecordBatch::num_rows).sum();
    let mut rows = converter.empty_rows(count, 0);
    for batch in batches {
        converter.append(&mut rows, &columns(batch, which))?;
    }
    Ok(rows)
}

/// The same on every machine.
fn hash(key: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hasher::write(&mut hasher, key);
    std::hash::Hasher::finish(&hasher)
}

fn unsorted(error: &ArrowError) -> Error {
    Error::failed(codes::NODE_FAILED, format!("versions of records cannot be compared: {error}"))
}
