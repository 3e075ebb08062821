/*!
`bg_bb_p_alive(model, frequency, recency, opportunities)`: who is still a customer.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::BG_BB,
    score::{BG_BB_SCORES, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "bg_bb_p_alive",
        syntax: "bg_bb_p_alive(model, frequency, recency, opportunities)",
        summary: "Chance that a customer is still there at the next opportunity, by a fitted \
                  BG/BB model.",
        semantics: "From 0 to 1. Not a churn score: use 1 - bg_bb_p_active(…). Null where the \
                    model is null or did not converge, or another argument is null. All are whole \
                    numbers of opportunities. An error unless 0 <= frequency <= recency <= \
                    opportunities <= 100,000, with a recency of 0 where frequency is 0.",
        complexity: "O(opportunities since the last purchase) a row, no state.",
        example: "select bg_bb_p_alive(model, repeat_gifts, last_gift_year, years) from donors \
                  cross join (select bg_bb_fit(repeat_gifts, last_gift_year, years) as model from \
                  donors) as fit",
        source: "Fader, Hardie and Shang, Marketing Science 29 (2010).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted =
        &[Argument::Model(&[BG_BB]), Argument::Integer, Argument::Integer, Argument::Integer];
    scalar(FUNCTION.doc, wanted, |arguments| BG_BB_SCORES.p_alive(FUNCTION.doc, arguments))
}
