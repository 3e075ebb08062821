/*!
`ces_mean(score)`: the mean of the Customer Effort Score.
*/

use datafusion::{
    arrow::datatypes::DataType, common::exec_err, error::Result, logical_expr::AggregateUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    tally::{Tally, aggregate},
};
use crate::models::survey::Effort;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "ces_mean",
        syntax: "ces_mean(score)",
        summary: "Customer Effort Score: mean of answers from 1 (it was hard) to 7 (it was easy).",
        semantics: "1 to 7 as Float64, one division of exact counts. Null scores do not count; null \
                    where none is left; a score outside 1–7 is an error.",
        complexity: "O(1) a row; 56 bytes a group.",
        example: "select survey_id, ces_mean(score), ces_index(score) from core.surveys where kind = 'ces' group by survey_id",
        source: "CES 2.0: Dixon, Toman and DeLisi, The Effortless Experience, 2013.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<7>(FUNCTION.doc, coerce, |_| {
        Ok(Box::new(Tally::new(count, |counts| Effort { counts: *counts }.mean())))
    })
}

pub(super) fn coerce(given: &[DataType]) -> Result<Vec<DataType>> {
    Parameters::new(FUNCTION.doc.syntax, &[Argument::Integer]).coerce(given)
}

pub(super) fn count(arguments: &[i64], counts: &mut [u64; 7]) -> Result<()> {
    match arguments[0] {
        score @ 1..=7 => counts[score as usize - 1] += 1,
        other => return exec_err!("a score of {other} where effort takes 1 to 7"),
    }
    Ok(())
}
