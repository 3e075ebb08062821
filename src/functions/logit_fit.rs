/*!
`logit_fit(label, feature, …)`: a logistic regression.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    fit::Definition,
    model::LOGIT,
};
use crate::models::logit;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "logit_fit",
        syntax: "logit_fit(label, feature, …)",
        summary: "Fits the logistic regression of a condition on features by maximum likelihood.",
        semantics: "A struct `{model, parameters, standard_errors, log_likelihood, n, converged, \
                    reason}` whose parameters and errors are lists: the intercept, then the \
                    coefficient of each feature, per unit of the feature. Rows with a null do not \
                    count, no penalty is applied. Where labels are all alike, a feature is constant \
                    or the sum of others, or features tell the labels apart without exception, \
                    `converged` is false and `reason` says so; predictions of such a model are null. \
                    The same bits for any order of rows. An error for features that are not finite.",
        complexity: "O(n log n) and about 20 + 4 features passes over the distinct rows, on all \
                     cores; 40 + 8 features bytes a distinct row.",
        example: "select logit_fit(is_churned, ticket_count, days_since_last_order) as model from \
                  customers",
        source: "Cox, Journal of the Royal Statistical Society B 20 (1958).",
    },
    build: Build::Aggregate(build),
};

static DEFINITION: Definition<Box<[f64]>> = Definition {
    doc: FUNCTION.doc,
    kind: LOGIT,
    coerce: |given| {
        let parameters = Parameters {
            rest: Some(Argument::Float),
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Condition, Argument::Float])
        };
        parameters.coerce(given)
    },
    values: |given| given,
    is_possible: |_| true,
    domain: "finite features",
    counts: |_| true,
    fit: logit::fit,
};

fn build() -> AggregateUDF {
    DEFINITION.aggregate(
        |_| DEFINITION.kind.data_type(),
        |_| DEFINITION.nothing(),
        |types| DEFINITION.state(types),
        |call| Ok(DEFINITION.groups(call)),
    )
}
