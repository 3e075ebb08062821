/*!
The memory that all operators and in-memory tables of a session share.

DataFusion's `FairSpillPool` lets the operators that can spill take everything, so that the merge of
what they spilled, which cannot, finds nothing and the query fails; and the merge of one partition
takes whatever is left, so that the next one's finds nothing. Here half of what is free stays with
those that cannot spill: sorts that write a run at once need to merge as much as they hold. None of
their reservations takes more than half of what it holds and what is free; in small steps up to three
quarters, since a merge that lacks one more batch would fail, and the next one still finds a quarter.

Nor does it ask who holds anything: the operators of a query come one after the other, and with equal
shares for all of them most of the memory lies idle. Here those share that hold something, with room
for some of the others.
*/

use std::{collections::HashMap, fmt};

use datafusion::{
    common::resources_datafusion_err,
    error::Result,
    execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation},
};
use parking_lot::Mutex;

/// Half of what is free for the operators that can spill, in equal shares for those at work; the rest
/// for those that cannot.
#[derive(Debug)]
pub(super) struct SharedPool {
    limit: usize,
    state: Mutex<State>,
}

/// The part of the limit that every operator may hold.
const CRUMB: usize = 32;

/// Of so many operators that can spill one is expected to be at work.
const AT_WORK: usize = 2;

/// Up to this part a step is small; as much of the limit such steps leave free.
const SMALL: usize = 16;

/// Whoever asks for so many times what it holds needs it in one piece.
const PIECE: usize = 4;

#[derive(Debug, Default)]
struct State {
    /// Operators that can spill.
    spillers: usize,
    /// What each of them holds, if anything.
    held: HashMap<usize, usize>,
    spillable: usize,
    unspillable: usize,
}

impl SharedPool {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }
}

impl State {
    fn add(&mut self, reservation: &MemoryReservation, bytes: usize) {
        let consumer = reservation.consumer();
        if !consumer.can_spill() {
            self.unspillable += bytes;
        } else if bytes > 0 {
            self.spillable += bytes;
            *self.held.entry(consumer.id()).or_default() += bytes;
        }
    }

    fn subtract(&mut self, reservation: &MemoryReservation, bytes: usize) {
        let consumer = reservation.consumer();
        if !consumer.can_spill() {
            self.unspillable -= bytes;
        } else if let Some(held) = self.held.get_mut(&consumer.id()) {
            self.spillable -= bytes;
            *held -= bytes;
            if *held == 0 {
                self.held.remove(&consumer.id());
            }
        }
    }

    /// What a reservation that asks for `additional` bytes may hold in all.
    fn allowance(&self, limit: usize, reservation: &MemoryReservation, additional: usize) -> usize {
        let held = reservation.size();
        let consumer = reservation.consumer();
        let free = limit.saturating_sub(self.spillable + self.unspillable);
        if !consumer.can_spill() {
            let whole = held + free;
            let after_small_step = held + whole / SMALL;
            let most = (whole / 4 * 3).min(whole.saturating_sub(limit / SMALL));
            return (whole / 2).max(after_small_step.min(most));
        }
        let room = limit.saturating_sub(self.unspillable);
        let for_spillers = room / 2;
        let at_work = self.held.len() + usize::from(!self.held.contains_key(&consumer.id()));
        let share = for_spillers / at_work.max(self.spillers.div_ceil(AT_WORK));
        // Whoever came first may hold more than its share by now; the others make do with a crumb
        // until it spills.
        let rest = held + for_spillers.saturating_sub(self.spillable);
        let allowance = share.min(rest.max((limit / CRUMB).min((held + free) / 2)));
        if additional < PIECE * held {
            return allowance;
        }
        // To spill what it holds would not help: what it asks for, such as the values of one group,
        // it needs in one piece.
        allowance.max(held + (room / 3 * 2).saturating_sub(self.spillable).min(free / 2))
    }
}

