/*!
Which texts were seen, how often, and where first. Bounded: a column of free text costs no more than
one of two words.
*/

use std::hash::{DefaultHasher, Hash, Hasher};

use indexmap::IndexMap;

/// Where a cell stands: the number of its file among those read, and its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) line: i64,
}

/// Distinct texts that are told apart; further ones are only counted.
const WORDS: usize = 64;
/// Bytes of a text that are kept.
const LONGEST: usize = 80;

/// Texts with their counts, in the order they appeared.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    words: IndexMap<String, (u64, Place)>,
    others: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, text: &str, place: Place) {
        if let Some((count, _)) = self.words.get_mut(text) {
            *count += 1;
        } else if self.words.len() < WORDS && text.len() <= LONGEST {
            self.words.insert(text.to_owned(), (1, place));
        } else {
            self.others += 1;
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.words.values().map(|(count, _)| count).sum::<u64>() + self.others
    }

    /// The words, if that is all there were.
    pub(crate) fn complete(&self) -> bool {
        self.others == 0
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, u64, Place)> {
        self.words.iter().map(|(word, (count, place))| (word.as_str(), *count, *place))
    }

    #[cfg(test)]
    fn count(&self, word: &str) -> u64 {
        self.words.get(word).map_or(0, |(count, _)| *count)
    }
}

/// Counts distinct values in bounded memory.
///
/// Values are known by a 64-bit hash. Where there are too many, only those whose hash ends in `skip`
/// zero bits are followed; all rows with such a value are, so a repeated value among them is seen.
#[derive(Debug)]
pub(crate) struct Distinct {
    seen: std::collections::HashMap<u64, u32>,
    limit: usize,
    skip: u32,
}

impl Distinct {
    pub(crate) fn new(limit: usize) -> Self {
        Self { seen: std::collections::HashMap::new(), limit, skip: 0 }
    }

    pub(crate) fn add(&mut self, hash: u64) {
        if hash.trailing_zeros() < self.skip {
            return;
        }
        let count = self.seen.entry(hash).or_default();
        *count = count.saturating_add(1);
        while self.seen.len() > self.limit {
            self.skip += 1;
            self.seen.retain(|hash, _| hash.trailing_zeros() >= self.skip);
        }
    }

    /// Whether every value that was followed occurred once.
    pub(crate) fn all_differ(&self) -> bool {
        self.seen.values().all(|count| *count == 1)
    }

    /// About how many distinct values there were; exact while nothing was skipped.
    pub(crate) fn estimate(&self) -> u64 {
        (self.seen.len() as u64) << self.skip
    }
}

pub(crate) fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { file: 0, line: 1 };

    #[test]
    fn tallies_stay_small_and_count_everything() {
        let mut tally = Tally::default();
        for number in 0..1_000 {
            tally.add(&(number % 500).to_string(), HERE);
        }
        assert_eq!(tally.total(), 1_000);
        assert_eq!(tally.words().count(), WORDS);
        assert!(!tally.complete());
        assert_eq!((tally.count("3"), tally.count("499")), (2, 0));
    }

    #[test]
    fn a_repeated_value_is_seen_however_many_there_are() {
        let mut values = Distinct::new(100);
        (0..10_000u64).for_each(|value| values.add(hash_of(value)));
        assert!(values.all_differ());
        let estimate = values.estimate();
        assert!((5_000..20_000).contains(&estimate), "{estimate}");
        // Every value once more: whichever are followed, they repeat.
        (0..10_000u64).for_each(|value| values.add(hash_of(value)));
        assert!(!values.all_differ());
        assert!(values.seen.len() <= 100);
    }
}
