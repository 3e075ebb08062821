/*!
`gamma_gamma_fit(frequency, monetary)`: what purchases of many customers are worth.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    fit::Definition,
    model::GAMMA_GAMMA,
};
use crate::models::value::gamma_gamma;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "gamma_gamma_fit",
        syntax: "gamma_gamma_fit(frequency, monetary)",
        summary: "Fits the Gamma-Gamma model of what a customer spends on a purchase by maximum \
                  likelihood.",
        semantics: "A struct `{model, parameters: {p, q, v}, standard_errors, log_likelihood, n, \
                    converged, reason}`. `monetary` is the mean value of the `frequency` purchases \
                    after the first; v is in its unit. Rows with a null and those with frequency 0 \
                    do not count. Where the fit fails, `converged` is false and `reason` says why; \
                    the scores of such a model are null. The model assumes that value and frequency \
                    are independent. The same bits for any order of rows. An error unless frequency \
                    >= 0 and, where it is above 0, monetary > 0.",
        complexity: "O(n log n) and about 40 passes over the distinct observations, on all cores; 24 \
                     bytes a distinct observation.",
        example: "select gamma_gamma_fit(frequency, monetary_value) as model from \
                  marts.customer_value where monetary_value > 0",
        source: "Fader and Hardie 2013, brucehardie.com/notes/025.",
    },
    build: Build::Aggregate(build),
};

static DEFINITION: Definition<[f64; 2]> = Definition {
    doc: FUNCTION.doc,
    kind: GAMMA_GAMMA,
    coerce: |given| {
        let wanted = &[Argument::Integer, Argument::Float];
        Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
    },
    values: |given| given,
    is_possible: |[frequency, mean]| *frequency == 0.0 || (*frequency > 0.0 && *mean > 0.0),
    domain: "frequency >= 0 and, where it is above 0, monetary > 0",
    counts: |[frequency, _]| *frequency > 0.0,
    fit: gamma_gamma::fit,
};

fn build() -> AggregateUDF {
    DEFINITION.aggregate(
        |_| DEFINITION.kind.data_type(),
        |_| DEFINITION.nothing(),
        |types| DEFINITION.state(types),
        |call| Ok(DEFINITION.groups(call)),
    )
}
