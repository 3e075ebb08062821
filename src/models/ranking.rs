/*!
How well scores tell cases apart: measures that look at their order alone.
*/

/// A case with what was foretold of it and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    pub score: f64,
    pub value: i64,
}

/// Chance that a case with a value above 0 has a higher score than one without; equal scores count
/// half. None without cases of both kinds.
///
/// The area under the ROC curve: J. A. Hanley and B. J. McNeil, Radiology 143 (1982), computed as Mann
/// and Whitney's U from exact counts. O(n log n); sorts the cases.
pub fn roc_auc(cases: &mut [Scored]) -> Option<f64> {
    sort(cases);
    let (mut hits, mut misses, mut twice_won) = (0i128, 0i128, 0i128);
    for tied in cases.chunk_by(tie) {
        let tied_hits = tied.iter().filter(|case| case.value > 0).count() as i128;
        let tied_misses = tied.len() as i128 - tied_hits;
        // Higher scores come first: their misses beat nobody, their hits beat every miss to come.
        twice_won += 2 * hits * tied_misses + tied_hits * tied_misses;
        hits += tied_hits;
        misses += tied_misses;
    }
    (hits > 0 && misses > 0).then(|| twice_won as f64 / (2 * hits * misses) as f64)
}

/// Share of all values that the `share` of cases with the highest scores holds. Of cases that are tied
/// at the cut each counts in part. None where the values add up to nothing.
///
/// A point of the cumulative gains curve. O(n log n); sorts the cases.
pub fn top_share(cases: &mut [Scored], share: f64) -> Option<f64> {
    sort(cases);
    let mut room = share * cases.len() as f64;
    let total: i128 = cases.iter().map(|case| i128::from(case.value)).sum();
    let (mut whole, mut part) = (0i128, 0.0);
    for tied in cases.chunk_by(tie) {
        let value: i128 = tied.iter().map(|case| i128::from(case.value)).sum();
        let size = tied.len() as f64;
        if size > room {
            part = value as f64 * (room / size);
            break;
        }
        whole += value;
        room -= size;
    }
    (total != 0).then(|| (whole as f64 + part) / total as f64)
}

fn tie(left: &Scored, right: &Scored) -> bool {
    left.score.total_cmp(&right.score).is_eq()
}

/// By falling score; NaN is above any number.
fn sort(cases: &mut [Scored]) {
    cases.sort_unstable_by(|left, right| right.score.total_cmp(&left.score));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(pairs: &[(f64, i64)]) -> Vec<Scored> {
        pairs.iter().map(|(score, value)| Scored { score: *score, value: *value }).collect()
    }

    /// Pairs counted by hand: hits at 0.9 and 0.4 against misses at 0.7, 0.4 and 0.1 win 3 + 1.5 of 6.
    #[test]
    fn area_under_the_curve() {
        let mut mixed = cases(&[(0.1, 0), (0.4, 1), (0.9, 1), (0.7, 0), (0.4, 0)]);
        assert_eq!(roc_auc(&mut mixed), Some(0.75));
        assert_eq!(roc_auc(&mut cases(&[(1.0, 1), (0.0, 0), (2.0, 5)])), Some(1.0));
        assert_eq!(roc_auc(&mut cases(&[(0.5, 1), (0.5, 0), (0.5, 0)])), Some(0.5));
        assert_eq!(roc_auc(&mut cases(&[(0.5, 1), (0.7, 2)])), None);
        assert_eq!(roc_auc(&mut []), None);
    }

    /// Ten cases worth 55: the best is 10, the best quarter 10 + 9 + half of 8.
    #[test]
    fn shares_of_the_best() {
        let ten: Vec<(f64, i64)> = (1..=10).map(|k| (f64::from(k), i64::from(k))).collect();
        assert_eq!(top_share(&mut cases(&ten), 0.1), Some(10.0 / 55.0));
        assert_eq!(top_share(&mut cases(&ten), 0.25), Some(23.0 / 55.0));
        assert_eq!(top_share(&mut cases(&ten), 1.0), Some(1.0));
        let tied: Vec<(f64, i64)> = (1..=10).map(|k| (0.0, i64::from(k))).collect();
        assert_eq!(top_share(&mut cases(&tied), 0.1), Some(5.5 / 55.0));
        assert_eq!(top_share(&mut cases(&[(1.0, 0)]), 0.1), None);
        assert_eq!(top_share(&mut [], 0.1), None);
    }
}
