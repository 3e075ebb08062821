/*!
Pareto/NBD: customers who buy at random times and may leave at any moment.

D. C. Schmittlein, D. G. Morrison and R. Colombo, "Counting Your Customers: Who Are They and What Will
They Do Next?", Management Science 33 (1987); P. S. Fader and B. G. S. Hardie, "A Note on Deriving the
Pareto/NBD Model and Related Expressions" (2005), brucehardie.com/notes/009. For purchases without
contract.

While alive, a customer buys at a rate λ, gamma distributed between customers with shape r and rate α.
The customer leaves at a rate μ, gamma distributed with shape s and rate β. Scores hold for all four
above 0 and every [`History`], to about 1e-12.
*/

use super::{
    super::{
        fit::Fit,
        patterns::Patterns,
        special::{digamma_rising, ln_rising},
    },
    dropout_integral::Density,
    history::{History, PurchaseModel},
};

/// Shape and rate of the purchase rates, shape and rate of the dropout rates. α and β are in units
/// of time.
pub const PARAMETERS: [&str; 4] = ["r", "alpha", "s", "beta"];

/// The model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbd {
    pub r: f64,
    pub alpha: f64,
    pub s: f64,
    pub beta: f64,
}

/// The model with these parameters.
pub fn model([r, alpha, s, beta]: [f64; 4]) -> ParetoNbd {
    ParetoNbd { r, alpha, s, beta }
}

/// Fits r, α, s and β to histories `(x, t_x, T)` by maximum likelihood.
///
/// β is often known badly, and the likelihood flat along it; its standard error says so.
pub fn fit(histories: &Patterns<[f64; 3]>) -> Fit {
    let customers = histories.observations();
    let [purchases, time] = histories.sum(|[x, _, age]| [*x, *age]);
    if purchases == 0.0 {
        return Fit::impossible(customers, "no customer bought again");
    }
    if time == 0.0 {
        return Fit::impossible(customers, "no time has passed");
    }
    let start = [1.0, time / purchases, 1.0, time / customers as f64];
    Fit::positive(&PARAMETERS, &start, customers, |parameters, gradient| {
        let [r, alpha, s, beta] = [0, 1, 2, 3].map(|k| parameters[k]);
        let likelihood = ParetoNbd { r, alpha, s, beta };
        let [value, slopes @ ..] = histories.sum(|history| likelihood.terms(history));
        gradient.copy_from_slice(&slopes);
        value
    })
}

impl ParetoNbd {
    /// The density of leaving at a time u between t_x and T, but for constant factors.
    fn leaving(&self, x: f64) -> Density {
        Density { a: self.alpha, p: self.r + x, b: self.beta, q: self.s + 1.0 }
    }

    /// The log-likelihood of a history and its derivatives by r, α, s and β:
    ///
    /// ln (r)ₓ + r ln α + s ln β + ln[(α + T)^−(r + x) (β + T)^−s + s ∫ (α + u)^−(r + x) (β + u)^−(s + 1) du]
    ///
    /// over t_x < u < T. The first term in brackets is a customer still alive, the second one who left
    /// at u; the note writes the integral as A₀.
    fn terms(&self, &[x, recency, age]: &[f64; 3]) -> [f64; 5] {
        let Self { r, alpha, s, beta } = *self;
        let shape = r + x;
        let (ln_alive_a, ln_alive_b) = (libm::log(alpha + age), libm::log(beta + age));
        let ln_alive = -shape * ln_alive_a - s * ln_alive_b;
        let (ln_integral, [ln_a, ln_b, inverse_a, inverse_b]) =
            self.leaving(x).integrate(recency, age, |point| {
                [point.ln_a, point.ln_b, point.inverse_a, point.inverse_b]
            });
        let ln_left = libm::log(s) + ln_integral;
        let greater = ln_alive.max(ln_left);
        let (alive, left) = (libm::exp(ln_alive - greater), libm::exp(ln_left - greater));
        let both = alive + left;
        let (alive, left) = (alive / both, left / both);
        let (ln_alpha, ln_beta) = (libm::log(alpha), libm::log(beta));
        [
            ln_rising(r, x) + r * ln_alpha + s * ln_beta + greater + libm::log(both),
            digamma_rising(r, x) + ln_alpha - alive * ln_alive_a - left * ln_a,
            r / alpha - shape * (alive / (alpha + age) + left * inverse_a),
            ln_beta - alive * ln_alive_b + left * (1.0 / s - ln_b),
            s / beta - s * alive / (beta + age) - (s + 1.0) * left * inverse_b,
        ]
    }
}

