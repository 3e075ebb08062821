/*!
`pareto_nbd_fit(frequency, recency, age)`: the Pareto/NBD model of many customers.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    fit::Definition,
    model::PARETO_NBD,
    score::AT_ANY_TIME,
};
use crate::models::value::pareto_nbd;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "pareto_nbd_fit",
        syntax: "pareto_nbd_fit(frequency, recency, age)",
        summary: "Fits the Pareto/NBD model of customers who buy at random times and may leave at \
                  any moment by maximum likelihood.",
        semantics: "A struct `{model, parameters: {r, alpha, s, beta}, standard_errors, \
                    log_likelihood, n, converged, reason}`. `frequency` is the whole number of \
                    purchases after the first (those of a day are one), `recency` the time from \
                    the first to the last one, `age` the time since the first, in any one unit: \
                    alpha and beta are in it, r and s are not. Rows with a null do not count. \
                    Where the fit fails, `converged` is false and `reason` says why; the scores \
                    of such a model are null. The same bits for any order of rows. An error \
                    unless 0 <= recency <= age and recency is 0 where frequency is 0.",
        complexity: "O(n log n) and about 40 passes over the distinct histories, on all cores, \
                     with an integral for each; 32 bytes a distinct history.",
        example: "select pareto_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as model \
                  from marts.customer_value",
        source: "Schmittlein, Morrison and Colombo, Management Science 33 (1987); Fader and \
                 Hardie 2005, brucehardie.com/notes/009.",
    },
    build: Build::Aggregate(build),
};

static DEFINITION: Definition<[f64; 3]> = Definition {
    doc: FUNCTION.doc,
    kind: PARETO_NBD,
    coerce: |given| {
        let wanted = &[Argument::Integer, Argument::Float, Argument::Float];
        Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
    },
    values: |given| given,
    is_possible: |history| AT_ANY_TIME.has(history),
    domain: AT_ANY_TIME.text,
    counts: |_| true,
    fit: pareto_nbd::fit,
};

fn build() -> AggregateUDF {
    DEFINITION.aggregate(
        |_| DEFINITION.kind.data_type(),
        |_| DEFINITION.nothing(),
        |types| DEFINITION.state(types),
        |call| Ok(DEFINITION.groups(call)),
    )
}
