/*!
`kaplan_meier(duration, observed [, confidence])`: how many last how long, when some have not ended yet.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    survival::{Answer, Curve, aggregate, coerce, groups},
};
use crate::models::survival::kaplan_meier;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "kaplan_meier",
        syntax: "kaplan_meier(duration, observed [, confidence])",
        summary: "Kaplan-Meier curve: the share that lasts longer than each duration, as a list to unnest.",
        semantics: "`duration` is a number from 0 on in any unit, `observed` whether its end \
                    was seen: false and null are censored, that is, it lasted at least so long. \
                    A point a different duration: duration, at_risk_count, event_count, \
                    censored_count, survival, survival_low, survival_high. The interval is that of \
                    log(-log S); null where S is 1 or 0. `confidence` is a constant, 0.95 unless \
                    given. Ends come before censorings of one duration. Null durations do not count; \
                    null where none is left; a negative one is an error.",
        complexity: "O(n log n) a group; 16 bytes a row.",
        example: "select unnest(kaplan_meier(tenure_days, has_left)) as point from customers",
        source: "Kaplan and Meier, JASA 53 (1958); Greenwood 1926; Kalbfleisch and Prentice 1980.",
    },
    build: Build::Aggregate(build),
};

const ANSWER: Answer = Answer::Curve(Curve {
    names: ["survival", "survival_low", "survival_high"],
    estimate: kaplan_meier,
});

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |_| ANSWER.data_type(),
        |given| coerce(FUNCTION.doc.syntax, given),
        |call| groups(FUNCTION.doc, ANSWER, call),
    )
}
