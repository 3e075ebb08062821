/*!
One function over many items, on every core. Parsing and planning are pure and take no runtime.
*/

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use parking_lot::{Condvar, Mutex};

/// Syntax trees are walked recursively, and debug builds have large frames.
const STACK_BYTES: usize = 16 << 20;

/// The results in the order of the items.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let claim = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < items.len());
    on_every_core(items.len(), claim, |index| work(&items[index]))
}

/// The results of numbered work, each after the work that it waits for, in the order of the numbers.
///
/// `waits_for` holds the lower numbers that each number waits for.
pub(super) fn in_order<R: Send>(
    waits_for: &[Vec<usize>],
    work: impl Fn(usize) -> R + Sync,
) -> Vec<R> {
    let mut waiting = vec![Vec::new(); waits_for.len()];
    for (index, inputs) in waits_for.iter().enumerate() {
        inputs.iter().for_each(|input| waiting[*input].push(index));
    }
    let open: Vec<usize> = waits_for.iter().map(Vec::len).collect();
    let ready = (0..open.len()).filter(|index| open[*index] == 0).collect();
    let queue = Mutex::new(Queue { open, ready, unclaimed: waits_for.len() });
    let changed = Condvar::new();
    let claim = || {
        let mut queue = queue.lock();
        loop {
            if let Some(index) = queue.ready.pop_front() {
                queue.unclaimed -= 1;
                return Some(index);
            }
            if queue.unclaimed == 0 {
                return None;
            }
            changed.wait(&mut queue);
        }
    };
    on_every_core(waits_for.len(), claim, |index| {
        let result = work(index);
        let mut queue = queue.lock();
        for reader in &waiting[index] {
            queue.open[*reader] -= 1;
            if queue.open[*reader] == 0 {
                queue.ready.push_back(*reader);
            }
        }
        changed.notify_all();
        result
    })
}

struct Queue {
    /// How many inputs each number still waits for.
    open: Vec<usize>,
    /// Numbers that wait for nothing, the first to be ready first.
    ready: VecDeque<usize>,
    unclaimed: usize,
}

/// Works off what `claim` hands out, until there is no more of the `count` pieces.
fn on_every_core<R: Send>(
    count: usize,
    claim: impl Fn() -> Option<usize> + Sync,
    work: impl Fn(usize) -> R + Sync,
) -> Vec<R> {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(count);
    let results = Mutex::new(Vec::with_capacity(count));
    thread::scope(|scope| {
        for _ in 0..workers {
            thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || {
                    while let Some(index) = claim() {
                        let result = work(index);
                        results.lock().push((index, result));
                    }
                })
                .expect("a thread can be started");
        }
    });
    let mut results = results.into_inner();
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u64> = (0..1_000).collect();
        assert_eq!(super::map(&items, |item| item * 2), (0..2_000).step_by(2).collect::<Vec<_>>());
        assert!(super::map(&[] as &[u64], |item| *item).is_empty());
    }

    #[test]
    fn work_starts_after_what_it_waits_for() {
        // Every number waits for its half and its third: chains of all lengths, and many readers.
        let waits_for: Vec<Vec<usize>> = (0..1_000)
            .map(|index| if index == 0 { vec![] } else { vec![index / 2, index / 3] })
            .collect();
        let done: Vec<AtomicBool> = waits_for.iter().map(|_| AtomicBool::new(false)).collect();
        let results = super::in_order(&waits_for, |index| {
            let is_ready = waits_for[index].iter().all(|input| done[*input].load(Ordering::SeqCst));
            done[index].store(true, Ordering::SeqCst);
            (index, is_ready)
        });
        assert_eq!(results, (0..1_000).map(|index| (index, true)).collect::<Vec<_>>());
        assert!(super::in_order(&[], |index| index).is_empty());
    }
}
