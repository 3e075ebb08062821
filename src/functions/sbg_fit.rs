/*!
`sbg_fit(periods, is_lost [, customers])`: how long customers with a contract stay.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    fit::Definition,
    model::SBG,
};
use crate::models::value::sbg;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sbg_fit",
        syntax: "sbg_fit(periods, is_lost [, customers])",
        summary: "Fits the shifted beta-geometric model of how long customers with a contract stay \
                  by maximum likelihood.",
        semantics: "A struct `{model, parameters: {alpha, beta}, standard_errors, log_likelihood, n, \
                    converged, reason}`. A customer who left at the end of period 1, 2, … has that \
                    period and is_lost true; one still there has the number of periods whose end the \
                    customer has stayed for, from 0 on. `customers` is how many such a row stands \
                    for, 1 unless given. Rows with a null do not count. Where the fit fails, as it \
                    does for customers all alike, `converged` is false and `reason` says why; the \
                    scores of such a model are null. The same bits for any order of rows. An error \
                    unless periods and customers are >= 0, and periods > 0 where is_lost.",
        complexity: "O(n log n) and about 40 passes over the distinct periods; 24 bytes a distinct \
                     period.",
        example: "select sbg_fit(term_number, is_lost) as model from renewals_due",
        source: "Fader and Hardie, Journal of Interactive Marketing 21 (2007).",
    },
    build: Build::Aggregate(build),
};

static DEFINITION: Definition<[f64; 2]> = Definition {
    doc: FUNCTION.doc,
    kind: SBG,
    coerce: |given| {
        let parameters = Parameters {
            optional: &[Argument::Integer],
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Integer, Argument::Condition])
        };
        parameters.coerce(given)
    },
    values: |given| given.min(2),
    is_possible: |[periods, lost]| *periods >= *lost,
    domain: "periods and customers >= 0, and periods > 0 where is_lost",
    counts: |_| true,
    fit: sbg::fit,
};

fn build() -> AggregateUDF {
    DEFINITION.aggregate(
        |_| DEFINITION.kind.data_type(),
        |_| DEFINITION.nothing(),
        |types| DEFINITION.state(types),
        |call| Ok(DEFINITION.groups(call)),
    )
}
