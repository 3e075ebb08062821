/*!
Shifted beta-geometric: how long customers with a contract stay.

P. S. Fader and B. G. S. Hardie, "How to Project Customer Retention", Journal of Interactive Marketing
21 (2007); for the value of what remains their "Customer-Base Valuation in a Contractual Setting: The
Perils of Ignoring Heterogeneity", Marketing Science 29 (2010). At the end of each period a customer
leaves with a probability that differs between customers as a beta distribution with parameters α and
β: those who stay are more and more the loyal ones, and retention rises with tenure.
*/

use super::super::{
    fit::Fit,
    patterns::Patterns,
    special::{digamma_rising, hypergeometric_1, ln_rising},
};

/// Parameters of the probabilities to leave; numbers without unit.
pub const PARAMETERS: [&str; 2] = ["alpha", "beta"];

/// The model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftedBetaGeometric {
    pub alpha: f64,
    pub beta: f64,
}

/// The model with these parameters.
pub fn model([alpha, beta]: [f64; 2]) -> ShiftedBetaGeometric {
    ShiftedBetaGeometric { alpha, beta }
}

/// Fits α and β to observations `(t, lost)` by maximum likelihood.
///
/// `lost` is 1 for a customer who left at the end of period t ≥ 1, and 0 for one who stayed at the end
/// of all of t ≥ 0 periods. The likelihood is Σ ln P(T = t) over the lost + Σ ln S(t) over the others.
pub fn fit(lives: &Patterns<[f64; 2]>) -> Fit {
    let customers = lives.observations();
    let [losses, chances] = lives.sum(|[t, lost]| [*lost, *t]);
    if losses == 0.0 {
        return Fit::impossible(customers, "no customer left");
    }
    if losses == chances {
        return Fit::impossible(customers, "no customer stayed, so nothing tells them apart");
    }
    Fit::positive(&PARAMETERS, &[1.0, chances / losses], customers, |parameters, gradient| {
        let model = ShiftedBetaGeometric { alpha: parameters[0], beta: parameters[1] };
        let [value, slopes @ ..] = lives.sum(|&[t, lost]| model.terms(t, lost));
        gradient.copy_from_slice(&slopes);
        value
    })
}

impl ShiftedBetaGeometric {
    /// S(t), the share of customers who stay for more than `t` ≥ 0 periods: B(α, β + t) / B(α, β).
    pub fn survival(&self, t: f64) -> f64 {
        libm::exp(ln_rising(self.beta, t) - ln_rising(self.alpha + self.beta, t))
    }

    /// The share of those still there in period `t` ≥ 1 who stay at its end: (β + t − 1) / (α + β + t − 1).
    pub fn retention(&self, t: f64) -> f64 {
        (self.beta + t - 1.0) / (self.alpha + self.beta + t - 1.0)
    }

    /// Discounted expected residual lifetime: the renewals to expect from a customer just before the
    /// end of period `n` ≥ 1, that one included, each later one divided by 1 + `discount_rate` ≥ 0
    /// once more. None where they are without limit: α ≤ 1 without discount.
    ///
    /// (β + n − 1) / (α + β + n − 1) ₂F₁(1, β + n; α + β + n; 1 / (1 + d)).
    pub fn discounted_renewals(&self, n: f64, discount_rate: f64) -> Option<f64> {
        if discount_rate == 0.0 {
            // Gauss's sum, DLMF 15.4.20.
            return (self.alpha > 1.0).then(|| (self.beta + n - 1.0) / (self.alpha - 1.0));
        }
        let (b, c) = (self.beta + n, self.alpha + self.beta + n);
        Some(self.retention(n) * hypergeometric_1(b, c, 1.0 / (1.0 + discount_rate)))
    }

