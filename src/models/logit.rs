/*!
Logistic regression: the probability of something as a function of features.

D. R. Cox, "The Regression Analysis of Binary Sequences", JRSS B 20 (1958). The log-odds are a sum of
an intercept and each feature times its coefficient. It is fitted by maximum likelihood without
penalty to features that are brought to mean 0 and deviation 1, and told in the features' own units.
*/

use super::{
    fit::Fit,
    maximum::{Failure, Maximum, maximise},
    patterns::Patterns,
};

/// Fits the intercept and one coefficient for each feature, in this order, to observations
/// `(label, features…)` with labels 0 and 1.
///
/// Where features tell the labels apart without exception, coefficients grow without end; where a
/// feature is constant or a sum of others, they are not identified. Both are failures that say so.
pub fn fit(cases: &Patterns<Box<[f64]>>) -> Fit {
    let observations = cases.observations();
    let Some(width) = cases.iter().next().map(|(row, _)| row.len()) else {
        return Fit::impossible(observations, "there are no observations");
    };
    let n = observations as f64;
    let sums = cases.sums(width, |row, count, sums| {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += count * value;
        }
    });
    if sums[0] == 0.0 || sums[0] == n {
        return Fit::impossible(observations, "all labels are the same");
    }
    let means: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
    let squares = cases.sums(width, |row, count, sums| {
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum += count * (row[k] - means[k]) * (row[k] - means[k]);
        }
    });
    let deviations: Vec<f64> = squares.iter().map(|square| (square / n).sqrt()).collect();
    if let Some(k) = (1..width).find(|k| !deviations[*k].is_finite()) {
        return Fit::impossible(observations, &format!("feature {k} is too large to be squared"));
    }
    if let Some(k) = (1..width).find(|k| deviations[*k] <= 1e-12 * means[*k].abs()) {
        return Fit::impossible(observations, &format!("feature {k} is the same everywhere"));
    }
    let standard = |row: &[f64], k: usize| (row[k] - means[k]) / deviations[k];

    let mut start = vec![0.0; width];
    start[0] = libm::log(means[0] / (1.0 - means[0]));
    let maximum = maximise(&start, n, |coefficients, gradient| {
        let sums = cases.sums(width + 1, |row, count, sums| {
            let features = (1..width).map(|k| coefficients[k] * standard(row, k));
            let log_odds = features.fold(coefficients[0], |sum, term| sum + term);
            // ln P(label) and label − P(1), without overflow.
            let sign = 2.0 * row[0] - 1.0;
            let small = libm::exp(-log_odds.abs());
            let rest = (-sign * log_odds).max(0.0) + libm::log1p(small);
            let surprise = if sign * log_odds > 0.0 { small } else { 1.0 } / (1.0 + small);
            sums[width] -= count * rest;
            sums[0] += count * sign * surprise;
            for (k, sum) in sums[..width].iter_mut().enumerate().skip(1) {
                *sum += count * sign * surprise * standard(row, k);
            }
        });
        gradient.copy_from_slice(&sums[..width]);
        sums[width]
    });
    unscaled(maximum, observations, &means, &deviations)
}

/// The chance of label 1 for features, given the intercept and their coefficients.
pub fn probability(coefficients: &[f64], features: impl Iterator<Item = f64>) -> f64 {
    let terms = coefficients[1..].iter().zip(features).map(|(slope, feature)| slope * feature);
    let log_odds = terms.fold(coefficients[0], |sum, term| sum + term);
    1.0 / (1.0 + libm::exp(-log_odds))
}

