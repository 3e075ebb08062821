/*!
`mbg_nbd_fit(frequency, recency, age)`: the MBG/NBD model of many customers.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    fit::Definition,
    model::MBG_NBD,
    score::AT_ANY_TIME,
};
use crate::models::value::mbg_nbd;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "mbg_nbd_fit",
        syntax: "mbg_nbd_fit(frequency, recency, age)",
        summary: "Fits the MBG/NBD model of customers who buy at random times and may leave after \
                  each purchase, the first one too by maximum likelihood.",
        semantics: "A struct `{model, parameters: {r, alpha, a, b}, standard_errors, \
                    log_likelihood, n, converged, reason}`. `frequency` is the whole number of \
                    purchases after the first (those of a day are one), `recency` the time from \
                    the first to the last one, `age` the time since the first, in any one unit: \
                    alpha is in it, the other parameters are not. Rows with a null do not count. \
                    Where the fit fails, `converged` is false and `reason` says why; the scores \
                    of such a model are null. The same bits for any order of rows. An error \
                    unless 0 <= recency <= age and recency is 0 where frequency is 0.",
        complexity: "O(n log n) and about 40 passes over the distinct histories, on all cores; 32 \
                     bytes a distinct history.",
        example: "select mbg_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as model from \
                  marts.customer_value",
        source: "Batislam, Denizel and Filiztekin, International Journal of Research in Marketing \
                 24 (2007).",
    },
    build: Build::Aggregate(build),
};

static DEFINITION: Definition<[f64; 3]> = Definition {
    doc: FUNCTION.doc,
    kind: MBG_NBD,
    coerce: |given| {
        let wanted = &[Argument::Integer, Argument::Float, Argument::Float];
        Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
    },
    values: |given| given,
    is_possible: |history| AT_ANY_TIME.has(history),
    domain: AT_ANY_TIME.text,
    counts: |_| true,
    fit: mbg_nbd::fit,
};

fn build() -> AggregateUDF {
    DEFINITION.aggregate(
        |_| DEFINITION.kind.data_type(),
        |_| DEFINITION.nothing(),
        |types| DEFINITION.state(types),
        |call| Ok(DEFINITION.groups(call)),
    )
}
