/*!
`mrr_movement(before, after, ever_paid)`: what a change of recurring revenue is called.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, StringArray},
        datatypes::DataType,
    },
    common::exec_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Exact, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "mrr_movement",
        syntax: "mrr_movement(before, after, ever_paid)",
        summary: "Kind of a change of a customer's recurring revenue.",
        semantics: "From 0: 'reactivation' where the customer has ever paid, else 'new'. To 0: \
                    'churn'. Else 'expansion' or 'contraction'. Null where nothing changes or an \
                    amount is null; a null `ever_paid` is false; a negative amount is an error. \
                    Amounts are integers or decimals, of all the customer's subscriptions together, \
                    in one currency.",
        complexity: "O(1) a row, no state.",
        example: "select mrr_movement(mrr_before, mrr_after, movement_number > 1) as kind from customer_months",
        source: "ChartMogul: net MRR movements.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(
            FUNCTION.doc.syntax,
            &[Argument::Exact, Argument::Exact, Argument::Condition],
        ),
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let (before, after) = (arguments.exact(0)?, arguments.exact(1)?);
    let ever_paid = arguments.array(2)?;
    let ever_paid = ever_paid.as_boolean();
    let scale = before.scale.max(after.scale);
    let mut kinds = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let at_scale = |exact: &Exact| exact.at_scale(row, scale, FUNCTION.doc.syntax);
        let (Some(before), Some(after)) = (at_scale(&before)?, at_scale(&after)?) else {
            kinds.push(None);
            continue;
        };
        if before < 0 || after < 0 {
            return exec_err!("`{}` got a negative amount", FUNCTION.doc.syntax);
        }
        let has_paid = ever_paid.is_valid(row) && ever_paid.value(row);
        kinds.push(kind(before, after, has_paid));
    }
    Ok(Arc::new(StringArray::from(kinds)))
}

fn kind(before: i128, after: i128, has_paid: bool) -> Option<&'static str> {
    Some(match (before, after) {
        (before, after) if before == after => return None,
        (0, _) if has_paid => "reactivation",
        (0, _) => "new",
        (_, 0) => "churn",
        (before, after) if before < after => "expansion",
        _ => "contraction",
    })
}
