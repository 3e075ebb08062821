/*!
`nelson_aalen(duration, observed [, confidence])`: how risk adds up over time, when some have not ended yet.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    survival::{Answer, Curve, aggregate, coerce, groups},
};
use crate::models::survival::nelson_aalen;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "nelson_aalen",
        syntax: "nelson_aalen(duration, observed [, confidence])",
        summary: "Nelson-Aalen curve: cumulative hazard at each duration, as a list to unnest.",
        semantics: "`duration` is a number from 0 on in any unit, `observed` whether its end \
                    was seen: false and null are censored, that is, it lasted at least so long. \
                    A point a different duration: duration, at_risk_count, event_count, \
                    censored_count, hazard, hazard_low, hazard_high: the sum of events over those at \
                    risk, ties not smoothed, with the interval of log H, null before the first \
                    event. `confidence` is a constant, 0.95 unless given. Null durations do not \
                    count; null where none is left; a negative one is an error.",
        complexity: "O(n log n) a group; 16 bytes a row.",
        example: "select unnest(nelson_aalen(tenure_days, has_left)) as point from customers",
        source: "Nelson, Technometrics 14 (1972); Aalen, Annals of Statistics 6 (1978).",
    },
    build: Build::Aggregate(build),
};

const ANSWER: Answer =
    Answer::Curve(Curve { names: ["hazard", "hazard_low", "hazard_high"], estimate: nelson_aalen });

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |_| ANSWER.data_type(),
        |given| coerce(FUNCTION.doc.syntax, given),
        |call| groups(FUNCTION.doc, ANSWER, call),
    )
}
