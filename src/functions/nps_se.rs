/*!
`nps_se(score)`: how far the Net Promoter Score of a sample may be off.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    nps::{coerce, count, net_promoter},
    tally::{Tally, aggregate},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "nps_se",
        syntax: "nps_se(score)",
        summary: "Standard error of the Net Promoter Score, in its points.",
        semantics: "100 * sqrt((p + d - (p - d)^2) / n) for shares p and d of promoters and \
                    detractors among n answers; 0 for a single answer. Null scores do not count; \
                    null where none is left; a score outside 0–10 is an error.",
        complexity: "O(1) a row; 24 bytes a group.",
        example: "select nps(score) - 1.96 * nps_se(score) as low from core.surveys",
        source: "Breen, cybaea.net, 2016-01-14.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<3>(FUNCTION.doc, coerce, |_| {
        Ok(Box::new(Tally::new(count, |counts| net_promoter(counts).standard_error())))
    })
}
