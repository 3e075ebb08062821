/*!
`bg_bb_fit(frequency, recency, opportunities)`: the BG/BB model of many customers.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    fit::Definition,
    model::BG_BB,
    score::AT_OPPORTUNITIES,
};
use crate::models::value::bg_bb;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "bg_bb_fit",
        syntax: "bg_bb_fit(frequency, recency, opportunities)",
        summary: "Fits the BG/BB model of customers who buy or not at each of a number of \
                  opportunities and may leave between them by maximum likelihood.",
        semantics: "A struct `{model, parameters: {alpha, beta, gamma, delta}, standard_errors, \
                    log_likelihood, n, converged, reason}`. All three arguments are integers: \
                    purchases after the first, the opportunity of the last one (0 where there was \
                    none), and the opportunities since the first purchase. Rows with a null do \
                    not count. Where the fit fails, `converged` is false and `reason` says why; \
                    the scores of such a model are null. An error unless 0 <= frequency <= \
                    recency <= opportunities <= 100,000, with a recency of 0 where frequency is \
                    0.",
        complexity: "O(n log n) and about 40 passes over the distinct histories, on all cores; 32 \
                     bytes a distinct history.",
        example: "select bg_bb_fit(repeat_gifts, last_gift_year, years) from donors",
        source: "Fader, Hardie and Shang, Marketing Science 29 (2010).",
    },
    build: Build::Aggregate(build),
};

static DEFINITION: Definition<[f64; 3]> = Definition {
    doc: FUNCTION.doc,
    kind: BG_BB,
    coerce: |given| {
        let wanted = &[Argument::Integer, Argument::Integer, Argument::Integer];
        Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
    },
    values: |given| given,
    is_possible: |history| AT_OPPORTUNITIES.has(history),
    domain: AT_OPPORTUNITIES.text,
    counts: |_| true,
    fit: bg_bb::fit,
};

fn build() -> AggregateUDF {
    DEFINITION.aggregate(
        |_| DEFINITION.kind.data_type(),
        |_| DEFINITION.nothing(),
        |types| DEFINITION.state(types),
        |call| Ok(DEFINITION.groups(call)),
    )
}
