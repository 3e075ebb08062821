/*!
`pareto_nbd_p_active(model, horizon, frequency, recency, age)`: who will buy again.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::PARETO_NBD,
    score::{PARETO_NBD_SCORES, scalar},
};
use crate::models::value::PurchaseModel;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "pareto_nbd_p_active",
        syntax: "pareto_nbd_p_active(model, horizon, frequency, recency, age)",
        summary: "Chance of at least one purchase within a horizon, by a fitted Pareto/NBD model.",
        semantics: "P(X(horizon) > 0), from 0 to 1; 1 minus it is the probability of churn. Null \
                    where the model is null or did not converge, or another argument is null. \
                    Times are in the unit of the fit. An error unless 0 <= recency <= age and \
                    recency is 0 where frequency is 0, or if the horizon is negative.",
        complexity: "Two numerical integrals a row, no state.",
        example: "select 1 - pareto_nbd_p_active(model, 365, frequency, recency_days, age_days) \
                  as churn_probability from marts.customer_value cross join (select \
                  pareto_nbd_fit(frequency, recency_days, age_days) as model from \
                  marts.customer_value) as fit",
        source: "Schmittlein, Morrison and Colombo, Management Science 33 (1987); Fader and \
                 Hardie 2005, brucehardie.com/notes/009.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[
        Argument::Model(&[PARETO_NBD]),
        Argument::Float,
        Argument::Integer,
        Argument::Float,
        Argument::Float,
    ];
    scalar(FUNCTION.doc, wanted, |arguments| {
        PARETO_NBD_SCORES.ahead(FUNCTION.doc, arguments, PurchaseModel::p_active)
    })
}
