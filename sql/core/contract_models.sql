/*
description: >
  How likely contracts are renewed: the shifted beta-geometric model, fitted to the lives of all
  contracts of one term length. A period of the model is a term.
grain: [term_months]
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

fits as (

    select
        term_months,
        sbg_fit(decided_count, is_lost) as sbg,
        count(*) filter (where is_lost) as lost_count
    from core.contract_lives
    group by term_months

),

contract_models as (

    select
        term_months,
        sbg['parameters']['alpha'] as alpha,
        sbg['parameters']['beta'] as beta,
        sbg['standard_errors']['alpha'] as alpha_error,
        sbg['standard_errors']['beta'] as beta_error,
        sbg['log_likelihood'] as log_likelihood,
        sbg['n'] as life_count,
        lost_count,
        sbg['converged'] as is_converged,
        sbg['reason'] as reason
    from fits

)

select * from contract_models
