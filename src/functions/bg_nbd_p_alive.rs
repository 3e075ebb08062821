/*!
`bg_nbd_p_alive(model, frequency, recency, age)`: who is still a customer.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::BG_NBD,
    score::{BG_NBD_SCORES, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "bg_nbd_p_alive",
        syntax: "bg_nbd_p_alive(model, frequency, recency, age)",
        summary: "Chance that a customer is still there now, by a fitted BG/NBD model.",
        semantics: "From 0 to 1. 1 for whoever bought once: the model lets nobody leave before a \
                    repeat purchase. Not a churn score: use 1 - bg_nbd_p_active(…). Null where \
                    the model is null or did not converge, or another argument is null. Times are \
                    in the unit of the fit. An error unless 0 <= recency <= age and recency is 0 \
                    where frequency is 0.",
        complexity: "O(1) a row, no state.",
        example: "select bg_nbd_p_alive(model, frequency, recency_days, age_days) from \
                  marts.customer_value cross join (select bg_nbd_fit(frequency, recency_days, \
                  age_days) as model from marts.customer_value) as fit",
        source: "Fader, Hardie and Lee, Marketing Science 24 (2005).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[Argument::Model(&[BG_NBD]), Argument::Integer, Argument::Float, Argument::Float];
    scalar(FUNCTION.doc, wanted, |arguments| BG_NBD_SCORES.p_alive(FUNCTION.doc, arguments))
}