/// From standard features back to their own units: the slopes are divided by the deviations, and the
/// intercept gives back what the means took.
fn unscaled(maximum: Maximum, observations: u64, means: &[f64], deviations: &[f64]) -> Fit {
    let Maximum { point, value, covariance } = maximum;
    let width = point.len();
    let mut parameters = point.clone();
    // Each parameter as a combination of the standard ones.
    let mut rows = vec![vec![0.0; width]; width];
    rows[0][0] = 1.0;
    for k in 1..width {
        rows[0][k] = -means[k] / deviations[k];
        rows[k][k] = 1.0 / deviations[k];
    }
    for (parameter, row) in parameters.iter_mut().zip(&rows) {
        *parameter = row.iter().zip(&point).map(|(factor, value)| factor * value).sum();
    }
    let fit = Fit { parameters, log_likelihood: Some(value), observations, ..Fit::default() };
    match covariance {
        Ok(covariance) => {
            let variance = |row: &Vec<f64>| -> f64 {
                let pairs = (0..width).flat_map(|j| (0..width).map(move |k| (j, k)));
                pairs.map(|(j, k)| row[j] * covariance[j][k] * row[k]).sum()
            };
            Fit { standard_errors: rows.iter().map(|row| variance(row).sqrt()).collect(), ..fit }
        }
        Err(failure) => Fit {
            failure: Some(match failure {
                Failure::Unbounded(_) | Failure::Vanishing(_) => {
                    "the features tell the labels apart without exception".to_owned()
                }
                Failure::Flat => "the features determine one another".to_owned(),
                Failure::Unfinished => failure.to_string(),
            }),
            ..fit
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(rows: &[(f64, &[f64], u64)]) -> Patterns<Box<[f64]>> {
        let rows = rows.iter().map(|(label, features, count)| {
            let row: Vec<f64> = std::iter::once(*label).chain(features.iter().copied()).collect();
            (row.into_boxed_slice(), *count)
        });
        Patterns::new(rows.collect())
    }

    /// One feature with two values: of 10 cases at 3 two have the label, of 20 at 5 fifteen. The fit is
    /// exact: log-odds ln(2/8) and ln(15/5), their variances 1/2 + 1/8 and 1/15 + 1/5.
    #[test]
    fn a_table_of_two_by_two() {
        let fit =
            fit(&cases(&[(1.0, &[3.0], 2), (0.0, &[3.0], 8), (1.0, &[5.0], 15), (0.0, &[5.0], 5)]));
        let (low, high) = (0.25f64.ln(), 3f64.ln());
        let (low_variance, high_variance): (f64, f64) =
            (1.0 / 2.0 + 1.0 / 8.0, 1.0 / 15.0 + 1.0 / 5.0);
        let slope = (high - low) / 2.0;
        let intercept = low - 3.0 * slope;
        assert!((fit.parameters[1] - slope).abs() < 1e-9, "{fit:?}");
        assert!((fit.parameters[0] - intercept).abs() < 1e-9, "{fit:?}");
        let slope_error = (low_variance + high_variance).sqrt() / 2.0;
        // Intercept = 2.5 low − 1.5 high.
        let intercept_error = (6.25 * low_variance + 2.25 * high_variance).sqrt();
        assert!((fit.standard_errors[1] - slope_error).abs() < 1e-7, "{fit:?}");
        assert!((fit.standard_errors[0] - intercept_error).abs() < 1e-7, "{fit:?}");
        let likelihood =
            2.0 * 0.2f64.ln() + 8.0 * 0.8f64.ln() + 15.0 * 0.75f64.ln() + 5.0 * 0.25f64.ln();
        assert!((fit.log_likelihood.unwrap() - likelihood).abs() < 1e-10);
        assert!((probability(&fit.parameters, [3.0].into_iter()) - 0.2).abs() < 1e-10);
    }

    #[test]
    fn says_why_it_cannot_fit() {
        let reason = |rows| fit(&cases(rows)).failure.unwrap();
        assert_eq!(reason(&[(1.0, &[1.0], 5)]), "all labels are the same");
        assert_eq!(reason(&[]), "there are no observations");
        let constant =
            reason(&[(1.0, &[1.0, 7.0], 5), (0.0, &[2.0, 7.0], 5), (1.0, &[2.0, 7.0], 1)]);
        assert_eq!(constant, "feature 2 is the same everywhere");
        let separated = reason(&[(0.0, &[1.0], 5), (0.0, &[2.0], 5), (1.0, &[3.0], 5)]);
        assert_eq!(separated, "the features tell the labels apart without exception");
        let collinear = reason(&[
            (0.0, &[1.0, 2.0], 5),
            (1.0, &[1.0, 2.0], 3),
            (0.0, &[4.0, 8.0], 2),
            (1.0, &[4.0, 8.0], 6),
            (1.0, &[5.0, 10.0], 6),
        ]);
        assert_eq!(collinear, "the features determine one another");
    }
}
