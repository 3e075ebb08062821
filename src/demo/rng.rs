/*!
Random numbers that are the same on every machine: SplitMix64, whole numbers only.

Every entity draws from its own stream, keyed by the seed, the kind of draw and the entity's number,
so any part of the world can be made alone, in any order and on any thread.
*/

/// What a stream of numbers decides. A new use gets a new variant at the end, so that the draws of
/// the others stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Person,
    Devices,
    Visits,
    Events,
    Order,
    Subscription,
    Tickets,
    Answers,
    Consents,
    Company,
    Deal,
    EventDirt,
    RecordDirt,
    Spend,
    Code,
    Anonymous,
    Bot,
    Custom,
}

#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64, stream: Stream, entity: u64) -> Self {
        Self::keyed(seed, stream, entity, 0)
    }

    /// A stream for the `part`-th piece of an entity, such as one visit of a person.
    pub(crate) fn keyed(seed: u64, stream: Stream, entity: u64, part: u64) -> Self {
        let mut state = mix(seed ^ GOLDEN);
        for word in [stream as u64 + 1, entity, part] {
            state = mix(state.wrapping_add(GOLDEN) ^ mix(word.wrapping_add(GOLDEN)));
        }
        Self(state)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number from 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True in `per_mille` of a thousand draws.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.choose(choices)
    }

    pub(crate) fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// `length` letters and digits, as vendors make their ids.
    pub(crate) fn code(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(self.pick(ALPHABET))).collect()
    }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_generator() {
        // First outputs of SplitMix64 from state 1234567, as in its reference implementation.
        let mut rng = Rng(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        assert_eq!(
            drawn,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn draws_stay_within_bounds_and_streams_differ() {
        let mut rng = Rng::new(1, Stream::Person, 7);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[(rng.between(-2, 2) + 2) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_ne!(Rng::new(1, Stream::Person, 7).next(), Rng::new(1, Stream::Devices, 7).next());
        assert_ne!(
            Rng::keyed(1, Stream::Person, 7, 0).next(),
            Rng::keyed(1, Stream::Person, 7, 1).next()
        );
    }
}
