/*!
`two_prop_p(k1, n1, k2, n2)`: how often chance alone sets two shares so far apart.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    two_shares::{compare, scalar},
};
use crate::models::{proportion::pooled_z, tail::normal_two_sided};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "two_prop_p",
        syntax: "two_prop_p(k1, n1, k2, n2)",
        summary: "Two-sided p value of two shares, `k1` of `n1` and `k2` of `n2`, being equal.",
        semantics: "That of `two_prop_z`: the two samples are independent, with tens of trials and \
                    more and five successes and failures on both sides. Null where n1 or n2 is 0, \
                    where successes are everywhere or nowhere, or any argument is null; an error \
                    unless 0 <= k <= n on both sides.",
        complexity: "O(1) a row, no state.",
        example: "select two_prop_p(converted_count, visitor_count, control_converted_count, control_visitor_count) from marts.experiments",
        source: "Pearson 1900; Fleiss, Statistical Methods for Rates and Proportions, chapter 2.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[], |arguments| {
        compare(FUNCTION.doc, arguments, |first, second, _| {
            pooled_z(first, second).map(normal_two_sided)
        })
    })
}
