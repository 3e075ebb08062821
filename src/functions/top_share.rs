/*!
`top_share(value, score, share)`: how much those with the highest scores hold.
*/

use datafusion::{common::ScalarValue, common::plan_err, logical_expr::AggregateUDF};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    ranking::{Measure, aggregate, groups},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "top_share",
        syntax: "top_share(value, score, share)",
        summary: "Part of the sum of a value that the given share of rows with the highest scores \
                  holds.",
        semantics: "`value` is an integer, `share` a constant above 0 and up to 1. Of rows with equal \
                    scores at the cut each counts in part, so that the result is the same for any \
                    order of rows. Rows where value or score is null do not count; null where the \
                    values add up to 0.",
        complexity: "O(n log n) a group; 24 bytes a row.",
        example: "select top_share(actual_orders, expected_orders, 0.1) from core.calibration_scores \
                  group by model",
        source: "Cumulative gains: Berry and Linoff, Data Mining Techniques, 3rd ed. 2011.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |given| {
            let wanted = &[Argument::Integer, Argument::Float, Argument::Float];
            Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
        },
        |call| match call.constant(2, FUNCTION.doc.syntax)? {
            ScalarValue::Float64(Some(share)) if *share > 0.0 && *share <= 1.0 => {
                Ok(groups(Measure::TopShare(*share)))
            }
            other => {
                plan_err!(
                    "`{}` needs a share above 0 and up to 1, not {other}",
                    FUNCTION.doc.syntax
                )
            }
        },
    )
}
