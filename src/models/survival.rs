/*!
How long things last, when some have not ended yet: Kaplan-Meier and Nelson-Aalen.

A subject is a duration and whether its end was seen; one whose end was not seen is censored: it
lasted at least so long. Where ends and censorings share a duration, the ends come first. Assumes that
being censored tells nothing about how long a subject would have lasted.
*/

use libm::{exp, log, pow};

use super::normal;

/// One line of a life table: what happened after a duration, and who was there to see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub duration: f64,
    /// Subjects that lasted at least this long.
    pub at_risk: u64,
    /// Those that ended here.
    pub events: u64,
    /// Those that were last seen here.
    pub censored: u64,
}

/// An estimate with the ends of its interval, where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

/// The life table of subjects `(duration, is_observed)`: a line a different duration, shortest
/// first. Sorts the subjects: O(n log n).
pub fn life_table(subjects: &mut [(f64, bool)]) -> Vec<Step> {
    subjects.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let mut steps: Vec<Step> = Vec::new();
    let mut at_risk = subjects.len() as u64;
    for same in subjects.chunk_by(|left, right| left.0 == right.0) {
        let events = same.iter().filter(|(_, is_observed)| *is_observed).count() as u64;
        let all = same.len() as u64;
        steps.push(Step { duration: same[0].0, at_risk, events, censored: all - events });
        at_risk -= all;
    }
    steps
}

/// Share that lasts longer than each line's duration, with the interval of log(-log S).
///
/// E. L. Kaplan and P. Meier, "Nonparametric Estimation from Incomplete Observations", JASA 53
/// (1958); variance by M. Greenwood (1926); interval by J. D. Kalbfleisch and R. L. Prentice, "The
/// Statistical Analysis of Failure Time Data" (1980), which stays within 0..1 and is not defined
/// where the share is 1 or 0. `confidence` lies within (0, 1).
pub fn kaplan_meier(steps: &[Step], confidence: f64) -> Vec<Estimate> {
    let z = normal::quantile(0.5 + confidence / 2.0);
    let (mut survival, mut greenwood) = (1.0, 0.0);
    let mut estimates = Vec::with_capacity(steps.len());
    for step in steps {
        let (at_risk, events) = (step.at_risk as f64, step.events as f64);
        let staying = (step.at_risk - step.events) as f64;
        survival *= staying / at_risk;
        if staying > 0.0 {
            greenwood += events / (at_risk * staying);
        }
        let interval = (survival > 0.0 && survival < 1.0).then(|| {
            let spread = exp(z * f64::sqrt(greenwood) / log(survival).abs());
            (pow(survival, spread), pow(survival, 1.0 / spread))
        });
        estimates.push(Estimate { value: survival, interval });
    }
    estimates
}

/// Cumulative hazard up to and at each line's duration: the sum of events over subjects at risk.
///
/// W. Nelson, Technometrics 14 (1972); O. Aalen, Annals of Statistics 6 (1978). Ties are not
/// smoothed. Variance is the sum of (1 - d/n) (d/n) / n; the interval is that of log H, and is not
/// defined before the first event. `confidence` lies within (0, 1).
pub fn nelson_aalen(steps: &[Step], confidence: f64) -> Vec<Estimate> {
    let z = normal::quantile(0.5 + confidence / 2.0);
    let (mut hazard, mut variance) = (0.0, 0.0);
    let mut estimates = Vec::with_capacity(steps.len());
    for step in steps {
        let at_risk = step.at_risk as f64;
        let share = step.events as f64 / at_risk;
        hazard += share;
        variance += (1.0 - share) * share / at_risk;
        let interval = (hazard > 0.0).then(|| {
            let spread = exp(z * f64::sqrt(variance) / hazard);
            (hazard / spread, hazard * spread)
        });
        estimates.push(Estimate { value: hazard, interval });
    }
    estimates
}

/// The shortest duration after which at most half are left, and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median {
    /// None where more than half last longer than anyone was seen.
    pub value: Option<f64>,
    /// The same for the lower curve of the interval.
    pub low: Option<f64>,
    /// The same for the upper curve; none where it stays above one half.
    pub high: Option<f64>,
}

