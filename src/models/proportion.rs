/*!
Shares and their uncertainty: Wilson intervals and the Net Promoter Score.
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

/// Answers to "how likely are you to recommend us", 0 to 10.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetPromoter {
    /// Scores of 9 and 10.
    pub promoters: u64,
    /// Scores of 0 to 6.
    pub detractors: u64,
    /// All answers.
    pub answers: u64,
}

impl NetPromoter {
    /// Share of promoters minus share of detractors, -100 to 100; none without answers.
    ///
    /// F. Reichheld, "The One Number You Need to Grow", Harvard Business Review 81 (2003).
    pub fn score(&self) -> Option<f64> {
        let difference = self.promoters as f64 - self.detractors as f64;
        (self.answers > 0).then(|| 100.0 * difference / self.answers as f64)
    }

    /// Standard error of the score: an answer counts 1, 0 or -1, with variance p + d - (p - d)².
    ///
    /// A. Breen, "Net Promoter Score: confidence intervals", cybaea.net, 2016-01-14.
    pub fn standard_error(&self) -> Option<f64> {
        let n = i128::from(self.answers);
        let (promoters, detractors) = (i128::from(self.promoters), i128::from(self.detractors));
        // n² times the variance, exact.
        let variance = (promoters + detractors) * n - (promoters - detractors).pow(2);
        (n > 0)
            .then(|| 100.0 * (variance as f64 / self.answers as f64).sqrt() / self.answers as f64)
    }
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

    /// 50 promoters, 20 passives, 30 detractors: 100 (0.5 - 0.3) = 20 and
    /// 100 sqrt((0.5 + 0.3 - 0.2²) / 100) = 10 sqrt(0.76).
    #[test]
    fn net_promoter_score_and_its_error() {
        let scores = NetPromoter { promoters: 50, detractors: 30, answers: 100 };
        assert_eq!(scores.score(), Some(20.0));
        assert!((scores.standard_error().unwrap() - 10.0 * 0.76f64.sqrt()).abs() < 1e-12);
        let one = NetPromoter { promoters: 1, detractors: 0, answers: 1 };
        assert_eq!((one.score(), one.standard_error()), (Some(100.0), Some(0.0)));
        assert_eq!(NetPromoter::default().score(), None);
    }
}
