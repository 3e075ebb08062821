/*!
BG/NBD: customers who buy at random times and may leave after each repeat purchase.

P. S. Fader, B. G. S. Hardie and K. L. Lee, "“Counting Your Customers” the Easy Way: An Alternative to
the Pareto/NBD Model", Marketing Science 24 (2005). For purchases without contract, one customer like
another but for rate and dropout.

A customer who bought once has had no chance to leave and is alive with certainty: a property of the
model, not of the customer. [`mbg_nbd`](super::mbg_nbd) does away with it.
*/

use super::{
    super::{fit::Fit, patterns::Patterns},
    beta_geometric::{self, BetaGeometric, Dropout},
};

/// Shape and rate of the purchase rates, parameters of the dropout probabilities. α is in units of
/// time, the others are numbers.
pub const PARAMETERS: [&str; 4] = beta_geometric::PARAMETERS;

/// The model with these parameters.
pub fn model([r, alpha, a, b]: [f64; 4]) -> BetaGeometric {
    BetaGeometric { dropout: Dropout::AfterRepeat, r, alpha, a, b }
}

/// Fits r, α, a and b to histories `(x, t_x, T)` by maximum likelihood.
///
/// Histories must be possible ones, see [`History::new`](super::History::new).
pub fn fit(histories: &Patterns<[f64; 3]>) -> Fit {
    BetaGeometric::fit(Dropout::AfterRepeat, histories)
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
            ("bgnbd|A_rounded_weeks", cdnow().rounded_weeks()),
            ("bgnbd|B_days_div_7", cdnow().weeks()),
            ("bgnbd|C_days", cdnow().days()),
        ] {
            let fit = fit(&Patterns::new(histories));
            assert_eq!(fit.observations, 2357);
            assert_published(&fit, name, &PARAMETERS);
        }
    }

    #[test]
    fn scores_of_cdnow_customers() {
        let (parameters, ..) = published("bgnbd|B_days_div_7", &PARAMETERS);
        let model = model(parameters.try_into().unwrap());
        assert_customers(&model, "bgnbd");
        assert_totals(&model, 1_917.277_671, 1_653.408_698);
    }

    #[test]
    fn edge_cases_of_parameters_and_histories() {
        assert_edge_cases(model, "bg_params", "bg");
    }

    /// Without a repeat purchase the likelihood has no maximum.
    #[test]
    fn says_why_it_cannot_fit() {
        let fit = fit(&Patterns::new(vec![([0.0, 0.0, 30.0], 5), ([0.0, 0.0, 12.0], 7)]));
        assert_eq!(fit.failure.as_deref(), Some("no customer bought again"));
        assert_eq!((fit.observations, fit.parameters, fit.log_likelihood), (12, vec![], None));
    }
}
