/*!
Many tests at once: how many findings may be false.
*/

/// Adjusted p values (q values), in the order of `p_values`, each within 0..=1.
///
/// Y. Benjamini and Y. Hochberg, "Controlling the False Discovery Rate", JRSS B 57 (1995): the p
/// value of rank i among m becomes the least of p m / j over ranks j >= i, at most 1. Taking all
/// tests with q <= 0.05 as findings, at most 5 % of them are expected to be false, for independent
/// or positively dependent tests. Equal p values get equal q values. O(m log m).
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let tests = p_values.len() as f64;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_unstable_by(|left, right| p_values[*right].total_cmp(&p_values[*left]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (above, position) in order.into_iter().enumerate() {
        let rank = (p_values.len() - above) as f64;
        least = least.min(p_values[position] * tests / rank);
        adjusted[position] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fifteen p values of Benjamini and Hochberg (1995), section 3.2: at 0.05 the procedure
    /// rejects the first four hypotheses. q values by R's p.adjust formula, worked out by hand for
    /// ranks 4 and 5: 0.0095 · 15 / 4 = 0.035625 and 0.0201 · 15 / 5 = 0.0603.
    #[test]
    fn the_papers_example() {
        let p_values = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let adjusted = benjamini_hochberg(&p_values);
        assert_eq!(adjusted.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((adjusted[3] - 0.035625).abs() < 1e-15);
        assert!((adjusted[4] - 0.0603).abs() < 1e-15);
        assert!(adjusted.is_sorted());
        assert_eq!(adjusted[14], 1.0);
    }

    /// Ranks 1 and 2 share 0.02: both are the least of 0.02 · 3 / 1 and 0.02 · 3 / 2.
    #[test]
    fn ties_share_and_order_does_not_matter() {
        let adjusted = benjamini_hochberg(&[0.5, 0.02, 0.02]);
        assert_eq!(adjusted[1], 0.03);
        assert_eq!(adjusted[2], 0.03);
        assert_eq!(adjusted[0], 0.5);
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
