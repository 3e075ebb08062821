/*!
`km_median(duration, observed [, confidence])`: the median of durations, when some have not ended yet.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    survival::{Answer, aggregate, coerce, groups},
};
use crate::models::survival::median;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "km_median",
        syntax: "km_median(duration, observed [, confidence])",
        summary: "Kaplan-Meier median: the shortest duration after which at most half are left.",
        semantics: "`duration` is a number from 0 on in any unit, `observed` whether its end was \
                    seen: false and null are censored, that is, it lasted at least so long. Null \
                    where more than half last longer than anyone was seen. `confidence` is a \
                    constant, 0.95 unless given, and does not move the median. Null durations do not \
                    count; null where none is left; a negative one is an error.",
        complexity: "O(n log n) a group; 16 bytes a row.",
        example: "select km_median(duration_seconds, not is_censored) from journeys.stage_visits group by stage",
        source: "Kaplan and Meier, JASA 53 (1958); Brookmeyer and Crowley, Biometrics 38 (1982).",
    },
    build: Build::Aggregate(build),
};

const ANSWER: Answer = Answer::Number(|table, confidence| median(table, confidence).value);

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |_| ANSWER.data_type(),
        |given| coerce(FUNCTION.doc.syntax, given),
        |call| groups(FUNCTION.doc, ANSWER, call),
    )
}
