/*!
Customer lifetime value: purchases to expect, times what one is worth, discounted.
*/

use std::array::from_fn;

use super::history::{History, PurchaseModel};

/// Over how long and how value is discounted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Months {
    /// How many, ≥ 0.
    pub count: u32,
    /// The length of one in the unit of the histories: 365.25 / 12 for days, 4.345 for weeks.
    pub length: f64,
    /// Per month, above -1; 0.01 is 1 % a month.
    pub discount_rate: f64,
}

/// The value of a customer over the months to come: the purchases to expect within each month, times
/// `value` of one, divided by (1 + discount rate)^k at the end of month k.
///
/// P. S. Fader, B. G. S. Hardie and K. L. Lee, "RFM and CLV: Using Iso-Value Curves for Customer Base
/// Analysis", Journal of Marketing Research 42 (2005), in steps of months as practice has it. Only
/// what is still to come counts.
pub fn clv(model: &impl PurchaseModel, value: f64, history: &History, months: &Months) -> f64 {
    /// Months that are computed together.
    const STRIDE: usize = 6;
    let (mut sum, mut before, mut discount) = (0.0, 0.0, 1.0);
    for first in (1..=months.count).step_by(STRIDE) {
        let month = |k: usize| first.saturating_add(k as u32).min(months.count);
        let ends: [f64; STRIDE] = from_fn(|k| f64::from(month(k)) * months.length);
        for until in model.purchases_if_alive_until(ends, history) {
            discount /= 1.0 + months.discount_rate;
            // Past the last month nothing more comes.
            sum += (until - before) * discount;
            before = until;
        }
    }
    model.p_alive(history) * value * sum
}

#[cfg(test)]
mod tests {
    use super::{
        super::{bg_nbd, reference::assert_close},
        *,
    };

    /// Month by month, for numbers of months around those that are computed together.
    #[test]
    fn value_is_a_sum_over_months() {
        let model = bg_nbd::model([0.24, 30.9, 0.79, 2.43]);
        let history = History::new(2.0, 213.0, 272.0).unwrap();
        for count in [0, 1, 5, 6, 7, 12, 13] {
            let months = Months { count, length: 365.25 / 12.0, discount_rate: 0.02 };
            let until = |k: u32| model.expected_purchases(f64::from(k) * months.length, &history);
            let each = (1..=count).map(|k| (until(k) - until(k - 1)) / 1.02f64.powi(k as i32));
            let expected = 24.65 * each.sum::<f64>();
            assert_close(clv(&model, 24.65, &history, &months), expected, 1e-13, "discounted");
            let plain = Months { discount_rate: 0.0, ..months };
            let undiscounted = clv(&model, 24.65, &history, &plain);
            assert_close(undiscounted, 24.65 * until(count), 1e-13, "undiscounted");
        }
    }
}
