/*!
Whether groups last equally long: the log-rank test.
*/

use super::{chi_square::Test, linear::Factors, survival::Step};

/// Compares the [life tables](super::survival::life_table) of two groups or more; none where less
/// than two groups have subjects, or no event tells them apart.
///
/// N. Mantel, Cancer Chemotherapy Reports 50 (1966); R. Peto and J. Peto, JRSS A 135 (1972): events
/// of each group against those expected if all groups shared one hazard, with hypergeometric
/// variance. Groups without subjects are left out. Most powerful where hazards are proportional,
/// blind to curves that cross. O(durations · groups²).
pub fn log_rank(tables: &[Vec<Step>]) -> Option<Test> {
    let tables: Vec<&[Step]> =
        tables.iter().map(Vec::as_slice).filter(|table| !table.is_empty()).collect();
    // The observed events of the last group follow from the others.
    let free = tables.len().checked_sub(1).filter(|free| *free > 0)?;
    let mut excess = vec![0.0; free];
    let mut covariance = vec![0.0; free * free];
    let mut next = vec![0; tables.len()];
    while let Some(duration) = first_duration(&tables, &next) {
        // Subjects at risk and events of each group at this duration.
        let mut risks = Vec::with_capacity(tables.len());
        let mut events = 0;
        for (table, next) in tables.iter().zip(&mut next) {
            let step = table.get(*next);
            let mut here = 0;
            if let Some(step) = step.filter(|step| step.duration == duration) {
                here = step.events;
                *next += 1;
            }
            risks.push((step.map_or(0, |step| step.at_risk) as f64, here as f64));
            events += here;
        }
        let at_risk: f64 = risks.iter().map(|(at_risk, _)| at_risk).sum();
        if events == 0 || at_risk <= 1.0 {
            continue;
        }
        let events = events as f64;
        let variance = events * (at_risk - events) / (at_risk - 1.0);
        for (row, (own, observed)) in risks[..free].iter().enumerate() {
            let share = own / at_risk;
            excess[row] += observed - events * share;
            for (column, (other, _)) in risks[..free].iter().enumerate() {
                let same = if row == column { 1.0 } else { 0.0 };
                covariance[row * free + column] += variance * share * (same - other / at_risk);
            }
        }
    }
    let solution = Factors::of(covariance, free)?.solve(&excess);
    let statistic: f64 = excess.iter().zip(&solution).map(|(excess, x)| excess * x).sum();
    Some(Test::new(statistic.max(0.0), free as u32))
}

fn first_duration(tables: &[&[Step]], next: &[usize]) -> Option<f64> {
    let durations = tables.iter().zip(next).filter_map(|(table, next)| table.get(*next));
    durations.map(|step| step.duration).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::{super::survival::life_table, *};

    fn table(ends: &[i32], seen: &[i32]) -> Vec<Step> {
        let ends = ends.iter().map(|week| (f64::from(*week), true));
        let seen = seen.iter().map(|week| (f64::from(*week), false));
        life_table(&mut ends.chain(seen).collect::<Vec<_>>())
    }

    /// Freireich and others (1963): the statistic 16.79 stands in D. G. Kleinbaum and M. Klein,
    /// "Survival Analysis", chapter 2.
    #[test]
    fn two_arms_of_a_published_trial() {
        let treated = table(
            &[6, 6, 6, 7, 10, 13, 16, 22, 23],
            &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
        );
        let placebo =
            table(&[1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], &[]);
        let test = log_rank(&[treated.clone(), placebo.clone()]).unwrap();
        assert!((test.statistic - 16.79).abs() < 0.005, "{test:?}");
        assert_eq!(test.degrees_of_freedom, 1);
        let other = log_rank(&[placebo, Vec::new(), treated]).unwrap();
        assert!((test.statistic - other.statistic).abs() < 1e-12, "{other:?}");
    }

    #[test]
    fn nothing_to_compare_is_no_test() {
        assert_eq!(log_rank(&[]), None);
        assert_eq!(log_rank(&[table(&[1, 2], &[])]), None);
        assert_eq!(log_rank(&[table(&[], &[3]), table(&[], &[4])]), None);
    }
}
