/*!
The memory that all operators and in-memory tables of a session share.

DataFusion's `FairSpillPool` lets the operators that can spill take everything, so that the merge of
what they spilled, which cannot, finds nothing and the query fails; and the merge of one partition
takes whatever is left, so that the next one's finds nothing. Here a third of what is free stays with
those that cannot spill, and none of them takes more than half of it.
*/

use std::fmt;

use datafusion::{
    common::resources_datafusion_err,
    error::Result,
    execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation},
};
use parking_lot::Mutex;

/// Two thirds of what is free for the operators that can spill, in equal shares; the rest for those
/// that cannot.
#[derive(Debug)]
pub(super) struct SharedPool {
    limit: usize,
    state: Mutex<State>,
}

/// The part of the limit that every operator may hold.
const CRUMB: usize = 32;

#[derive(Debug, Default)]
struct State {
    /// Operators that can spill.
    spillers: usize,
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
        match reservation.consumer().can_spill() {
            true => self.spillable += bytes,
            false => self.unspillable += bytes,
        }
    }

    /// What a reservation may hold in all.
    fn allowance(&self, limit: usize, reservation: &MemoryReservation) -> usize {
        let held = reservation.size();
        if !reservation.consumer().can_spill() {
            return (held + limit.saturating_sub(self.spillable + self.unspillable)) / 2;
        }
        let for_spillers = limit.saturating_sub(self.unspillable) / 3 * 2;
        let share = for_spillers / self.spillers.max(1);
        // Whoever came first may hold more than its share by now; the others make do with a crumb
        // until it spills, since one that holds nothing has nothing to spill.
        let rest = held + for_spillers.saturating_sub(self.spillable);
        share.min(rest.max(limit / CRUMB))
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
        let mut state = self.state.lock();
        match reservation.consumer().can_spill() {
            true => state.spillable -= bytes,
            false => state.unspillable -= bytes,
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut state = self.state.lock();
        let allowance = state.allowance(self.limit, reservation);
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
    fn those_that_spill_leave_a_third_to_those_that_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(900));
        let spiller = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let (first, second) = (spiller("sort"), spiller("group"));
        first.try_grow(300).unwrap();
        assert!(first.try_grow(1).is_err(), "two share 600");
        second.try_grow(300).unwrap();
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(150).unwrap();
        assert!(merge.try_grow(1).is_err(), "half is left to the next");
        let next = MemoryConsumer::new("next").register(&pool);
        next.try_grow(75).unwrap();
        assert_eq!(pool.reserved(), 825);
        drop((second, merge, next));
        first.try_grow(300).unwrap();
        assert!(first.try_grow(1).is_err(), "alone it has 600");
        let late = spiller("late");
        assert!(late.try_grow(29).is_err(), "the first has not spilled yet");
        late.try_grow(28).unwrap();
        first.shrink(600);
        late.try_grow(272).unwrap();
    }

    #[test]
    fn what_cannot_spill_narrows_the_shares() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedPool::new(900));
        let table = MemoryConsumer::new("table").register(&pool);
        table.grow(600);
        let sort = MemoryConsumer::new("sort").with_can_spill(true).register(&pool);
        assert!(sort.try_grow(201).is_err());
        sort.try_grow(200).unwrap();
        drop(table);
        sort.try_grow(400).unwrap();
    }
}
