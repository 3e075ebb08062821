/*
description: >
  The models of purchases, fitted to all customers: BG/NBD, MBG/NBD and Pareto/NBD to when they
  buy, Gamma-Gamma to what they spend. Each is fitted twice, to the full histories and to those of
  the calibration period (core.purchase_histories). A parameter is null in models without it.
grain: [period, model]
columns:
  period: {type: string, description: 'full or calibration.'}
  model: {type: string, description: 'bg_nbd, mbg_nbd, pareto_nbd or gamma_gamma.'}
  r: {type: float64, description: 'Shape of the purchase rates.'}
  alpha: {type: float64, description: 'Rate of the purchase rates, in days.'}
  a: {type: float64, description: 'First parameter of the dropout probabilities.'}
  b: {type: float64, description: 'Second parameter of the dropout probabilities.'}
  s: {type: float64, description: 'Shape of the dropout rates.'}
  beta: {type: float64, description: 'Rate of the dropout rates, in days.'}
  p: {type: float64, description: 'Shape of the purchase values.'}
  q: {type: float64, description: 'Shape of their rates.'}
  v: {type: float64, description: 'Rate of their rates, in the reporting currency.'}
  r_error: {type: float64, description: Standard error of r; null where the fit failed.}
  alpha_error: {type: float64, description: Standard error of alpha; null where the fit failed.}
  a_error: {type: float64, description: Standard error of a; null where the fit failed.}
  b_error: {type: float64, description: Standard error of b; null where the fit failed.}
  s_error: {type: float64, description: Standard error of s; null where the fit failed.}
  beta_error: {type: float64, description: Standard error of beta; null where the fit failed.}
  p_error: {type: float64, description: Standard error of p; null where the fit failed.}
  q_error: {type: float64, description: Standard error of q; null where the fit failed.}
  v_error: {type: float64, description: Standard error of v; null where the fit failed.}
  log_likelihood: {type: float64, description: Log-likelihood at the parameters.}
  customer_count: {type: int64, description: Customers the fit is made of.}
  is_converged: {type: bool, description: Whether the parameters may be used.}
  reason: {type: string, description: Why not; null where they may.}
*/
with

fits as (

    select
        period,
        bg_nbd_fit(frequency, recency_days, age_days) as bg_nbd,
        mbg_nbd_fit(frequency, recency_days, age_days) as mbg_nbd,
        pareto_nbd_fit(frequency, recency_days, age_days) as pareto_nbd,
        gamma_gamma_fit(frequency, monetary_value) filter (where monetary_value > 0) as gamma_gamma
    from core.purchase_histories
    group by period

),

purchase_models as (

    select
        period,
        bg_nbd['model'] as model,
        bg_nbd['parameters']['r'] as r,
        bg_nbd['parameters']['alpha'] as alpha,
        bg_nbd['parameters']['a'] as a,
        bg_nbd['parameters']['b'] as b,
        cast(null as double) as s,
        cast(null as double) as beta,
        cast(null as double) as p,
        cast(null as double) as q,
        cast(null as double) as v,
        bg_nbd['standard_errors']['r'] as r_error,
        bg_nbd['standard_errors']['alpha'] as alpha_error,
        bg_nbd['standard_errors']['a'] as a_error,
        bg_nbd['standard_errors']['b'] as b_error,
        cast(null as double) as s_error,
        cast(null as double) as beta_error,
        cast(null as double) as p_error,
        cast(null as double) as q_error,
        cast(null as double) as v_error,
        bg_nbd['log_likelihood'] as log_likelihood,
        bg_nbd['n'] as customer_count,
        bg_nbd['converged'] as is_converged,
        bg_nbd['reason'] as reason
    from fits
    union all by name
    select
        period,
        mbg_nbd['model'] as model,
        mbg_nbd['parameters']['r'] as r,
        mbg_nbd['parameters']['alpha'] as alpha,
        mbg_nbd['parameters']['a'] as a,
        mbg_nbd['parameters']['b'] as b,
        mbg_nbd['standard_errors']['r'] as r_error,
        mbg_nbd['standard_errors']['alpha'] as alpha_error,
        mbg_nbd['standard_errors']['a'] as a_error,
        mbg_nbd['standard_errors']['b'] as b_error,
        mbg_nbd['log_likelihood'] as log_likelihood,
        mbg_nbd['n'] as customer_count,
        mbg_nbd['converged'] as is_converged,
        mbg_nbd['reason'] as reason
    from fits
    union all by name
    select
        period,
        pareto_nbd['model'] as model,
        pareto_nbd['parameters']['r'] as r,
        pareto_nbd['parameters']['alpha'] as alpha,
        pareto_nbd['parameters']['s'] as s,
        pareto_nbd['parameters']['beta'] as beta,
        pareto_nbd['standard_errors']['r'] as r_error,
        pareto_nbd['standard_errors']['alpha'] as alpha_error,
        pareto_nbd['standard_errors']['s'] as s_error,
        pareto_nbd['standard_errors']['beta'] as beta_error,
        pareto_nbd['log_likelihood'] as log_likelihood,
        pareto_nbd['n'] as customer_count,
        pareto_nbd['converged'] as is_converged,
        pareto_nbd['reason'] as reason
    from fits
    union all by name
    select
        period,
        gamma_gamma['model'] as model,
        gamma_gamma['parameters']['p'] as p,
        gamma_gamma['parameters']['q'] as q,
        gamma_gamma['parameters']['v'] as v,
        gamma_gamma['standard_errors']['p'] as p_error,
        gamma_gamma['standard_errors']['q'] as q_error,
        gamma_gamma['standard_errors']['v'] as v_error,
        gamma_gamma['log_likelihood'] as log_likelihood,
        gamma_gamma['n'] as customer_count,
        gamma_gamma['converged'] as is_converged,
        gamma_gamma['reason'] as reason
    from fits

)

select * from purchase_models
