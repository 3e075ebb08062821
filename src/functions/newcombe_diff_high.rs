/*!
`newcombe_diff_high(k1, n1, k2, n2 [, confidence])`: the upper end of what a difference of two shares
may really be.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    two_shares::{compare, scalar},
};
use crate::models::proportion::newcombe;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "newcombe_diff_high",
        syntax: "newcombe_diff_high(k1, n1, k2, n2 [, confidence])",
        summary: "Upper end of the interval of a difference of two shares, `k1` of `n1` less `k2` of \
                  `n2`.",
        semantics: "`confidence` is 0.95 unless given. The two samples are independent. Below 0 means \
                    that the first share is surely smaller. Null where n1 or n2 is 0 or any argument \
                    is null; an error unless 0 <= k <= n on both sides and confidence lies within \
                    (0, 1).",
        complexity: "O(1) a row, no state.",
        example: "select newcombe_diff_high(converted_count, visitor_count, control_converted_count, control_visitor_count) from marts.experiments",
        source: "Newcombe, Statistics in Medicine 17 (1998) 873–890, method 10.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[Argument::Float], |arguments| {
        compare(FUNCTION.doc, arguments, |first, second, confidence| {
            Some(newcombe(first, second, confidence).1)
        })
    })
}
