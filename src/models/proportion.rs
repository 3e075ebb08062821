/*!
Shares and their uncertainty: intervals of one share, and of the difference of two.
*/

use super::normal;

/// The Wilson score interval of a share, `k` successes out of `n > 0`.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
/// (1927); R. G. Newcombe, Statistics in Medicine 17 (1998), method 3. `confidence` lies within
/// (0, 1). Unlike the textbook interval it never leaves 0..1 and keeps its coverage for small `n`
/// and for shares near 0 or 1, where its ends are exactly 0 and 1.
pub fn wilson(k: u64, n: u64, confidence: f64) -> (f64, f64) {
    let z = normal::quantile(0.5 + confidence / 2.0);
    let (successes, trials) = (k as f64, n as f64);
    let square = z * z;
    let centre = successes + square / 2.0;
    let spread = z * (successes * (trials - successes) / trials + square / 4.0).sqrt();
    let low = if k == 0 { 0.0 } else { (centre - spread) / (trials + square) };
    let high = if k == n { 1.0 } else { (centre + spread) / (trials + square) };
    (low, high)
}

/// Interval of the difference of two independent shares, the first less the second.
///
/// R. G. Newcombe, "Interval estimation for the difference between independent proportions",
/// Statistics in Medicine 17 (1998), method 10: the Wilson intervals of both, squared and added.
/// `k` of `n > 0` each; `confidence` lies within (0, 1). Never leaves -1..1.
pub fn newcombe((k1, n1): (u64, u64), (k2, n2): (u64, u64), confidence: f64) -> (f64, f64) {
    let (first, second) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
    let (low1, high1) = wilson(k1, n1, confidence);
    let (low2, high2) = wilson(k2, n2, confidence);
    let difference = first - second;
    let below = libm::hypot(first - low1, high2 - second);
    let above = libm::hypot(high1 - first, second - low2);
    (difference - below, difference + above)
}

/// How many standard errors two shares are apart, the first less the second, if they are samples of
/// one population: the z statistic with pooled variance. None where there is nothing to compare:
/// no trials on a side, or successes everywhere or nowhere.
///
/// The square is Pearson's chi-square of the two-by-two table without correction. Fit for `n` of
/// some tens and more on both sides, with five successes and failures each.
pub fn pooled_z((k1, n1): (u64, u64), (k2, n2): (u64, u64)) -> Option<f64> {
    let (successes, trials) = (k1 as f64 + k2 as f64, n1 as f64 + n2 as f64);
    let failures = trials - successes;
    if n1 == 0 || n2 == 0 || successes == 0.0 || failures == 0.0 {
        return None;
    }
    let (first, second) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
    let pooled = successes / trials;
    let variance = pooled * (failures / trials) * (1.0 / n1 as f64 + 1.0 / n2 as f64);
    Some((first - second) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table I of Newcombe (1998), method 3, 95 %.
    #[test]
    fn wilson_intervals_of_newcombes_examples() {
        for (k, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let actual = wilson(k, n, 0.95);
            assert!((actual.0 - low).abs() < 5e-5, "{k}/{n}: {actual:?}");
            assert!((actual.1 - high).abs() < 5e-5, "{k}/{n}: {actual:?}");
        }
    }

    #[test]
    fn wilson_intervals_mirror_and_touch_the_ends() {
        let (low, high) = wilson(3, 10, 0.9);
        let (mirrored_low, mirrored_high) = wilson(7, 10, 0.9);
        assert!((low + mirrored_high - 1.0).abs() < 1e-15);
        assert!((high + mirrored_low - 1.0).abs() < 1e-15);
        assert_eq!(wilson(0, 5, 0.95).0, 0.0);
        assert_eq!(wilson(5, 5, 0.95).1, 1.0);
    }

    /// Table II of Newcombe (1998), method 10, 95 %.
    #[test]
    fn newcombe_intervals_of_his_examples() {
        for (first, second, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ] {
            let actual = newcombe(first, second, 0.95);
            assert!((actual.0 - low).abs() < 5e-5, "{first:?} {second:?}: {actual:?}");
            assert!((actual.1 - high).abs() < 5e-5, "{first:?} {second:?}: {actual:?}");
        }
    }

    /// z² is the chi-square of the table [[56, 14], [48, 32]]:
    /// 150 (56 · 32 - 14 · 48)² / (70 · 80 · 104 · 46) = 7.0234...
    #[test]
    fn pooled_z_is_the_root_of_chi_square() {
        let z = pooled_z((56, 70), (48, 80)).unwrap();
        let table = 150.0 * (56.0f64 * 32.0 - 14.0 * 48.0).powi(2) / (70.0 * 80.0 * 104.0 * 46.0);
        assert!((z * z - table).abs() < 1e-12, "{z}");
        assert_eq!(pooled_z((48, 80), (56, 70)), Some(-z));
        assert_eq!(pooled_z((0, 5), (0, 7)), None);
        assert_eq!(pooled_z((5, 5), (7, 7)), None);
        assert_eq!(pooled_z((0, 0), (1, 7)), None);
    }
}
