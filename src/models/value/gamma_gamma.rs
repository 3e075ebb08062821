/*!
Gamma-Gamma: what a purchase of a customer is worth on average.

P. S. Fader and B. G. S. Hardie, "The Gamma-Gamma Model of Monetary Value" (2013),
brucehardie.com/notes/025. The values of a customer's purchases are gamma distributed with shape p;
their rate differs between customers as a gamma distribution with shape q and rate v. It assumes that
what a customer spends does not depend on how often the customer buys: look at their correlation.

An observation is `(x, m)`: the mean m > 0 of x ≥ 1 purchases, those that the purchase models count.
*/

use super::super::{
    fit::Fit,
    patterns::Patterns,
    special::{digamma, digamma_rising, ln_gamma, ln_rising},
};

/// Shape of the values; shape and rate of the customers' rates. v is in units of money.
pub const PARAMETERS: [&str; 3] = ["p", "q", "v"];

/// The model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    pub p: f64,
    pub q: f64,
    pub v: f64,
}

/// The model with these parameters.
pub fn model([p, q, v]: [f64; 3]) -> GammaGamma {
    GammaGamma { p, q, v }
}

/// Fits p, q and v to observations `(x, m)` by maximum likelihood.
pub fn fit(spend: &Patterns<[f64; 2]>) -> Fit {
    let customers = spend.observations();
    if customers == 0 {
        return Fit::impossible(customers, "no customer bought again");
    }
    let [mean] = spend.sum(|[_, mean]| [*mean / customers as f64]);
    Fit::positive(&PARAMETERS, &[1.0, 2.0, mean], customers, |parameters, gradient| {
        let [p, q, v] = [0, 1, 2].map(|k| parameters[k]);
        let model = GammaGamma { p, q, v };
        let (ln_v, ln_gamma_q, digamma_q) = (libm::log(v), ln_gamma(q), digamma(q));
        let [value, slopes @ ..] = spend.sum(|&[x, mean]| {
            let [value, by_p, by_q, by_v] = model.terms(x, mean);
            [value + q * ln_v - ln_gamma_q, by_p, by_q + ln_v - digamma_q, by_v]
        });
        gradient.copy_from_slice(&slopes);
        value
    })
}

impl GammaGamma {
    /// The mean value of further purchases of a customer whose `x` purchases were worth `mean` on
    /// average; of x = 0, whatever `mean` is, the mean of all customers. None where the distribution
    /// has no mean: px + q ≤ 1.
    ///
    /// p (v + x m) / (px + q − 1).
    pub fn expected_value(&self, x: f64, mean: f64) -> Option<f64> {
        let spent = if x == 0.0 { 0.0 } else { x * mean };
        let below = self.p * x + self.q - 1.0;
        (below > 0.0).then(|| self.p * (self.v + spent) / below)
    }

    /// The log-likelihood of an observation without what all have in common, and its derivatives by
    /// p, q and v.
    fn terms(&self, x: f64, mean: f64) -> [f64; 4] {
        let Self { p, q, v } = *self;
        let (shape, rate) = (p * x, v + x * mean);
        let (ln_spent, ln_rate) = (libm::log(x * mean), libm::log(rate));
        let rising = digamma_rising(shape, q);
        [
            ln_rising(shape, q) + shape * (ln_spent - ln_rate) - libm::log(mean) - q * ln_rate,
            x * (rising + ln_spent - ln_rate),
            digamma(shape + q) - ln_rate,
            q / v - (shape + q) / rate,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::reference::{assert_close, assert_published, cdnow, published},
        *,
    };

    #[test]
    fn fit_of_cdnow() {
        let fit = fit(&Patterns::new(cdnow().spend()));
        assert_eq!(fit.observations, 946);
        assert_published(&fit, "gammagamma|B_exact", &PARAMETERS);
    }

    /// Customer 1 of the sample bought twice for 22.345 on average; one who bought once is worth
    /// p v / (q − 1). The reference is `percustomer_reference.csv`.
    #[test]
    fn values_of_cdnow_customers() {
        let (parameters, ..) = published("gammagamma|B_exact", &PARAMETERS);
        let model = model(parameters.try_into().unwrap());
        assert_close(model.expected_value(2.0, 22.345).unwrap(), 24.653_918_698_2, 1e-11, "1");
        assert_close(model.expected_value(0.0, 0.0).unwrap(), 35.170_371_265_7, 1e-11, "3");
    }

    /// px + q = 1 is the edge: a mean of infinite size is not reported.
    #[test]
    fn no_mean_where_the_distribution_has_none() {
        let model = model([2.0, 0.5, 10.0]);
        assert_eq!(model.expected_value(0.0, 0.0), None);
        assert_eq!(model.expected_value(1.0, 30.0), Some(2.0 * 40.0 / 1.5));
    }
}
