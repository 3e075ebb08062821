/*!
`bg_bb_p_active(model, horizon, frequency, recency, opportunities)`: who will buy again.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::BG_BB,
    score::{BG_BB_SCORES, scalar},
};
use crate::models::value::PurchaseModel;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "bg_bb_p_active",
        syntax: "bg_bb_p_active(model, horizon, frequency, recency, opportunities)",
        summary: "Chance of at least one purchase within a horizon, by a fitted BG/BB model.",
        semantics: "P(X(horizon) > 0), from 0 to 1; 1 minus it is the probability of churn. Null \
                    where the model is null or did not converge, or another argument is null. All \
                    are whole numbers of opportunities. An error unless 0 <= frequency <= recency \
                    <= opportunities <= 100,000, with a recency of 0 where frequency is 0, or if \
                    the horizon is negative or above 100,000.",
        complexity: "O(horizon + opportunities since the last purchase) a row, no state.",
        example: "select 1 - bg_bb_p_active(model, 5, repeat_gifts, last_gift_year, years) as \
                  churn_probability from donors cross join (select bg_bb_fit(repeat_gifts, \
                  last_gift_year, years) as model from donors) as fit",
        source: "Fader, Hardie and Shang, Marketing Science 29 (2010).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[
        Argument::Model(&[BG_BB]),
        Argument::Integer,
        Argument::Integer,
        Argument::Integer,
        Argument::Integer,
    ];
    scalar(FUNCTION.doc, wanted, |arguments| {
        BG_BB_SCORES.ahead(FUNCTION.doc, arguments, PurchaseModel::p_active)
    })
}