    /// The log-likelihood of an observation and its derivatives by α and β.
    fn terms(&self, t: f64, lost: f64) -> [f64; 3] {
        let Self { alpha, beta } = *self;
        // P(T = t) = α (β)ₜ₋₁ / (α + β)ₜ and S(t) = (β)ₜ / (α + β)ₜ.
        let stays = t - lost;
        let all = digamma_rising(alpha + beta, t);
        [
            lost * libm::log(alpha) + ln_rising(beta, stays) - ln_rising(alpha + beta, t),
            lost / alpha - all,
            digamma_rising(beta, stays) - all,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::reference::{assert_close, rows},
        *,
    };

    /// 1,000 customers of a segment whose survival in per cent is known for the first `years`.
    fn lives(segment: &str, years: usize) -> Patterns<[f64; 2]> {
        let rows = rows(include_str!("../../../tests/data/reference/sbg_survival_input.csv"));
        let left: Vec<u64> = rows
            .iter()
            .map(|row| (row[segment].parse::<f64>().unwrap() * 10.0).round() as u64)
            .collect();
        let lost = (1..=years).map(|t| ([t as f64, 1.0], left[t - 1] - left[t]));
        let stayed = ([years as f64, 0.0], left[years]);
        Patterns::new(lost.chain([stayed]).collect())
    }

    #[test]
    fn fits_of_both_segments() {
        let fits: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/data/reference/sbg_fits.json"))
                .unwrap();
        for (segment, column) in [("regular", "regular_pct"), ("high_end", "high_end_pct")] {
            for years in [4, 7, 12] {
                let name = format!("{segment}_cal{years}");
                let published =
                    |key: &str| fits[&name][key].as_str().map(|text| text.parse::<f64>().unwrap());
                let fit = fit(&lives(column, years));
                assert!(fit.converged(), "{name}: {fit:?}");
                for (k, key) in ["alpha", "beta"].into_iter().enumerate() {
                    // High End after four years is known to seven digits only.
                    assert_close(fit.parameters[k], published(key).unwrap(), 1e-6, &name);
                    if let Some(error) = published(&format!("se_{key}")) {
                        assert_close(fit.standard_errors[k], error, 1e-6, &name);
                    }
                }
                let likelihood = published("loglik_per_1000").unwrap();
                assert!((fit.log_likelihood.unwrap() - likelihood).abs() < 1e-7, "{name}");
                let model = model([fit.parameters[0], fit.parameters[1]]);
                for n in [1, 4, 7] {
                    if let Some(expected) = published(&format!("DERL_n{n}_d10")) {
                        let renewals = model.discounted_renewals(f64::from(n), 0.1).unwrap();
                        assert_close(renewals, expected, 1e-8, &name);
                    }
                }
            }
        }
    }

    #[test]
    fn projections_of_both_segments() {
        for row in rows(include_str!("../../../tests/data/reference/sbg_projection.csv")) {
            let model = match row["segment"].as_str() {
                "regular" => model([0.704_077_298_473_516, 1.182_043_026_209_48]),
                _ => model([0.668_088_351_106_446, 3.806_094_964_058_27]),
            };
            let year: f64 = row["year"].parse().unwrap();
            let survival = row["sbg_survival"].parse::<f64>().unwrap() / 100.0;
            assert_close(model.survival(year), survival, 1e-11, &row["segment"]);
            if year > 0.0 {
                let retention = row["sbg_retention"].parse().unwrap();
                assert_close(model.retention(year), retention, 1e-11, &row["segment"]);
            }
        }
    }

    /// Σ S(n + k) / S(n − 1) / (1 + d)^k over k ≥ 0, and its limit without discount, which exists for
    /// α > 1 only: with S(t) = 2 / ((t + 1) (t + 2)) for α = 2, β = 1 it is (n + 1) n / (n + 1) = n.
    #[test]
    fn discounted_renewals_are_their_sum() {
        let model = model([0.7, 1.2]);
        for n in [1.0, 7.0] {
            let terms = (0..4_000).map(|k| {
                let share = model.survival(n + f64::from(k)) / model.survival(n - 1.0);
                share / 1.02f64.powi(k)
            });
            let sum: f64 = terms.sum();
            assert_close(model.discounted_renewals(n, 0.02).unwrap(), sum, 1e-12, "sum");
        }
        assert_eq!(model.discounted_renewals(3.0, 0.0), None);
        let loyal = ShiftedBetaGeometric { alpha: 2.0, beta: 1.0 };
        assert_close(loyal.discounted_renewals(3.0, 0.0).unwrap(), 3.0, 1e-15, "limit");
    }

    /// Of 1,000 customers alike a tenth leaves each year: α and β may grow together as they like. Where
    /// even more leave later on, the likelihood rises as they do.
    #[test]
    fn customers_alike_are_not_identified() {
        for (third_year, reason) in [(81, "flat"), (99, "alpha grows without end")] {
            let stayed = ([3.0, 0.0], 810 - third_year);
            let lost = [([1.0, 1.0], 100), ([2.0, 1.0], 90), ([3.0, 1.0], third_year)];
            let fit = fit(&Patterns::new(lost.into_iter().chain([stayed]).collect()));
            assert!(!fit.converged() && fit.standard_errors.is_empty(), "{fit:?}");
            assert!(fit.failure.as_ref().unwrap().contains(reason), "{fit:?}");
            let churn = fit.parameters[0] / (fit.parameters[0] + fit.parameters[1]);
            let rate = (190.0 + third_year as f64) / (1000.0 + 900.0 + 810.0);
            assert!((churn - rate).abs() < 1e-6, "{churn} {rate}");
        }
    }
}
