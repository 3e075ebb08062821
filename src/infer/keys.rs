/*!
Which columns identify a record, and which one says what version of it is the latest.

Judged on typed rows: a key may repeat where the whole row repeats, or where a column of change tells
the versions apart.
*/

use std::collections::HashMap;

use datafusion::arrow::{
    array::{Array, ArrayRef, RecordBatch},
    row::{RowConverter, SortField},
};

use super::{choose::Choice, names, read::Found, tally::hash_of};

/// Columns that are tried in pairs.
const PAIRED: usize = 8;
/// Keys that are followed; beyond, a share of them chosen by their hash.
const KEYS: usize = 1 << 18;

/// A set of columns that may identify a record.
#[derive(Debug)]
struct Candidate {
    columns: Vec<usize>,
    /// Key by hash: the hash of its first row.
    rows: HashMap<u64, u64>,
    skip: u32,
    followed: u64,
    /// Rows whose key was seen with other content.
    conflicts: u64,
    nulls: u64,
}

/// What is proposed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) key: Vec<String>,
    pub(crate) order_by: Option<String>,
    /// Rows that are older versions of a record, or repeat one.
    pub(crate) superseded: u64,
    /// Other columns, alone or together, that occur once.
    pub(crate) others: Vec<Vec<String>>,
}

/// Counts the candidates of a table.
#[derive(Debug)]
pub(crate) struct Search {
    choices: Vec<Choice>,
    candidates: Vec<Candidate>,
    /// The column of change.
    change: Option<usize>,
    rows: u64,
}

