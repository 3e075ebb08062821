/*!
MBG/NBD: customers who buy at random times and may leave after each purchase, the first one too.

E. P. Batislam, M. Denizel and A. Filiztekin, "Empirical validation and comparison of models for
customer base analysis", International Journal of Research in Marketing 24 (2007). Unlike
[`bg_nbd`](super::bg_nbd) it tells whether a customer who bought once is likely to come back.
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
    BetaGeometric { dropout: Dropout::AfterEvery, r, alpha, a, b }
}

/// Fits r, α, a and b to histories `(x, t_x, T)` by maximum likelihood.
///
/// Histories must be possible ones, see [`History::new`](super::History::new).
pub fn fit(histories: &Patterns<[f64; 3]>) -> Fit {
    BetaGeometric::fit(Dropout::AfterEvery, histories)
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
            ("mbgnbd|A_rounded_weeks", cdnow().rounded_weeks()),
            ("mbgnbd|B_days_div_7", cdnow().weeks()),
            ("mbgnbd|C_days", cdnow().days()),
        ] {
            let fit = fit(&Patterns::new(histories));
            assert_eq!(fit.observations, 2357);
            assert_published(&fit, name, &PARAMETERS);
        }
    }

    #[test]
    fn scores_of_cdnow_customers() {
        let (parameters, ..) = published("mbgnbd|B_days_div_7", &PARAMETERS);
        let model = model(parameters.try_into().unwrap());
        assert_customers(&model, "mbgnbd");
        assert_totals(&model, 1_057.636_371, 1_576.728_302);
    }

    #[test]
    fn edge_cases_of_parameters_and_histories() {
        assert_edge_cases(model, "bg_params", "mbg");
    }
}
