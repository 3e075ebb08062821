/*!
`welch_p(n1, sum1, sum_of_squares1, n2, sum2, sum_of_squares2)`:
how often chance alone sets two means so far apart.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    two_samples::{compared, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "welch_p",
        syntax: "welch_p(n1, sum1, sum_of_squares1, n2, sum2, sum_of_squares2)",
        summary: "Two-sided p value of two means being equal, by Welch's t test.",
        semantics: "Each sample is told by its size, the sum of its values and the sum of their \
                    squares, integers or decimals, so that the result does not depend on the order \
                    of rows. The samples are independent and may vary differently. Null where a size \
                    is below 2, neither sample varies or any argument is null; an error for sums that \
                    cannot be right.",
        complexity: "O(1) a row, no state.",
        example: "select welch_p(n, value_sum, square_sum, control_n, control_sum, control_square_sum) from marts.experiments",
        source: "Welch, Biometrika 34 (1947); Satterthwaite, Biometrics Bulletin 2 (1946).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[], |arguments| {
        compared(FUNCTION.doc, arguments, |comparison, _| comparison.p_value())
    })
}
