/*!
`sbg_retention(model, period)`: who stays at the next renewal.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::SBG,
    score::{scalar, scores, whole},
};
use crate::models::value::sbg;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sbg_retention",
        syntax: "sbg_retention(model, period)",
        summary: "Share of the customers still there in a period who stay at its end, by a fitted \
                  shifted beta-geometric model.",
        semantics: "From 0 to 1, rising with the period: those likely to leave have left. The first \
                    period is 1; a customer who has renewed k times is in period k + 1. Null where \
                    the model is null or did not converge, or the period is null. An error if the \
                    period is below 1.",
        complexity: "O(1) a row, no state.",
        example: "select sbg_retention(model, renewal_count + 1) from subscribers cross join (select \
                  sbg_fit(term_number, is_lost) as model from renewals_due) as fit",
        source: "Fader and Hardie, Journal of Interactive Marketing 21 (2007).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[Argument::Model(&[SBG]), Argument::Integer], |arguments| {
        scores(arguments, &[SBG], |_, parameters, [period]| {
            whole(FUNCTION.doc, "period", period, 1.0)?;
            Ok(Some(sbg::model(parameters).retention(period)))
        })
    })
}