impl MemoryPool for SharedPool {
    fn name(&self) -> &str {
        "shared"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.state.lock().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.state.lock().spillers -= usize::from(consumer.can_spill());
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.state.lock().add(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, bytes: usize) {
        self.state.lock().subtract(reservation, bytes);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut state = self.state.lock();
        let allowance = state.allowance(self.limit, reservation, additional);
        if reservation.size() + additional > allowance {
            return Err(resources_datafusion_err!(
                "{} holds {} bytes and needs {additional} more; it may hold {allowance} of the {} that all share",
                reservation.consumer().name(),
                reservation.size(),
                self.limit
            ));
        }
        state.add(reservation, additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        let state = self.state.lock();
        state.spillable + state.unspillable
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

impl fmt::Display for SharedPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shared({} bytes)", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn those_that_spill_leave_half_to_those_that_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(900));
        let spiller = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let (first, second) = (spiller("sort"), spiller("group"));
        first.try_grow(1).unwrap();
        second.try_grow(225).unwrap();
        assert!(second.try_grow(1).is_err(), "two share 450");
        first.try_grow(224).unwrap();
        let merge = MemoryConsumer::new("merge").register(&pool);
        assert!(merge.try_grow(226).is_err(), "half is left to the next");
        merge.try_grow(225).unwrap();
        assert!(merge.try_grow(29).is_err(), "more than a sixteenth is no small step");
        merge.try_grow(28).unwrap();
        while merge.try_grow(1).is_ok() {}
        assert_eq!(merge.size(), 336, "three quarters in small steps");
        let next = MemoryConsumer::new("next").register(&pool);
        next.try_grow(57).unwrap();
        while next.try_grow(1).is_ok() {}
        assert_eq!(pool.reserved(), 900 - 56, "small steps leave a sixteenth of all");
        drop((second, merge, next));
        first.try_grow(225).unwrap();
        assert!(first.try_grow(1).is_err(), "alone it has 450");
        let late = spiller("late");
        late.try_grow(10).unwrap();
        assert!(late.try_grow(19).is_err(), "the first has not spilled yet");
        late.try_grow(18).unwrap();
        first.shrink(450);
        late.try_grow(422).unwrap();
    }

    /// Sorts reserve each batch twice; a merge holds it once, and its rows in comparable form, which
    /// are larger here. What is sorted counts for the sort again until it is written.
    #[test]
    fn two_merges_of_what_two_sorts_held_fit_beside_what_one_of_them_writes() {
        const LIMIT: usize = 64 << 20;
        const BATCH: usize = 83_140;
        const ROWS: usize = 116_700;
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(LIMIT));
        let spiller = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let (first, second) = (spiller("sort"), spiller("sort"));
        let fill = |sort: &MemoryReservation| while sort.try_grow(2 * BATCH).is_ok() {};
        first.try_grow(2 * BATCH).unwrap();
        fill(&second);
        fill(&first);
        let mut merged = Vec::new();
        let mut merge = |sort: &MemoryReservation, beside: &dyn Fn()| {
            let batches = MemoryConsumer::new("merge").register(&pool);
            for _ in 0..sort.size() / (2 * BATCH) {
                sort.shrink(2 * BATCH);
                batches.try_grow(BATCH).unwrap();
                let rows = batches.new_empty();
                rows.try_grow(ROWS).unwrap();
                merged.push(rows);
                beside();
            }
            merged.push(batches);
        };
        merge(&first, &|| ());
        merge(&second, &|| fill(&first));
    }

    #[test]
    fn who_holds_nothing_takes_no_share_but_some_room_is_left_for_it() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(900));
        let spillers: Vec<_> = (0..24)
            .map(|_| MemoryConsumer::new("sort").with_can_spill(true).register(&pool))
            .collect();
        spillers[0].try_grow(37).unwrap();
        assert!(spillers[0].try_grow(1).is_err(), "twelve of them are expected");
        for spiller in &spillers[1..12] {
            spiller.try_grow(37).unwrap();
        }
        spillers[0].free();
        spillers[12].try_grow(37).unwrap();
        // Whoever is late gets a crumb, which never takes all that is left.
        for spiller in &spillers[13..] {
            while spiller.try_grow(1).is_ok() {}
        }
        assert!(pool.reserved() < 900);
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(1).unwrap();
    }

    #[test]
    fn what_is_needed_in_one_piece_may_exceed_a_share_and_leaves_the_third() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(900));
        let spillers: Vec<_> = (0..24)
            .map(|_| MemoryConsumer::new("group").with_can_spill(true).register(&pool))
            .collect();
        assert!(spillers[0].try_grow(451).is_err(), "half of what is free");
        spillers[0].try_grow(450).unwrap();
        assert!(spillers[0].try_grow(1).is_err(), "twelve of them are expected");
        assert!(spillers[1].try_grow(151).is_err(), "a third is left to those that cannot spill");
        spillers[1].try_grow(2).unwrap();
        assert!(spillers[1].try_grow(149).is_err(), "nor for what holds little by now");
        spillers[1].try_grow(148).unwrap();
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(150).unwrap();
    }

    #[test]
    fn what_cannot_spill_narrows_the_shares() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(900));
        let table = MemoryConsumer::new("table").register(&pool);
        table.grow(600);
        let sort = MemoryConsumer::new("sort").with_can_spill(true).register(&pool);
        assert!(sort.try_grow(151).is_err());
        sort.try_grow(150).unwrap();
        drop(table);
        sort.try_grow(300).unwrap();
    }
}
