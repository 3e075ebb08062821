/*!
Scores of surveys: recommendation (NPS), satisfaction (CSAT) and effort (CES 2.0).

Each is a handful of exact counts, so that a score does not depend on the order of answers.
*/

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

/// Answers to "the company made it easy for me to handle my issue", 1 (disagree) to 7 (agree).
///
/// CES 2.0: M. Dixon, N. Toman, R. DeLisi, "The Effortless Experience" (2013).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// How often 1, 2, … 7 was answered.
    pub counts: [u64; 7],
}

impl Effort {
    /// Mean answer, 1 to 7; none without answers.
    pub fn mean(&self) -> Option<f64> {
        let weighted = (1..).zip(&self.counts).map(|(score, count)| score * u128::from(*count));
        self.of_all(weighted.sum::<u128>() as f64)
    }

    /// Percentage of 6 and 7 minus that of 1 to 3, -100 to 100; none without answers.
    pub fn index(&self) -> Option<f64> {
        let (easy, hard) = (self.sum(6..=7), self.sum(1..=3));
        self.of_all(100.0 * (easy as f64 - hard as f64))
    }

    /// Percentage of 5 to 7, 0 to 100; none without answers.
    pub fn top_three(&self) -> Option<f64> {
        self.of_all(100.0 * self.sum(5..=7) as f64)
    }

    fn sum(&self, scores: std::ops::RangeInclusive<usize>) -> u64 {
        self.counts[scores.start() - 1..*scores.end()].iter().sum()
    }

    fn of_all(&self, value: f64) -> Option<f64> {
        let answers: u64 = self.counts.iter().sum();
        (answers > 0).then(|| value / answers as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// 80, 210, 140, 110, 160, 180 and 120 answers of 1 to 7, 1,000 in all: the mean is
    /// (80 + 420 + 420 + 440 + 800 + 1080 + 840) / 1000 = 4.08, the index (300 - 430) / 10 = -13,
    /// the three highest 460 / 10 = 46 %.
    #[test]
    fn effort_of_a_thousand_answers() {
        let effort = Effort { counts: [80, 210, 140, 110, 160, 180, 120] };
        assert_eq!(effort.mean(), Some(4.08));
        assert_eq!(effort.index(), Some(-13.0));
        assert_eq!(effort.top_three(), Some(46.0));
        let none = Effort::default();
        assert_eq!((none.mean(), none.index(), none.top_three()), (None, None, None));
    }
}
