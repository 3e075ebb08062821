/*!
`mbg_nbd_p_alive(model, frequency, recency, age)`: who is still a customer.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::MBG_NBD,
    score::{MBG_NBD_SCORES, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "mbg_nbd_p_alive",
        syntax: "mbg_nbd_p_alive(model, frequency, recency, age)",
        summary: "Chance that a customer is still there now, by a fitted MBG/NBD model.",
        semantics: "From 0 to 1. Not a churn score: use 1 - mbg_nbd_p_active(…). Null where the \
                    model is null or did not converge, or another argument is null. Times are in \
                    the unit of the fit. An error unless 0 <= recency <= age and recency is 0 \
                    where frequency is 0.",
        complexity: "O(1) a row, no state.",
        example: "select mbg_nbd_p_alive(model, frequency, recency_days, age_days) from \
                  marts.customer_value cross join (select mbg_nbd_fit(frequency, recency_days, \
                  age_days) as model from marts.customer_value) as fit",
        source: "Batislam, Denizel and Filiztekin, International Journal of Research in Marketing \
                 24 (2007).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted =
        &[Argument::Model(&[MBG_NBD]), Argument::Integer, Argument::Float, Argument::Float];
    scalar(FUNCTION.doc, wanted, |arguments| MBG_NBD_SCORES.p_alive(FUNCTION.doc, arguments))
}
