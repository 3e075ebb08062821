/*!
`km_median_high(duration, observed [, confidence])`: the upper end of what a median duration may really be.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    survival::{Answer, aggregate, coerce, groups},
};
use crate::models::survival::median;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "km_median_high",
        syntax: "km_median_high(duration, observed [, confidence])",
        summary: "Upper end of the interval of the Kaplan-Meier median.",
        semantics: "`duration` is a number from 0 on in any unit, `observed` whether its end was \
                    seen: false and null are censored, that is, it lasted at least so long. Null \
                    where the upper curve stays above one half, which is common: the median may be \
                    any longer duration. By Brookmeyer and Crowley over the log(-log S) interval. \
                    `confidence` is a constant, 0.95 unless given. Null durations do not count; null \
                    where none is left; a negative one is an error.",
        complexity: "O(n log n) a group; 16 bytes a row.",
        example: "select km_median_high(duration_seconds, not is_censored) from journeys.stage_visits group by stage",
        source: "Kaplan and Meier, JASA 53 (1958); Brookmeyer and Crowley, Biometrics 38 (1982).",
    },
    build: Build::Aggregate(build),
};

const ANSWER: Answer = Answer::Number(|table, confidence| median(table, confidence).high);

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |_| ANSWER.data_type(),
        |given| coerce(FUNCTION.doc.syntax, given),
        |call| groups(FUNCTION.doc, ANSWER, call),
    )
}
