/*!
Records of many groups, for aggregates that must see all rows of a group at once.

Records of one fixed size are appended to buckets of 2,048 groups each, so that a row costs one
append at one of a few hundred places. A bucket grows by chunks that stay where they are. Groups are
told apart only when they are read: a counting sort of one bucket at a time, which needs no more than
that bucket again. No group has an allocation of its own, however many there are.
*/

use std::{collections::VecDeque, ops::RangeInclusive};

use datafusion::{error::Result, logical_expr::EmitTo};

pub(super) mod list;
pub(super) mod marked;
pub(super) mod texts;
pub(super) mod valued;

const BUCKET_BITS: usize = 11;
const BUCKET: usize = 1 << BUCKET_BITS;
/// Records of the smallest and of the largest chunk: little for a few groups, and few chunks for many.
const CHUNKS: RangeInclusive<usize> = 16..=1_024;

/// A record; it carries its group's place within the bucket, which fits into its padding.
pub(super) trait Record: Copy {
    fn slot(&self) -> u32;
}

#[derive(Debug, Clone)]
pub(super) struct Store<R> {
    buckets: VecDeque<Bucket<R>>,
    /// Groups of the first bucket that were given out already.
    emitted: usize,
    groups: usize,
}

/// The records of some groups, in chunks that are full but for the last one.
#[derive(Debug, Clone)]
struct Bucket<R> {
    chunks: Vec<Vec<R>>,
    /// Records that there is room for.
    room: usize,
}

impl<R> Default for Bucket<R> {
    fn default() -> Self {
        Self { chunks: Vec::new(), room: 0 }
    }
}

impl<R: Record> Bucket<R> {
    /// A bucket of these records.
    fn of(records: Vec<R>) -> Self {
        Self { room: records.capacity(), chunks: vec![records] }
    }

    fn push(&mut self, record: R) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < last.capacity() => last.push(record),
            last => {
                let doubled = last.map_or(0, |last| 2 * last.len());
                let mut chunk = Vec::with_capacity(doubled.clamp(*CHUNKS.start(), *CHUNKS.end()));
                self.room += chunk.capacity();
                chunk.push(record);
                self.chunks.push(chunk);
            }
        }
    }

    /// Bytes allocated.
    fn size(&self) -> usize {
        self.room * size_of::<R>() + self.chunks.capacity() * size_of::<Vec<R>>()
    }
}

impl<R> Default for Store<R> {
    fn default() -> Self {
        Self { buckets: VecDeque::new(), emitted: 0, groups: 0 }
    }
}

impl<R: Record> Store<R> {
    /// Makes room for groups `0..groups`.
    pub(super) fn resize(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
        let buckets = (self.emitted + self.groups).div_ceil(BUCKET);
        if self.buckets.len() < buckets {
            self.buckets.resize_with(buckets, Bucket::default);
        }
    }

    /// Appends a record, made for the slot it is told, to a group below the last `resize`.
    pub(super) fn push(&mut self, group: usize, record: impl FnOnce(u32) -> R) {
        let place = self.emitted + group;
        self.buckets[place >> BUCKET_BITS].push(record((place & (BUCKET - 1)) as u32));
    }

    /// Shows the records of each group that `emit_to` asks for, in the order of groups, and forgets
    /// them. Within a group they come as they were appended.
    pub(super) fn take(
        &mut self,
        emit_to: EmitTo,
        mut visit: impl FnMut(&mut [R]) -> Result<()>,
    ) -> Result<()> {
        let mut wanted = match emit_to {
            EmitTo::All => self.groups,
            EmitTo::First(groups) => groups.min(self.groups),
        };
        self.groups -= wanted;
        while wanted > 0 {
            let from = self.emitted;
            let to = BUCKET.min(from + wanted);
            let records = self.buckets.pop_front().unwrap_or_default().chunks.concat();
            let (mut sorted, starts) = by_slot(&records);
            drop(records);
            for slot in from..to {
                visit(&mut sorted[starts[slot]..starts[slot + 1]])?;
            }
            wanted -= to - from;
            self.emitted = to % BUCKET;
            if self.emitted != 0 {
                // Exactly what is left: room that nobody needs would still count.
                self.buckets.push_front(Bucket::of(sorted.split_off(starts[to])));
            }
        }
        Ok(())
    }

    /// Bytes allocated.
    pub(super) fn size(&self) -> usize {
        let buckets: usize = self.buckets.iter().map(Bucket::size).sum();
        buckets + self.buckets.capacity() * size_of::<Bucket<R>>()
    }
}

/// The records sorted by slot, and where each slot begins.
fn by_slot<R: Record>(records: &[R]) -> (Vec<R>, Vec<usize>) {
    let mut starts = vec![0; BUCKET + 1];
    for record in records {
        starts[record.slot() as usize + 1] += 1;
    }
    for slot in 0..BUCKET {
        starts[slot + 1] += starts[slot];
    }
    let mut sorted = records.to_vec();
    let mut next = starts.clone();
    for record in records {
        let place = &mut next[record.slot() as usize];
        sorted[*place] = *record;
        *place += 1;
    }
    (sorted, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Number {
        value: u64,
        slot: u32,
    }

    impl Record for Number {
        fn slot(&self) -> u32 {
            self.slot
        }
    }

    fn taken(store: &mut Store<Number>, emit_to: EmitTo) -> Vec<Vec<u64>> {
        let mut groups = Vec::new();
        store
            .take(emit_to, |records| {
                groups.push(records.iter().map(|record| record.value).collect());
                Ok(())
            })
            .unwrap();
        groups
    }

    /// Groups given out a few at a time, while others still grow, hold what they were given.
    #[test]
    fn groups_keep_their_records_however_they_are_emitted() {
        for step in [1, 7, BUCKET - 1, BUCKET, BUCKET + 1, 3 * BUCKET] {
            let groups = 3 * BUCKET + 5;
            let mut store = Store::default();
            let mut expected: VecDeque<Vec<u64>> = VecDeque::new();
            let mut given = 0;
            let mut value = 0;
            while given < groups {
                let open = (groups - given).min(step + 3);
                expected.resize(open, Vec::new());
                store.resize(open);
                for group in (0..open).rev().chain(0..open / 2) {
                    store.push(group, |slot| Number { value, slot });
                    expected[group].push(value);
                    value += 1;
                }
                let count = step.min(open);
                let out = taken(&mut store, EmitTo::First(count));
                assert_eq!(out, expected.drain(..count).collect::<Vec<_>>(), "step {step}");
                given += count;
            }
            assert!(taken(&mut store, EmitTo::All).is_empty());
        }
    }

    #[test]
    fn what_was_given_out_takes_no_room() {
        for emit_to in [EmitTo::All, EmitTo::First(3)] {
            let mut store = Store::default();
            store.resize(3);
            for value in 0..10_000 {
                store.push(value as usize % 3, |slot| Number { value, slot });
            }
            let full = store.size();
            taken(&mut store, emit_to);
            assert!(store.size() < full / 100, "{} of {full} bytes", store.size());
        }
    }

    #[test]
    fn groups_without_records_are_shown_empty() {
        let mut store: Store<Number> = Store::default();
        store.resize(BUCKET + 2);
        store.push(BUCKET + 1, |slot| Number { value: 9, slot });
        let out = taken(&mut store, EmitTo::All);
        assert_eq!(out.len(), BUCKET + 2);
        assert_eq!(out[BUCKET + 1], [9]);
        assert!(out[..=BUCKET].iter().all(Vec::is_empty));
    }
}
