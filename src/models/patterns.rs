/*!
Observations that many customers share, and sums over them.

A likelihood of a million customers is a sum over the few ten thousand patterns in which they bought.
Patterns are sorted by value and added up in chunks of fixed size, whose sums are then added in order,
so that a sum has the same bits for any order of the observations and any number of threads.
*/

use std::{
    cmp::Ordering,
    num::NonZero,
    panic::resume_unwind,
    thread::{available_parallelism, scope},
};

/// Patterns of one partial sum: enough work to be worth a thread, few enough to share out evenly.
const CHUNK: usize = 4096;

/// Distinct observations, sorted, and how often each occurred.
#[derive(Debug, Clone)]
pub struct Patterns<R> {
    rows: Vec<(R, u64)>,
    observations: u64,
}

impl<R: AsRef<[f64]> + Sync> Patterns<R> {
    /// Sorts observations with their counts and joins equal ones. No value may be NaN or -0.0.
    pub fn new(mut rows: Vec<(R, u64)>) -> Self {
        join(&mut rows);
        Self { observations: rows.iter().map(|(_, count)| count).sum(), rows }
    }

    /// All observations, equal ones counted as often as they occurred.
    pub fn observations(&self) -> u64 {
        self.observations
    }

    /// Each pattern with its count, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&R, u64)> {
        self.rows.iter().map(|(row, count)| (row, *count))
    }

    /// The sum over all observations of what `terms` gives for each.
    pub fn sum<const N: usize>(&self, terms: impl Fn(&R) -> [f64; N] + Sync) -> [f64; N] {
        let sums = self.sums(N, |row, count, sums| {
            for (sum, term) in sums.iter_mut().zip(terms(row)) {
                *sum += count * term;
            }
        });
        let mut total = [0.0; N];
        total.copy_from_slice(&sums);
        total
    }

    /// Sums of `size` terms over all patterns; `add` gets each pattern with its count.
    pub fn sums(&self, size: usize, add: impl Fn(&R, f64, &mut [f64]) + Sync) -> Vec<f64> {
        let chunk_sums = |chunks: &[&[(R, u64)]]| -> Vec<f64> {
            let mut sums = vec![0.0; size * chunks.len()];
            for (chunk, sums) in chunks.iter().zip(sums.chunks_mut(size.max(1))) {
                for (row, count) in *chunk {
                    add(row, *count as f64, sums);
                }
            }
            sums
        };
        let chunks: Vec<&[(R, u64)]> = self.rows.chunks(CHUNK).collect();
        let threads = available_parallelism().map_or(1, NonZero::get).min(chunks.len());
        let sums = match threads {
            0 | 1 => chunk_sums(&chunks),
            _ => scope(|scope| {
                let share = chunks.len().div_ceil(threads);
                let chunk_sums = &chunk_sums;
                let workers: Vec<_> = chunks
                    .chunks(share)
                    .map(|share| scope.spawn(move || chunk_sums(share)))
                    .collect();
                let sums = workers.into_iter().map(|worker| worker.join());
                sums.flat_map(|sums| sums.unwrap_or_else(|panic| resume_unwind(panic))).collect()
            }),
        };
        let mut total = vec![0.0; size];
        for sums in sums.chunks(size.max(1)) {
            for (total, sum) in total.iter_mut().zip(sums) {
                *total += sum;
            }
        }
        total
    }
}

/// Sorts observations by value and joins equal ones.
pub fn join<R: AsRef<[f64]>>(rows: &mut Vec<(R, u64)>) {
    rows.sort_unstable_by(|left, right| order(left.0.as_ref(), right.0.as_ref()));
    rows.dedup_by(|next, kept| {
        let same = next.0.as_ref() == kept.0.as_ref();
        if same {
            kept.1 += next.1;
        }
        same
    });
}

/// By the first value that differs.
fn order(left: &[f64], right: &[f64]) -> Ordering {
    let each = left.iter().zip(right).map(|(left, right)| left.total_cmp(right));
    each.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_observations_are_one_pattern() {
        let rows = vec![([2.0, 1.0], 1), ([1.0, 5.0], 2), ([2.0, 1.0], 3), ([2.0, 0.0], 1)];
        let patterns = Patterns::new(rows);
        let counts: Vec<([f64; 2], u64)> = patterns.iter().map(|(row, n)| (*row, n)).collect();
        assert_eq!(counts, [([1.0, 5.0], 2), ([2.0, 0.0], 1), ([2.0, 1.0], 4)]);
        assert_eq!(patterns.observations(), 7);
        assert_eq!(patterns.sum(|row| [row[0], 1.0]), [12.0, 7.0]);
    }

    /// Enough patterns for several threads: the sum has the bits of the chunks added in order, and
    /// comes close to the exact sum of 1/k² by its closed form π²/6 − ψ′(n + 1).
    #[test]
    fn sums_have_the_same_bits_for_any_order() {
        let n = 50_000u32;
        let forwards: Vec<([f64; 1], u64)> = (1..=n).map(|k| ([f64::from(k)], 1)).collect();
        let backwards: Vec<([f64; 1], u64)> = forwards.iter().rev().copied().collect();
        let [sum] = Patterns::new(forwards.clone()).sum(|[k]| [1.0 / (k * k)]);
        let [other] = Patterns::new(backwards).sum(|[k]| [1.0 / (k * k)]);
        let mut in_order = 0.0;
        for chunk in forwards.chunks(CHUNK) {
            in_order += chunk.iter().fold(0.0, |sum, ([k], _)| sum + 1.0 / (k * k));
        }
        assert_eq!(sum.to_bits(), in_order.to_bits());
        assert_eq!(sum.to_bits(), other.to_bits());
        let n = f64::from(n);
        let rest = 1.0 / n - 0.5 / (n * n);
        assert!((sum - (std::f64::consts::PI.powi(2) / 6.0 - rest)).abs() < 1e-13);
    }

    #[test]
    fn nothing_adds_up_to_zero() {
        let none: Patterns<[f64; 1]> = Patterns::new(Vec::new());
        assert_eq!((none.observations(), none.sum(|_| [1.0])), (0, [0.0]));
    }
}
