/*
description: >
  How likely contracts are renewed, for each term length: the shifted beta-geometric model with its
  parameters, fitted to the lives of all contracts. A period of the model is a term.
grain: [term_months]
requires: [subscriptions]
columns:
  term_months: {type: int64, description: 'Length of a term in months, rounded.'}
  alpha: {type: float64, description: First parameter of the probabilities to leave at a renewal.}
  beta: {type: float64, description: Second parameter of these probabilities.}
  alpha_error: {type: float64, description: Standard error of alpha; null where the fit failed.}
  beta_error: {type: float64, description: Standard error of beta; null where the fit failed.}
  log_likelihood: {type: float64, description: Log-likelihood at the parameters.}
  life_count: {type: int64, description: Lives the fit is made of.}
  lost_count: {type: int64, description: Of these ended by a loss.}
  is_converged: {type: bool, description: Whether the parameters may be used.}
  reason: {type: string, description: Why not; null where they may.}
*/
with

contract_models as (

    select
        term_months,
        alpha,
        beta,
        alpha_error,
        beta_error,
        log_likelihood,
        life_count,
        lost_count,
        is_converged,
        reason
    from core.contract_models

)

select * from contract_models
