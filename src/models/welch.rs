/*!
Welch's comparison of two means whose variances differ.
*/

use super::tail::{student_two_sided, student_within};

/// What a comparison needs to know of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Number of values.
    pub size: u64,
    /// Sum of squared distances from the mean over `size - 1`.
    pub variance: f64,
}

/// The difference of two means and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// First mean less second.
    pub difference: f64,
    pub standard_error: f64,
    /// Of Student's t; not a whole number.
    pub degrees_of_freedom: f64,
}

/// Compares two samples whose means are `difference` apart, the first less the second; none where one
/// has fewer than two values or neither varies.
///
/// B. L. Welch, "The generalization of Student's problem when several different population variances
/// are involved", Biometrika 34 (1947). Degrees of freedom after F. E. Satterthwaite, Biometrics
/// Bulletin 2 (1946). Assumes independent values whose means are near normal, which large samples
/// give whatever the values' own distribution.
pub fn compare(difference: f64, first: Sample, second: Sample) -> Option<Comparison> {
    if first.size < 2 || second.size < 2 {
        return None;
    }
    let error = |sample: Sample| sample.variance / sample.size as f64;
    let (a, b) = (error(first), error(second));
    let squares = a * a / (first.size - 1) as f64 + b * b / (second.size - 1) as f64;
    (a + b > 0.0).then(|| Comparison {
        difference,
        standard_error: (a + b).sqrt(),
        degrees_of_freedom: (a + b) * (a + b) / squares,
    })
}

impl Comparison {
    /// The difference in standard errors.
    pub fn t(&self) -> f64 {
        self.difference / self.standard_error
    }

    /// How often chance alone puts two equal means at least this far apart.
    pub fn p_value(&self) -> f64 {
        student_two_sided(self.t(), self.degrees_of_freedom)
    }

    /// Interval of the difference; `confidence` lies within (0, 1).
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let reach = student_within(confidence, self.degrees_of_freedom) * self.standard_error;
        (self.difference - reach, self.difference + reach)
    }
}

#[cfg(test)]
#[expect(clippy::excessive_precision, reason = "digits as the other implementation prints them")]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn sample(values: &[f64]) -> Sample {
        let squares: f64 = values.iter().map(|value| (value - mean(values)).powi(2)).sum();
        Sample { size: values.len() as u64, variance: squares / (values.len() - 1) as f64 }
    }

    /// Student's own sleep data (Biometrika 6, 1908); `tests/tools/statistics_oracle.py` prints the
    /// numbers, by scipy.
    #[test]
    fn students_sleep_data() {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let difference = mean(&first) - mean(&second);
        let comparison = compare(difference, sample(&first), sample(&second)).unwrap();
        assert!((comparison.t() - -1.8608134674868526).abs() < 1e-12);
        assert!((comparison.degrees_of_freedom - 17.776473516178488).abs() < 1e-11);
        assert!((comparison.p_value() - 0.079394140187358297).abs() < 1e-12);
        let (low, high) = comparison.interval(0.95);
        assert!((low - -3.3654832307117104).abs() < 1e-11, "{low}");
        assert!((high - 0.20548323071171137).abs() < 1e-11, "{high}");
    }

    #[test]
    fn too_little_to_compare() {
        let pair = sample(&[1.0, 2.0]);
        assert_eq!(compare(0.0, pair, Sample { size: 1, variance: 0.0 }), None);
        let constant = Sample { size: 9, variance: 0.0 };
        assert_eq!(compare(0.0, constant, constant), None);
        // One constant side is enough variation: only the other side's degrees count.
        assert_eq!(compare(0.0, pair, constant).unwrap().degrees_of_freedom, 1.0);
    }
}