impl Search {
    pub(crate) fn new(choices: &[Choice], found: &[Found], rows: u64) -> Self {
        let change = choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| matches!(choice.column_type(), "timestamp" | "date" | "int64"))
            .filter(|(at, _)| found[*at].profile.values * 10 >= rows * 9)
            .filter_map(|(at, choice)| Some((names::is_change(&choice.name)?, at)))
            .min()
            .map(|(_, at)| at);
        let full = |at: &usize| found[*at].profile.values == rows;
        let typed = |at: &usize| matches!(choices[*at].column_type(), "string" | "int64" | "date");
        let whole: Vec<usize> = (0..choices.len()).filter(full).filter(typed).collect();
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for at in &whole {
            let repeats = !found[*at].profile.distinct.all_differ();
            let identifies = names::can_identify(&choices[*at].name);
            // What repeats can only be a key through its versions.
            if identifies || !repeats {
                sets.push(vec![*at]);
                if let Some(change) = change.filter(|change| change != at && repeats) {
                    sets.push(vec![*at, change]);
                }
            }
        }
        let mut pairable: Vec<usize> = whole
            .iter()
            .copied()
            .filter(|at| found[*at].profile.distinct.estimate() > 1 && Some(*at) != change)
            .collect();
        pairable.sort_by_key(|at| {
            let name = &choices[*at].name;
            let likely =
                names::can_identify(name) || names::is_position(name) || names::is_time(name);
            (!likely, *at)
        });
        pairable.truncate(PAIRED);
        pairable.sort_unstable();
        for (place, one) in pairable.iter().enumerate() {
            for other in &pairable[place + 1..] {
                if !sets.contains(&vec![*one, *other]) {
                    sets.push(vec![*one, *other]);
                }
            }
        }
        let candidate = |columns| Candidate {
            columns,
            rows: HashMap::new(),
            skip: 0,
            followed: 0,
            conflicts: 0,
            nulls: 0,
        };
        let candidates = sets.into_iter().map(candidate).collect();
        Self { choices: choices.to_vec(), candidates, change, rows: 0 }
    }

    /// Counts the rows of a batch, whose first columns are the choices.
    pub(crate) fn take(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        let arrays = &batch.columns()[..self.choices.len()];
        let Some(rows) = hashes(arrays) else { return };
        for candidate in &mut self.candidates {
            let columns: Vec<ArrayRef> =
                candidate.columns.iter().map(|at| std::sync::Arc::clone(&arrays[*at])).collect();
            let Some(keys) = hashes(&columns) else { continue };
            // A row without its key would go to quarantine.
            candidate.nulls += columns.iter().map(|column| column.null_count() as u64).sum::<u64>();
            for (key, row) in keys.iter().zip(&rows) {
                candidate.add(*key, *row);
            }
        }
    }

    pub(crate) fn finish(self, source: &str) -> Keys {
        let rows = self.rows;
        let name = |at: &usize| self.choices[*at].name.clone();
        let alone = |candidate: &&Candidate| candidate.columns.len() == 1;
        let versions = |at: usize| -> Option<&Candidate> {
            let change = self.change?;
            self.candidates.iter().find(|candidate| candidate.columns == [at, change])
        };
        let mut keys = Keys::default();
        if rows < 2 {
            return keys;
        }
        let mut ranked: Vec<(usize, usize, &Candidate)> = self
            .candidates
            .iter()
            .filter(alone)
            .filter(|candidate| {
                candidate.nulls == 0 && names::can_identify(&name(&candidate.columns[0]))
            })
            .filter(|candidate| {
                let at = candidate.columns[0];
                let versioned = || {
                    versions(at).is_some_and(|with_change| with_change.is_unique())
                        && candidate.share() * 2 >= candidate.followed.max(1)
                };
                candidate.is_unique() || versioned()
            })
            .map(|candidate| {
                let at = candidate.columns[0];
                (names::key_rank(&name(&at), source), at, candidate)
            })
            .collect();
        ranked.sort_by_key(|(rank, at, _)| (*rank, *at));
        let chosen = ranked.first().map(|(_, _, candidate)| *candidate).or_else(|| {
            self.candidates.iter().filter(|candidate| !alone(candidate)).find(|candidate| {
                let likely =
                    |at: &usize| names::can_identify(&name(at)) || names::is_position(&name(at));
                candidate.nulls == 0
                    && candidate.is_unique()
                    && candidate.columns.iter().all(likely)
                    && !candidate.columns.contains(&self.change.unwrap_or(usize::MAX))
            })
        });
        if let Some(chosen) = chosen {
            keys.key = chosen.columns.iter().map(&name).collect();
            keys.order_by = self.change.map(|at| name(&at)).filter(|name| !keys.key.contains(name));
            keys.superseded = chosen.followed - chosen.share();
        }
        keys.others = self
            .candidates
            .iter()
            .filter(|other| other.is_unique() && other.nulls == 0)
            .filter(|other| {
                chosen.is_none_or(|chosen| {
                    let only_text = |at: &usize| self.choices[*at].column_type() == "string";
                    chosen.columns != other.columns
                        && other.columns.len() == 1
                        && other.columns.iter().all(only_text)
                })
            })
            .map(|candidate| candidate.columns.iter().map(&name).collect())
            .collect();
        // Where one column is enough, pairs with it say nothing.
        let singles: Vec<String> =
            keys.others.iter().filter(|other| other.len() == 1).flatten().cloned().collect();
        keys.others.retain(|other| {
            other.len() == 1 || other.iter().all(|column| !singles.contains(column))
        });
        keys
    }
}

impl Candidate {
    fn add(&mut self, key: u64, row: u64) {
        if key.trailing_zeros() < self.skip {
            return;
        }
        self.followed += 1;
        let first = *self.rows.entry(key).or_insert(row);
        self.conflicts += u64::from(first != row);
        while self.rows.len() > KEYS {
            self.skip += 1;
            self.rows.retain(|key, _| key.trailing_zeros() >= self.skip);
        }
    }

    /// Whether equal keys meant equal rows.
    fn is_unique(&self) -> bool {
        self.conflicts == 0
    }

    /// Distinct keys among those followed.
    fn share(&self) -> u64 {
        self.rows.len() as u64
    }
}

/// One number per row that stands for its values.
fn hashes(columns: &[ArrayRef]) -> Option<Vec<u64>> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let rows = RowConverter::new(fields).ok()?.convert_columns(columns).ok()?;
    Some(rows.iter().map(|row| hash_of(row.as_ref())).collect())
}
