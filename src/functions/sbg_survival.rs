/*!
`sbg_survival(model, periods)`: how many customers with a contract are still there.
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
        name: "sbg_survival",
        syntax: "sbg_survival(model, periods)",
        summary: "Share of customers who stay for more than a number of periods, by a fitted shifted \
                  beta-geometric model.",
        semantics: "From 0 to 1; 1 for 0 periods. Null where the model is null or did not converge, \
                    or periods is null. An error if periods is negative.",
        complexity: "O(1) a row, no state.",
        example: "select year, sbg_survival(model, year) from generate_series(0, 12) as years(year) \
                  cross join (select sbg_fit(term_number, is_lost) as model from renewals_due) as fit",
        source: "Fader and Hardie, Journal of Interactive Marketing 21 (2007).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[Argument::Model(&[SBG]), Argument::Integer], |arguments| {
        scores(arguments, &[SBG], |_, parameters, [periods]| {
            whole(FUNCTION.doc, "periods", periods, 0.0)?;
            Ok(Some(sbg::model(parameters).survival(periods)))
        })
    })
}
