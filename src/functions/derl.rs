/*!
`derl(model, period, discount_rate)`: the renewals still to come.
*/

use datafusion::{common::exec_err, logical_expr::ScalarUDF};

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::SBG,
    score::{scalar, scores, whole},
};
use crate::models::value::sbg;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "derl",
        syntax: "derl(model, period, discount_rate)",
        summary: "Discounted expected residual lifetime: renewals to expect from a customer just \
                  before the end of a period, by a fitted shifted beta-geometric model.",
        semantics: "The renewal at the end of that period counts in full, the k-th after it divided \
                    by (1 + discount_rate)^k. Times the margin of a period it is the value of what \
                    remains. The first period is 1; `discount_rate` is per period. Null where the \
                    model is null or did not converge, where another argument is null, and where the \
                    sum has no limit: a rate of 0 with alpha <= 1. An error if the period is below 1 \
                    or the rate below 0.",
        complexity: "9 / √discount_rate steps of a continued fraction a row, no state.",
        example: "select 1200 * derl(model, renewal_count + 1, 0.1) as residual_value from \
                  subscribers cross join (select sbg_fit(term_number, is_lost) as model from \
                  renewals_due) as fit",
        source: "Fader and Hardie, Marketing Science 29 (2010).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[Argument::Model(&[SBG]), Argument::Integer, Argument::Float];
    scalar(FUNCTION.doc, wanted, |arguments| {
        scores(arguments, &[SBG], |_, parameters, [period, discount_rate]| {
            whole(FUNCTION.doc, "period", period, 1.0)?;
            // Less than this per period is none, and takes more steps than it is worth.
            if discount_rate != 0.0 && !(discount_rate >= 1e-9 && discount_rate.is_finite()) {
                return exec_err!(
                    "`{}` got a discount rate of {discount_rate}; it takes 0, or 1e-9 or more",
                    FUNCTION.doc.syntax
                );
            }
            Ok(sbg::model(parameters).discounted_renewals(period, discount_rate))
        })
    })
}
