/*!
`ces_top3(score)`: how many found it easy.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    ces_mean::{coerce, count},
    tally::{Tally, aggregate},
};
use crate::models::survey::Effort;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "ces_top3",
        syntax: "ces_top3(score)",
        summary: "Percentage of Customer Effort Scores from 5 to 7: those who found it easy.",
        semantics: "0 to 100 as Float64, from exact counts. Null scores do not count; null where none is left; a \
                    score outside 1–7 is an error.",
        complexity: "O(1) a row; 56 bytes a group.",
        example: "select ces_top3(score) from core.surveys where kind = 'ces' and scale_max = 7",
        source: "CES 2.0: Dixon, Toman and DeLisi, The Effortless Experience, 2013.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<7>(FUNCTION.doc, coerce, |_| {
        Ok(Box::new(Tally::new(count, |counts| Effort { counts: *counts }.top_three())))
    })
}
