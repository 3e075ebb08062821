/*!
Credit for a conversion along the touches before it, by rule.

Rules give each touch a whole-number weight, so that credit can be split exactly: of an amount in its
smallest unit every touch gets its rounded-down part, and the units left over go one each to the touches
that lost most by rounding (largest remainder, ties to the earlier touch). Credits always add up to the
amount.
*/

/// Seconds after which a touch counts half, unless told otherwise: seven days.
pub const HALF_LIFE_SECONDS: i64 = 7 * 86_400;

/// Which touches of a path get how much of a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    First,
    Last,
    /// The last touch that is not direct; the last one where all are.
    LastNonDirect,
    Linear,
    /// 40 % each to the first and the last touch, 20 % shared by those between; halves of two.
    Position,
    /// Halves with every half-life that a touch lies before the conversion.
    TimeDecay,
}

impl Model {
    /// Every model with its name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("first", Self::First),
        ("last", Self::Last),
        ("last_non_direct", Self::LastNonDirect),
        ("linear", Self::Linear),
        ("position", Self::Position),
        ("time_decay", Self::TimeDecay),
    ];
}

/// What a model may need to know of a touch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    pub is_direct: bool,
    /// Seconds before the conversion, not negative. Only [`Model::TimeDecay`] looks at it.
    pub age_seconds: i64,
}

/// Weights of the touches of a path, oldest first; their sum is positive where there is a touch.
///
/// `half_life_seconds` is positive. Decaying weights are multiples of 2⁻⁴⁰ of the youngest touch's, so
/// a touch forty half-lives older than that gets nothing.
pub fn weights(model: Model, touches: &[Touch], half_life_seconds: i64) -> Vec<u64> {
    let count = touches.len();
    let all_to = |winner: Option<usize>| {
        (0..count).map(|position| u64::from(Some(position) == winner)).collect()
    };
    let last = count.checked_sub(1);
    match model {
        Model::First => all_to(Some(0)),
        Model::Last => all_to(last),
        Model::LastNonDirect => all_to(touches.iter().rposition(|touch| !touch.is_direct).or(last)),
        Model::Linear => vec![1; count],
        Model::Position if count <= 2 => vec![1; count],
        // The ends get 2 (n - 2) of 5 (n - 2) parts each, every other touch one.
        Model::Position => (0..count)
            .map(|position| match position == 0 || Some(position) == last {
                true => 2 * (count as u64 - 2),
                false => 1,
            })
            .collect(),
        Model::TimeDecay => {
            let youngest = touches.iter().map(|touch| touch.age_seconds).min().unwrap_or(0);
            let halvings =
                |touch: &Touch| (touch.age_seconds - youngest) as f64 / half_life_seconds as f64;
            touches.iter().map(|touch| libm::exp2(40.0 - halvings(touch)).round() as u64).collect()
        }
    }
}

/// Splits an amount, counted in its smallest unit, by weights; none where they sum to zero or the
/// products do not fit 128 bits. The parts sum to the amount.
///
/// A negative amount is split like a positive one. The method is Hamilton's, known from seats in
/// parliaments (M. L. Balinski and H. P. Young, "Fair Representation", 1982). O(n log n).
pub fn split(amount: i128, weights: &[u64]) -> Option<Vec<i128>> {
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let magnitude = amount.unsigned_abs();
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (position, weight) in weights.iter().enumerate() {
        let product = magnitude.checked_mul(u128::from(*weight))?;
        parts.push(product.checked_div(total)?);
        remainders.push((std::cmp::Reverse(product % total), position));
    }
    let left = magnitude - parts.iter().sum::<u128>();
    remainders.sort_unstable();
    for (_, position) in &remainders[..left as usize] {
        parts[*position] += 1;
    }
    Some(parts.into_iter().map(|part| part as i128 * amount.signum()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(directs: &[bool]) -> Vec<Touch> {
        directs.iter().map(|is_direct| Touch { is_direct: *is_direct, age_seconds: 0 }).collect()
    }

    fn credits(model: Model, touches: &[Touch], amount: i128) -> Vec<i128> {
        split(amount, &weights(model, touches, HALF_LIFE_SECONDS)).unwrap()
    }

    #[test]
    fn one_touch_takes_all() {
        let touches = path(&[true, false, false, true]);
        assert_eq!(credits(Model::First, &touches, 7), [7, 0, 0, 0]);
        assert_eq!(credits(Model::Last, &touches, 7), [0, 0, 0, 7]);
        assert_eq!(credits(Model::LastNonDirect, &touches, 7), [0, 0, 7, 0]);
        assert_eq!(credits(Model::LastNonDirect, &path(&[true, true]), 7), [0, 7]);
    }

    /// 100 by five touches: 40, 20 / 3 each, 40, where one unit is left for the first of the three.
    #[test]
    fn position_favours_the_ends() {
        assert_eq!(credits(Model::Position, &path(&[false; 1]), 100), [100]);
        assert_eq!(credits(Model::Position, &path(&[false; 2]), 100), [50, 50]);
        assert_eq!(credits(Model::Position, &path(&[false; 3]), 100), [40, 20, 40]);
        assert_eq!(credits(Model::Position, &path(&[false; 5]), 100), [40, 7, 7, 6, 40]);
    }

    /// Ages of 14, 7 and 0 days: weights 1, 2 and 4 of 7.
    #[test]
    fn decay_halves_in_a_week() {
        let touches = [14, 7, 0].map(|days| Touch { is_direct: false, age_seconds: days * 86_400 });
        assert_eq!(credits(Model::TimeDecay, &touches, 700), [100, 200, 400]);
        let older = touches.map(|touch| Touch { age_seconds: touch.age_seconds + 99, ..touch });
        assert_eq!(credits(Model::TimeDecay, &older, 700), [100, 200, 400]);
        let ancient = [Touch { age_seconds: i64::MAX, ..touches[0] }, touches[2]];
        assert_eq!(credits(Model::TimeDecay, &ancient, 700), [0, 700]);
    }

    #[test]
    fn parts_sum_to_the_amount() {
        assert_eq!(split(100, &[1, 1, 1]).unwrap(), [34, 33, 33]);
        assert_eq!(split(-100, &[1, 1, 1]).unwrap(), [-34, -33, -33]);
        assert_eq!(split(2, &[1, 1, 1]).unwrap(), [1, 1, 0]);
        assert_eq!(split(0, &[1, 3]).unwrap(), [0, 0]);
        assert_eq!(split(10, &[3, 4]).unwrap(), [4, 6]);
        assert_eq!(split(10, &[0, 0]), None);
        assert_eq!(split(i128::MAX, &[u64::MAX, 1]), None);
        for amount in [1, 99, 12_345_678_901_234_567_890, -5] {
            for touches in 1..50 {
                for (_, model) in Model::ALL {
                    let credits = credits(model, &path(&vec![false; touches]), amount);
                    assert_eq!(credits.iter().sum::<i128>(), amount);
                }
            }
        }
    }
}
