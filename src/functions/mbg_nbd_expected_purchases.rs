/*!
`mbg_nbd_expected_purchases(model, horizon, frequency, recency, age)`: how much a customer will buy.
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
        name: "mbg_nbd_expected_purchases",
        syntax: "mbg_nbd_expected_purchases(model, horizon, frequency, recency, age)",
        summary: "Purchases to expect from a customer within a horizon, by a fitted MBG/NBD model.",
        semantics: "The chance to be still there is part of it. 0 for a horizon of 0. Null where \
                    the model is null or did not converge, or another argument is null. Times are \
                    in the unit of the fit. An error unless 0 <= recency <= age and recency is 0 \
                    where frequency is 0, or if the horizon is negative.",
        complexity: "About 60 terms of a series a row for a horizon as long as the age, no state.",
        example: "select mbg_nbd_expected_purchases(model, 365, frequency, recency_days, \
                  age_days) from marts.customer_value cross join (select mbg_nbd_fit(frequency, \
                  recency_days, age_days) as model from marts.customer_value) as fit",
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
        MBG_NBD_SCORES.ahead(FUNCTION.doc, arguments, PurchaseModel::expected_purchases)
    })
}
