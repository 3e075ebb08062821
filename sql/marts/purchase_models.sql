/*
description: >
  The models of purchases with their parameters, fitted to all customers: BG/NBD, MBG/NBD and
  Pareto/NBD to when they buy, Gamma-Gamma to what they spend; to the full histories, and to those
  of the calibration period from which marts.model_scores judges them. Time is in days. A parameter
  is null in models without it.
grain: [period, model]
requires: [orders]
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

purchase_models as (

    select
        period,
        model,
        r,
        alpha,
        a,
        b,
        s,
        beta,
        p,
        q,
        v,
        r_error,
        alpha_error,
        a_error,
        b_error,
        s_error,
        beta_error,
        p_error,
        q_error,
        v_error,
        log_likelihood,
        customer_count,
        is_converged,
        reason
    from core.purchase_models

)

select * from purchase_models
