/*!
`wilson_high(k, n [, confidence])`: the upper end of what a share may really be.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    wilson_low::{bounds, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "wilson_high",
        syntax: "wilson_high(k, n [, confidence])",
        summary: "Upper end of the Wilson interval of a share of `k` out of `n`.",
        semantics: "`confidence` is 0.95 unless given. 1 where k is n; null where n is 0 or any \
                    argument is null; an error unless 0 <= k <= n and confidence lies within (0, 1).",
        complexity: "O(1) a row, no state.",
        example: "select wilson_high(converted_count, visitor_count) from marts.funnel_steps",
        source: "Wilson 1927; Newcombe 1998, method 3.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, |arguments| bounds(FUNCTION.doc, arguments, |(_, high)| high)).into()
}
