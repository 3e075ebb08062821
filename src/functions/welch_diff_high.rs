/*!
`welch_diff_high(n1, sum1, sum_of_squares1, n2, sum2, sum_of_squares2 [, confidence])`:
the upper end of what a difference of two means may really be.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    two_samples::{compared, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "welch_diff_high",
        syntax: "welch_diff_high(n1, sum1, sum_of_squares1, n2, sum2, sum_of_squares2 [, confidence])",
        summary: "Upper end of Welch's interval of a difference of two means, the first less the second.",
        semantics: "Each sample is told by its size, the sum of its values and the sum of their \
                    squares, integers or decimals, so that the result does not depend on the order \
                    of rows. The samples are independent and may vary differently. Null where a size \
                    is below 2, neither sample varies or any argument is null; an error for sums that \
                    cannot be right or a `confidence` outside (0, 1), which is 0.95 unless given.",
        complexity: "O(1) a row, no state.",
        example: "select welch_diff_high(n, value_sum, square_sum, control_n, control_sum, control_square_sum) from marts.experiments",
        source: "Welch, Biometrika 34 (1947); Satterthwaite, Biometrics Bulletin 2 (1946).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    scalar(FUNCTION.doc, &[Argument::Float], |arguments| {
        compared(FUNCTION.doc, arguments, |comparison, confidence| {
            comparison.interval(confidence).1
        })
    })
}
