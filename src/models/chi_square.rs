/*!
Whether counts are as they should be: Pearson's chi-square test.
*/

use super::tail::chi_square_upper;

/// The outcome of a test whose statistic follows the chi-square distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    pub statistic: f64,
    pub degrees_of_freedom: u32,
    /// How often chance alone gives a statistic at least as large.
    pub p_value: f64,
}

impl Test {
    /// `statistic` is not negative, `degrees_of_freedom` at least 1.
    pub fn new(statistic: f64, degrees_of_freedom: u32) -> Self {
        let p_value = chi_square_upper(statistic, degrees_of_freedom);
        Self { statistic, degrees_of_freedom, p_value }
    }
}

/// Tests counts of categories against weights that say what share each should have; none where
/// nothing was counted or fewer than two categories have weight.
///
/// K. Pearson, Philosophical Magazine 50 (1900). Weights are finite and not negative and need not
/// sum to 1. A count where there should be none is impossible: the p value is 0. Trustworthy where
/// each category should have five or more. Sorts the categories, so that their order does not matter.
pub fn goodness_of_fit(categories: &mut [(u64, f64)]) -> Option<Test> {
    categories
        .sort_unstable_by(|left, right| left.1.total_cmp(&right.1).then(left.0.cmp(&right.0)));
    let weighted = &categories[categories.partition_point(|(_, weight)| *weight <= 0.0)..];
    let total = categories.iter().map(|(count, _)| u128::from(*count)).sum::<u128>() as f64;
    let weights: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    if weighted.len() < 2 || total == 0.0 {
        return None;
    }
    let degrees = weighted.len() as u32 - 1;
    let misplaced = categories.len() - weighted.len();
    if categories[..misplaced].iter().any(|(count, _)| *count > 0) {
        return Some(Test { statistic: f64::INFINITY, degrees_of_freedom: degrees, p_value: 0.0 });
    }
    let distance = |(count, weight): &(u64, f64)| {
        let expected = total * (weight / weights);
        (*count as f64 - expected).powi(2) / expected
    };
    Some(Test::new(weighted.iter().map(distance).sum(), degrees))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mendel's peas, 1866: 315 round yellow, 108 round green, 101 wrinkled yellow, 32 wrinkled
    /// green against 9:3:3:1. Expected 312.75, 104.25, 104.25, 34.75: the statistic is
    /// 2.25²/312.75 + 3.75²/104.25 + 3.25²/104.25 + 2.75²/34.75 = 0.470024.
    #[test]
    fn mendels_peas() {
        let mut peas = [(315, 9.0), (108, 3.0), (101, 3.0), (32, 1.0)];
        let test = goodness_of_fit(&mut peas).unwrap();
        assert!((test.statistic - 0.470024).abs() < 5e-7, "{test:?}");
        assert_eq!(test.degrees_of_freedom, 3);
        peas.reverse();
        assert_eq!(goodness_of_fit(&mut peas), Some(test));
    }

    #[test]
    fn categories_without_weight() {
        let fair = goodness_of_fit(&mut [(50, 1.0), (52, 1.0)]);
        assert_eq!(goodness_of_fit(&mut [(50, 1.0), (0, 0.0), (52, 1.0)]), fair);
        assert_eq!(goodness_of_fit(&mut [(50, 1.0), (1, 0.0), (52, 1.0)]).unwrap().p_value, 0.0);
        assert_eq!(goodness_of_fit(&mut [(50, 1.0), (1, 0.0)]), None);
        assert_eq!(goodness_of_fit(&mut [(0, 1.0), (0, 1.0)]), None);
        assert_eq!(goodness_of_fit(&mut []), None);
    }
}
