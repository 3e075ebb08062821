/*!
Credit of channels as a fair share of what they achieve together: Shapley values.

A journey is the set of channels it touched. L. S. Shapley, "A value for n-person games" (1953): a
channel's value is what it adds to the channels before it, averaged over all orders in which channels
may join.
*/

/// Journeys that touched the same channels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Journeys {
    /// Numbers of the channels, ascending, each once; none is not allowed.
    pub channels: Vec<usize>,
    pub conversions: u64,
    /// Journeys that ended without conversion.
    pub nothing: u64,
}

/// A channel's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    pub value: f64,
    /// How far a sampled value may be off; 0 where it is exact.
    pub standard_error: f64,
}

/// Up to this many channels the game of rates is solved exactly, over all 2ⁿ sets of channels.
pub const EXACT_CHANNELS: usize = 16;

/// Orders that are drawn beyond [`EXACT_CHANNELS`].
pub const SAMPLED_ORDERS: usize = 10_000;

/// Values in the game of counts: a set of channels achieves the conversions of all journeys that
/// touched no other channel. They add up to the conversions.
///
/// Exact for any number of channels: each journey's conversions are shared equally by its channels
/// (K. Zhao, S. H. Mahboobi, S. R. Bagheri, "Shapley value methods for attribution modeling in online
/// advertising", arXiv:1804.05327, 2018). Exact sums for each length are divided last, so the order of
/// journeys does not matter.
pub fn of_counts(journeys: &[Journeys], channel_count: usize) -> Vec<Value> {
    let longest = journeys.iter().map(|journeys| journeys.channels.len()).max().unwrap_or(0);
    let mut sums = vec![vec![0u128; longest + 1]; channel_count];
    for journeys in journeys {
        for channel in &journeys.channels {
            sums[*channel][journeys.channels.len()] += u128::from(journeys.conversions);
        }
    }
    let value = |sums: Vec<u128>| {
        let shares = sums.into_iter().enumerate().skip(1);
        let value = shares.map(|(length, sum)| sum as f64 / length as f64).sum();
        Value { value, standard_error: 0.0 }
    };
    sums.into_iter().map(value).collect()
}

/// Values in the game of rates: a set of channels achieves the conversion rate of all journeys that
/// touched no other channel, 0 where there are none. They add up to the overall rate; a channel that
/// mostly goes with journeys without conversion has a negative one.
///
/// Exact up to [`EXACT_CHANNELS`]; beyond, the mean over [`SAMPLED_ORDERS`] orders drawn with a fixed
/// seed, with its standard error (J. Castro, D. Gómez, J. Tejada, "Polynomial calculation of the
/// Shapley value based on sampling", Computers & Operations Research 36, 2009). The order of journeys
/// does not matter.
pub fn of_rates(journeys: &[Journeys], channel_count: usize) -> Vec<Value> {
    match channel_count <= EXACT_CHANNELS {
        true => exact(journeys, channel_count),
        false => sampled(journeys, channel_count),
    }
}

/// What a set of channels achieves.
#[derive(Debug, Clone, Copy, Default)]
struct Achieved {
    conversions: u128,
    journeys: u128,
}

impl Achieved {
    fn add(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.journeys += other.journeys;
    }

    fn rate(self) -> f64 {
        match self.journeys {
            0 => 0.0,
            journeys => self.conversions as f64 / journeys as f64,
        }
    }
}

impl From<&Journeys> for Achieved {
    fn from(journeys: &Journeys) -> Self {
        let conversions = u128::from(journeys.conversions);
        Self { conversions, journeys: conversions + u128::from(journeys.nothing) }
    }
}

/// Every set of channels is a number whose bits say which belong.
fn exact(journeys: &[Journeys], channel_count: usize) -> Vec<Value> {
    let sets = 1usize << channel_count;
    let mut achieved = vec![Achieved::default(); sets];
    for journeys in journeys {
        let set: usize = journeys.channels.iter().map(|channel| 1 << channel).sum();
        achieved[set].add(journeys.into());
    }
    // What a set achieves by itself becomes what all its subsets achieve, one channel at a time.
    for channel in 0..channel_count {
        for set in 0..sets {
            if set & (1 << channel) != 0 {
                let without = achieved[set ^ (1 << channel)];
                achieved[set].add(without);
            }
        }
    }
    // The share of orders in which exactly the members of a set of this size come before a channel:
    // size! (n - 1 - size)! / n!
    let mut shares = vec![1.0 / channel_count as f64; channel_count];
    for size in 1..channel_count {
        shares[size] = shares[size - 1] * size as f64 / (channel_count - size) as f64;
    }
    let value = |channel: usize| {
        let member = 1 << channel;
        let adds = |set: usize| {
            let gain = achieved[set | member].rate() - achieved[set].rate();
            gain * shares[set.count_ones() as usize]
        };
        let value = (0..sets).filter(|set| set & member == 0).map(adds).sum();
        Value { value, standard_error: 0.0 }
    };
    (0..channel_count).map(value).collect()
}