impl PurchaseModel for ParetoNbd {
    /// 1 / (1 + s (α + T)^(r + x) (β + T)^s ∫ (α + u)^−(r + x) (β + u)^−(s + 1) du), t_x < u < T.
    fn p_alive(&self, history: &History) -> f64 {
        let History { frequency, recency, age } = *history;
        let (ln_integral, []) = self.leaving(frequency).integrate(recency, age, |_| []);
        let ln_odds = libm::log(self.s)
            + (self.r + frequency) * libm::log(self.alpha + age)
            + self.s * libm::log(self.beta + age)
            + ln_integral;
        1.0 / (1.0 + libm::exp(ln_odds))
    }

    /// (r + x) (β + T) / ((α + T) (s − 1)) [1 − ((β + T) / (β + T + t))^(s − 1)], and its limit, a
    /// logarithm, at s = 1.
    fn purchases_if_alive(&self, horizon: f64, history: &History) -> f64 {
        let rate = (self.r + history.frequency) / (self.alpha + history.age);
        let rest = self.beta + history.age;
        let log = libm::log1p(horizon / rest);
        let excess = self.s - 1.0;
        let stay = match excess == 0.0 {
            true => log,
            false => -libm::expm1(-excess * log) / excess,
        };
        rate * rest * stay
    }

    /// The chance that the next purchase comes before the customer leaves and within the horizon:
    /// (r + x) (α + T)^(r + x) (β + T)^s ∫ (α + T + v)^−(r + x + 1) (β + T + v)^−s dv, 0 < v < t.
    fn activity_if_alive(&self, horizon: f64, history: &History) -> f64 {
        let shape = self.r + history.frequency;
        let (a, b) = (self.alpha + history.age, self.beta + history.age);
        let density = Density { a, p: shape + 1.0, b, q: self.s };
        let (ln_integral, []) = density.integrate(0.0, horizon, |_| []);
        let ln_constant = shape * libm::log(a) + self.s * libm::log(b);
        (shape * libm::exp(ln_constant + ln_integral)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::reference::{
            assert_customers, assert_edge_cases, assert_published, assert_totals, cdnow, published,
        },
        *,
    };

    #[test]
    fn fits_of_cdnow() {
        for (name, histories) in [
            ("paretonbd|A_rounded_weeks", cdnow().rounded_weeks()),
            ("paretonbd|B_days_div_7", cdnow().weeks()),
            ("paretonbd|C_days", cdnow().days()),
        ] {
            let fit = fit(&Patterns::new(histories));
            assert_eq!(fit.observations, 2357);
            assert_published(&fit, name, &PARAMETERS);
        }
    }

    #[test]
    fn scores_of_cdnow_customers() {
        let (parameters, ..) = published("paretonbd|B_days_div_7", &PARAMETERS);
        let model = model(parameters.try_into().unwrap());
        assert_customers(&model, "paretonbd");
        assert_totals(&model, 1_051.875_247, 1_665.513_107);
    }

    #[test]
    fn edge_cases_of_parameters_and_histories() {
        assert_edge_cases(model, "pareto_params", "pareto");
    }

    /// Of customers with λ gamma distributed (2, 20) and μ exponential (15), λ / (λ + μ) (1 − e^(−(λ + μ) t))
    /// buy within t before they leave: summed over a grid of equally likely λ and μ.
    #[test]
    fn activity_by_enumeration() {
        let model = ParetoNbd { r: 1.0, alpha: 8.0, s: 1.0, beta: 3.0 };
        let history = History::new(1.0, 5.0, 12.0).unwrap();
        let steps = 1_000;
        for horizon in [3.0, 300.0] {
            let mut sum = 0.0;
            for i in 0..steps {
                // The quantile of 1 − (1 + 20 λ) e^(−20 λ) by bisection.
                let chance = (f64::from(i) + 0.5) / f64::from(steps);
                let (mut low, mut high) = (0.0f64, 2.0f64);
                for _ in 0..50 {
                    let middle = 0.5 * (low + high);
                    let below = 1.0 - (1.0 + 20.0 * middle) * (-20.0 * middle).exp();
                    if below < chance { low = middle } else { high = middle }
                }
                for j in 0..steps / 5 {
                    let mu = -(1.0 - (f64::from(j) + 0.5) / f64::from(steps / 5)).ln() / 15.0;
                    sum += low / (low + mu) * -(-(low + mu) * horizon).exp_m1();
                }
            }
            let expected = sum / f64::from(steps * steps / 5);
            let actual = model.activity_if_alive(horizon, &history);
            assert!((actual / expected - 1.0).abs() < 1e-3, "{horizon}: {actual} {expected}");
        }
    }
}
