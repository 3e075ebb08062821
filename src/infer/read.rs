/*!
Every record that may be looked at, through the loader's reader of its format, into one profile per
column.
*/

use indexmap::IndexMap;

use super::{
    profile::{Kind, Profile},
    tally::{Place, Tally},
    walk::Walk,
};
use crate::{
    config::source::Source,
    error::Result,
    sources::{Chunk, InputFile, LoadOptions, RecordReader, Tape, open},
};

/// Records per step.
const STEP: usize = 8_192;
/// Values told apart in all columns together, and in one.
const DISTINCT: usize = 4 << 20;
const DISTINCT_IN_ONE: usize = 1 << 17;
/// Bytes that are read of a file in any case.
const LEAST: u64 = 1 << 20;

/// A column as the files have it.
#[derive(Debug)]
pub(crate) struct Found {
    /// The header or path to declare.
    pub(crate) from: String,
    /// The type that the format itself gives.
    pub(crate) native: Option<String>,
    pub(crate) profile: Profile,
}

/// What the files of a group hold.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Found>,
    /// Records that became rows.
    pub(crate) rows: u64,
    /// Records that are none: the reasons, and where first.
    pub(crate) refused: Tally,
    /// Records to look at of each file: those that were read, refused ones included, or all of them.
    pub(crate) records: Vec<u64>,
    pub(crate) bytes: u64,
    /// Whether everything was read.
    pub(crate) complete: bool,
    /// Members that no path reaches.
    pub(crate) unreachable: Vec<String>,
}

impl Table {
    /// What is known of files that could not be read by themselves.
    pub(crate) fn unread(files: usize) -> Self {
        Self { records: vec![u64::MAX; files], complete: true, ..Self::default() }
    }
}

/// What a reader of cells knows of its columns before it reads: header, native type, kind.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) from: String,
    pub(crate) native: Option<String>,
    pub(crate) kind: Kind,
    /// The cells are JSON objects, whose members are columns.
    pub(crate) nested: bool,
}

/// Reads up to `limit` bytes of text. `columns` are those of `source`, which takes all of them as
/// text; none where the records themselves (JSON) tell.
pub(crate) fn read(
    source: &Source,
    files: &[InputFile],
    columns: Vec<Declared>,
    limit: u64,
    options: &LoadOptions,
) -> Result<Table> {
    let mut table = Table { complete: true, ..Table::default() };
    let mut content = match columns.as_slice() {
        [] => Content::Records(Box::new(Walk::new())),
        columns => Content::cells(columns),
    };
    let mut tape = Tape::default();
    let share = (limit / files.len().max(1) as u64).max(LEAST);
    for (number, file) in files.iter().enumerate() {
        let (mut records, mut bytes) = (0, 0);
        let mut is_whole = true;
        if table.bytes < limit {
            let mut reader = open(source, file, options)?;
            let enough =
                share.max(limit.saturating_sub(table.bytes) / (files.len() - number) as u64);
            while let Some(chunk) = next(reader.as_mut())? {
                bytes += chunk.text.len() as u64;
                records += (chunk.lines.len() + chunk.refused.len()) as u64;
                table.rows += chunk.lines.len() as u64;
                for refused in &chunk.refused {
                    table.refused.add(&refused.reason, Place { file: number, line: refused.line });
                }
                content.take(&chunk, number, &mut tape);
                if bytes >= enough {
                    is_whole = reader.next_records(1)?.is_none();
                    break;
                }
            }
        } else {
            is_whole = false;
        }
        table.complete &= is_whole;
        table.bytes += bytes;
        // What is declared in the end may find one more record where a header was taken for names.
        table.records.push(if is_whole { u64::MAX } else { records });
    }
    match content {
        Content::Records(walk) => (table.columns, table.unreachable) = walk.finish(),
        Content::Cells(columns) => {
            for (declared, profile, walk) in columns {
                let Some(walk) = walk else {
                    let Declared { from, native, .. } = declared;
                    table.columns.push(Found { from, native, profile });
                    continue;
                };
                let (members, unreachable) = walk.finish();
                table.columns.extend(members);
                table.unreachable.extend(unreachable);
            }
        }
    }
    Ok(table)
}

fn next(reader: &mut dyn RecordReader) -> Result<Option<Chunk>> {
    reader.next_records(STEP)?.map(|pending| pending()).transpose()
}

/// Where the values of a chunk go.
enum Content {
    /// Records that are JSON objects.
    Records(Box<Walk>),
    Cells(Vec<(Declared, Profile, Option<Walk>)>),
}

impl Content {
    fn cells(columns: &[Declared]) -> Self {
        let distinct = (DISTINCT / columns.len().max(1)).min(DISTINCT_IN_ONE);
        let column = |declared: &Declared| {
            let walk = declared.nested.then(Walk::new);
            (declared.clone(), Profile::new(distinct), walk)
        };
        Self::Cells(columns.iter().map(column).collect())
    }

    fn take(&mut self, chunk: &Chunk, file: usize, tape: &mut Tape) {
        match self {
            Self::Records(walk) => {
                for (record, line) in chunk.records.iter().zip(&chunk.lines) {
                    let Some(record) = record.of(&chunk.text) else { continue };
                    walk.record(record, Place { file, line: *line });
                }
            }
            Self::Cells(columns) => {
                for ((declared, profile, walk), cells) in columns.iter_mut().zip(&chunk.columns) {
                    let cells = cells.spans();
                    for (cell, line) in cells.iter().zip(&chunk.lines) {
                        let place = Place { file, line: *line };
                        let cell = cell.of(&chunk.text).unwrap_or_default();
                        match walk {
                            Some(walk) => walk.member(&declared.from, cell, place),
                            None if cell.trim_ascii().is_empty() => {}
                            None => profile.add(cell, declared.kind, place, tape),
                        }
                    }
                }
            }
        }
    }
}

/// Profiles by path, each made when it is first met.
pub(crate) fn profile_of<'a>(
    profiles: &'a mut IndexMap<String, Profile>,
    path: &str,
) -> &'a mut Profile {
    if !profiles.contains_key(path) {
        profiles.insert(path.to_owned(), Profile::new(DISTINCT_IN_ONE / 4));
    }
    profiles.get_mut(path).expect("it was just put there")
}