fn sampled(journeys: &[Journeys], channel_count: usize) -> Vec<Value> {
    let mut random = Random(0x5EED);
    let mut order: Vec<usize> = (0..channel_count).collect();
    let mut places = vec![0; channel_count];
    let mut sums = vec![(0.0, 0.0); channel_count];
    let mut joined = vec![Achieved::default(); channel_count];
    for _ in 0..SAMPLED_ORDERS {
        for last in (1..channel_count).rev() {
            order.swap(last, random.below(last + 1));
        }
        for (place, channel) in order.iter().enumerate() {
            places[*channel] = place;
        }
        // Journeys become possible when the last of their channels joins.
        joined.fill(Achieved::default());
        for journeys in journeys {
            let complete = journeys.channels.iter().map(|channel| places[*channel]).max();
            if let Some(place) = complete {
                joined[place].add(journeys.into());
            }
        }
        let (mut achieved, mut before) = (Achieved::default(), 0.0);
        for (channel, joined) in order.iter().zip(&joined) {
            achieved.add(*joined);
            let rate = achieved.rate();
            let gain = rate - before;
            sums[*channel].0 += gain;
            sums[*channel].1 += gain * gain;
            before = rate;
        }
    }
    let orders = SAMPLED_ORDERS as f64;
    let value = |(sum, squares): (f64, f64)| {
        let variance = ((squares - sum * sum / orders) / (orders - 1.0)).max(0.0);
        Value { value: sum / orders, standard_error: (variance / orders).sqrt() }
    };
    sums.into_iter().map(value).collect()
}

/// SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit, uniform but for a bias of limit / 2⁶⁴.
    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journeys(channels: &[usize], conversions: u64, nothing: u64) -> Journeys {
        Journeys { channels: channels.to_vec(), conversions, nothing }
    }

    #[track_caller]
    fn close(actual: &[Value], expected: &[f64], tolerance: f64) {
        assert_eq!(actual.len(), expected.len());
        for (actual, expected) in actual.iter().zip(expected) {
            assert!((actual.value - expected).abs() < tolerance, "{actual:?} is not {expected}");
        }
    }

    /// v(A) = 6, v(B) = 0, v(C) = 3, v(AB) = 6 + 12 = 18, v(AC) = 9, v(BC) = 3, v(ABC) = 30. By the
    /// six orders A adds 6, 6, 18, 27, 6, 27 (sum 90), B adds 12, 21, 0, 0, 21, 0 (54), C adds 12, 3,
    /// 12, 3, 3, 3 (36): values 15, 9 and 6.
    #[test]
    fn three_channels_by_hand() {
        let game = [
            journeys(&[0], 6, 0),
            journeys(&[2], 3, 0),
            journeys(&[0, 1], 12, 0),
            journeys(&[0, 1, 2], 9, 0),
        ];
        close(&of_counts(&game, 3), &[15.0, 9.0, 6.0], 1e-12);
    }

    /// Rates: v(A) = 2/4, v(B) = 1/10, v(AB) = 6/20. A: ((1/2) + (3/10 - 1/10)) / 2 = 0.35, B:
    /// ((1/10) + (3/10 - 1/2)) / 2 = -0.05, together 0.3.
    #[test]
    fn two_channels_by_rate() {
        let game = [journeys(&[0], 2, 2), journeys(&[1], 1, 9), journeys(&[0, 1], 3, 3)];
        close(&of_rates(&game, 2), &[0.35, -0.05], 1e-15);
    }

    /// Both ways to the same game: all orders of five channels, each gain by the definition.
    #[test]
    fn agrees_with_all_orders() {
        let mut random = Random(7);
        let game: Vec<Journeys> = (1..32usize)
            .map(|set| {
                let channels: Vec<usize> =
                    (0..5).filter(|channel| set & (1 << channel) != 0).collect();
                journeys(&channels, random.next() % 50, random.next() % 200)
            })
            .collect();
        let rate = |members: &[usize]| {
            let mut all = Achieved::default();
            for journeys in &game {
                if journeys.channels.iter().all(|channel| members.contains(channel)) {
                    all.add(journeys.into());
                }
            }
            all.rate()
        };
        let mut expected = [0.0; 5];
        for number in 0..120 {
            // The permutation of this number in the factorial number system.
            let (mut left, mut rest, mut order) =
                ((0..5).collect::<Vec<usize>>(), number, Vec::new());
            for choices in (1..=5).rev() {
                order.push(left.remove(rest % choices));
                rest /= choices;
            }
            for place in 0..5 {
                expected[order[place]] += (rate(&order[..=place]) - rate(&order[..place])) / 120.0;
            }
        }
        close(&exact(&game, 5), &expected, 1e-14);
        // The sample is within five of its standard errors, which are small but not zero.
        for (sampled, expected) in sampled(&game, 5).iter().zip(expected) {
            let error = sampled.standard_error;
            assert!(error > 0.0 && error < 0.01, "{sampled:?}");
            assert!((sampled.value - expected).abs() < 5.0 * error, "{sampled:?}, {expected}");
        }
    }

    #[test]
    fn values_add_up_and_repeat() {
        let channels = EXACT_CHANNELS + 4;
        let game: Vec<Journeys> = (0..channels)
            .map(|channel| {
                let mut both = vec![channel, (channel * 7 + 3) % channels];
                both.sort_unstable();
                both.dedup();
                journeys(&both, channel as u64, 30)
            })
            .collect();
        let values = of_rates(&game, channels);
        let mut all = Achieved::default();
        game.iter().for_each(|journeys| all.add(journeys.into()));
        let sum: f64 = values.iter().map(|value| value.value).sum();
        assert!((sum - all.rate()).abs() < 1e-12);
        let mut reversed = game.clone();
        reversed.reverse();
        assert_eq!(of_rates(&reversed, channels), values);
    }
}