/// The median of a [`kaplan_meier`] curve.
///
/// R. Brookmeyer and J. Crowley, "A Confidence Interval for the Median Survival Time", Biometrics 38
/// (1982), over the log(-log S) intervals.
pub fn median(steps: &[Step], confidence: f64) -> Median {
    let curve = kaplan_meier(steps, confidence);
    let first = |read: fn(&Estimate) -> Option<f64>| {
        let halved = |estimate| read(estimate).is_some_and(|share| share <= 0.5);
        curve.iter().position(halved).map(|place| steps[place].duration)
    };
    Median {
        value: first(|estimate| Some(estimate.value)),
        low: first(|estimate| estimate.interval.map(|(low, _)| low)),
        high: first(|estimate| estimate.interval.map(|(_, high)| high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remission of 21 patients under 6-mercaptopurine, weeks; `+` is censored: 6 6 6 6+ 7 9+ 10 10+
    /// 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+ (E. J. Freireich and others, Blood 21, 1963).
    fn remissions() -> Vec<Step> {
        let ends = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|week| (f64::from(week), true));
        let seen =
            [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|week| (f64::from(week), false));
        life_table(&mut [ends.as_slice(), &seen].concat())
    }

    /// The product by hand: 18/21 = 0.857143, · 16/17 = 0.806723, · 14/15 = 0.752941, · 11/12 =
    /// 0.690196, · 10/11 = 0.627451, · 6/7 = 0.537815, · 5/6 = 0.448179.
    #[test]
    fn survival_of_a_published_trial() {
        let steps = remissions();
        assert_eq!(steps[0], Step { duration: 6.0, at_risk: 21, events: 3, censored: 1 });
        let curve = kaplan_meier(&steps, 0.95);
        let at_events: Vec<f64> = (steps.iter().zip(&curve))
            .filter(|(step, _)| step.events > 0)
            .map(|(_, estimate)| estimate.value)
            .collect();
        let expected = [0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179];
        assert_eq!(at_events.len(), expected.len());
        for (actual, expected) in at_events.iter().zip(expected) {
            assert!((actual - expected).abs() < 5e-7, "{actual} is not {expected}");
        }
        assert_eq!(median(&steps, 0.95).value, Some(23.0));
    }

    /// 3/21 + 1/17 by hand; its variance (18/21)(3/21)/21 + (16/17)(1/17)/17.
    #[test]
    fn hazard_adds_up() {
        let curve = nelson_aalen(&remissions(), 0.95);
        let hazard: f64 = 3.0 / 21.0 + 1.0 / 17.0;
        let variance = 18.0 / 21.0 * 3.0 / 21.0 / 21.0 + 16.0 / 17.0 / 17.0 / 17.0;
        assert!((curve[1].value - hazard).abs() < 1e-15);
        let (low, high) = curve[1].interval.unwrap();
        assert!((low * high - hazard * hazard).abs() < 1e-15);
        let spread = (high / hazard).ln() / 1.959963984540054;
        assert!((spread - f64::sqrt(variance) / hazard).abs() < 1e-12);
    }

    /// Nobody ended: nothing is known but that all lasted. All ended: the curve reaches zero.
    #[test]
    fn curves_at_their_ends() {
        let lasting = life_table(&mut [(3.0, false), (1.0, false)]);
        assert_eq!(kaplan_meier(&lasting, 0.95)[1], Estimate { value: 1.0, interval: None });
        assert_eq!(nelson_aalen(&lasting, 0.95)[1], Estimate { value: 0.0, interval: None });
        assert_eq!(median(&lasting, 0.95), Median { value: None, low: None, high: None });
        let ended = life_table(&mut [(2.0, true)]);
        assert_eq!(kaplan_meier(&ended, 0.95)[0], Estimate { value: 0.0, interval: None });
        assert_eq!(median(&ended, 0.95).value, Some(2.0));
        assert!(life_table(&mut []).is_empty());
    }
}
