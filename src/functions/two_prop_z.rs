/*!
`two_prop_z(k1, n1, k2, n2)`: how many standard errors two shares are apart.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    two_shares::{compare, scalar},
};
use crate::models::proportion::pooled_z;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "two_prop_z",
        syntax: "two_prop_z(k1, n1, k2, n2)",
        summary: "z statistic of two shares, `k1` of `n1` less `k2` of `n2`, with pooled variance.",
        semantics: "The two samples are independent; fit for tens of trials and more, with five \
                    successes and failures on both sides. Null where n1 or n2 is 0, where successes \
                    are everywhere or nowhere, or any argument is null; an error unless 0 <= k <= n \
                    on both sides. `two_prop_p` gives its p value.",
        complexity: "O(1) a row, no state.",
        example: "select two_prop_z(converted_count, visitor_count, control_converted_count, control_visitor_count) from marts.experiments",
        source: "Pearson 1900; Fleiss, Statistical Methods for Rates and Proportions, chapter 2.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[], |arguments| {
        compare(FUNCTION.doc, arguments, |first, second, _| pooled_z(first, second))
    })
}
