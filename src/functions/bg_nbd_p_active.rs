/*!
`bg_nbd_p_active(model, horizon, frequency, recency, age)`: who will buy again.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::BG_NBD,
    score::{BG_NBD_SCORES, scalar},
};
use crate::models::value::PurchaseModel;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "bg_nbd_p_active",
        syntax: "bg_nbd_p_active(model, horizon, frequency, recency, age)",
        summary: "Chance of at least one purchase within a horizon, by a fitted BG/NBD model.",
        semantics: "P(X(horizon) > 0), from 0 to 1; 1 minus it is the probability of churn. Null \
                    where the model is null or did not converge, or another argument is null. \
                    Times are in the unit of the fit. An error unless 0 <= recency <= age and \
                    recency is 0 where frequency is 0, or if the horizon is negative.",
        complexity: "O(1) a row, no state.",
        example: "select 1 - bg_nbd_p_active(model, 365, frequency, recency_days, age_days) as \
                  churn_probability from marts.customer_value cross join (select \
                  bg_nbd_fit(frequency, recency_days, age_days) as model from \
                  marts.customer_value) as fit",
        source: "Fader, Hardie and Lee, Marketing Science 24 (2005).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[
        Argument::Model(&[BG_NBD]),
        Argument::Float,
        Argument::Integer,
        Argument::Float,
        Argument::Float,
    ];
    scalar(FUNCTION.doc, wanted, |arguments| {
        BG_NBD_SCORES.ahead(FUNCTION.doc, arguments, PurchaseModel::p_active)
    })
}
