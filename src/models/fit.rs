/*!
What a fit of a model says: parameters and how sure they are, or why there are none.
*/

use super::maximum::{Failure, Maximum, maximise_positive};

/// A model fitted by maximum likelihood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fit {
    /// In the order of the model's names; where the fit failed, those at which it ended, or none at
    /// all where it could not begin.
    pub parameters: Vec<f64>,
    /// Of each parameter, from the curvature of the likelihood; none where the fit failed.
    pub standard_errors: Vec<f64>,
    /// At these parameters; natural logarithm, all constants included.
    pub log_likelihood: Option<f64>,
    /// Observations that the fit is made of.
    pub observations: u64,
    /// Why the parameters are not to be used.
    pub failure: Option<String>,
}

impl Fit {
    /// A fit that could not begin.
    pub(super) fn impossible(observations: u64, reason: &str) -> Self {
        Self { observations, failure: Some(reason.to_owned()), ..Self::default() }
    }

    /// The maximum of a likelihood of positive parameters, which are called `names`.
    ///
    /// `likelihood` returns the log-likelihood and writes its gradient. The errors are those of the
    /// logarithms by the delta method, which at a maximum are the errors of the parameters.
    pub(super) fn positive(
        names: &[&str],
        start: &[f64],
        observations: u64,
        likelihood: impl Fn(&[f64], &mut [f64]) -> f64,
    ) -> Self {
        let Maximum { point, value, covariance } =
            maximise_positive(start, observations as f64, likelihood);
        if !value.is_finite() {
            return Self::impossible(observations, "the likelihood has no value for such numbers");
        }
        let parameters: Vec<f64> = point.iter().copied().map(libm::exp).collect();
        let fit = Self { observations, log_likelihood: Some(value), parameters, ..Self::default() };
        match covariance {
            Ok(covariance) => {
                let errors = fit.parameters.iter().enumerate();
                let errors = errors.map(|(k, parameter)| parameter * covariance[k][k].sqrt());
                Self { standard_errors: errors.collect(), ..fit }
            }
            Err(failure) => Self { failure: Some(reason(failure, names)), ..fit },
        }
    }

    /// Whether the parameters are a maximum and may be used.
    pub fn converged(&self) -> bool {
        self.failure.is_none()
    }
}

/// A failure in the model's own terms.
fn reason(failure: Failure, names: &[&str]) -> String {
    match failure {
        Failure::Unbounded(parameter) | Failure::Vanishing(parameter) => {
            format!("{} {failure}: the data do not identify it", names[parameter])
        }
        Failure::Flat | Failure::Unfinished => failure.to_string(),
    }
}
