/*!
`mbg_nbd_p_active(model, horizon, frequency, recency, age)`: who will buy again.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::MBG_NBD,
    score::{MBG_NBD_SCORES, scalar},
};
use crate::models::value::PurchaseModel;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "mbg_nbd_p_active",
        syntax: "mbg_nbd_p_active(model, horizon, frequency, recency, age)",
        summary: "Chance of at least one purchase within a horizon, by a fitted MBG/NBD model.",
        semantics: "P(X(horizon) > 0), from 0 to 1; 1 minus it is the probability of churn. Null \
                    where the model is null or did not converge, or another argument is null. \
                    Times are in the unit of the fit. An error unless 0 <= recency <= age and \
                    recency is 0 where frequency is 0, or if the horizon is negative.",
        complexity: "O(1) a row, no state.",
        example: "select 1 - mbg_nbd_p_active(model, 365, frequency, recency_days, age_days) as \
                  churn_probability from marts.customer_value cross join (select \
                  mbg_nbd_fit(frequency, recency_days, age_days) as model from \
                  marts.customer_value) as fit",
        source: "Batislam, Denizel and Filiztekin, International Journal of Research in Marketing \
                 24 (2007).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[
        Argument::Model(&[MBG_NBD]),
        Argument::Float,
        Argument::Integer,
        Argument::Float,
        Argument::Float,
    ];
    scalar(FUNCTION.doc, wanted, |arguments| {
        MBG_NBD_SCORES.ahead(FUNCTION.doc, arguments, PurchaseModel::p_active)
    })
}
