/*!
Exact quantiles.
*/

/// The quantile `q` within 0..=1 of some values, none where there are none. Reorders the values.
///
/// Linear interpolation between the two nearest ranks, position q (n - 1): R. J. Hyndman and Y. Fan,
/// "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), definition 7,
/// which is also SQL's `percentile_cont`. O(n).
pub fn interpolated<T: Copy>(
    values: &mut [T],
    q: f64,
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
    between: impl Fn(T, T, f64) -> f64,
) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let position = q * last as f64;
    let below = (position.floor() as usize).min(last);
    let (_, low, above) = values.select_nth_unstable_by(below, &order);
    let low = *low;
    let high = above.iter().copied().min_by(&order).unwrap_or(low);
    Some(between(low, high, position - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(values: &[i64], q: f64) -> Option<f64> {
        let between = |low: i64, high: i64, part| low as f64 + (high - low) as f64 * part;
        interpolated(&mut values.to_vec(), q, i64::cmp, between)
    }

    /// R: quantile(c(1, 2, 3, 4, 10), c(0, .25, .5, .9, 1)) gives 1.0 2.0 3.0 7.6 10.0.
    #[test]
    fn agrees_with_type_7_of_r() {
        for (q, expected) in [(0.0, 1.0), (0.25, 2.0), (0.5, 3.0), (0.9, 7.6), (1.0, 10.0)] {
            let actual = quantile(&[10, 3, 1, 4, 2], q).unwrap();
            assert!((actual - expected).abs() < 1e-12, "{q}: {actual}");
        }
    }

    #[test]
    fn one_value_is_every_quantile_and_none_has_none() {
        assert_eq!(quantile(&[7], 0.3), Some(7.0));
        assert_eq!(quantile(&[7, 8], 0.5), Some(7.5));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
