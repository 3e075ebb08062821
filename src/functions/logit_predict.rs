/*!
`logit_predict(model, feature, …)`: a probability by a logistic regression.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array},
        datatypes::DataType,
    },
    common::exec_err,
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    model::{LOGIT, Models},
    scalar::Scalar,
    score::Numbers,
};
use crate::models::logit::probability;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "logit_predict",
        syntax: "logit_predict(model, feature, …)",
        summary: "Probability that the condition of a fitted logistic regression holds.",
        semantics: "From 0 to 1, for features in the order of the fit. Null where the model is null \
                    or did not converge, or a feature is null. An error if the model was fitted to \
                    another number of features.",
        complexity: "O(features) a row, no state.",
        example: "select logit_predict(model, ticket_count, days_since_last_order) from customers \
                  cross join (select logit_fit(is_churned, ticket_count, days_since_last_order) as \
                  model from customers) as fit",
        source: "Cox, Journal of the Royal Statistical Society B 20 (1958).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters {
            rest: Some(Argument::Float),
            ..Parameters::new(FUNCTION.doc.syntax, &[Argument::Model(&[LOGIT]), Argument::Float])
        },
        returns: DataType::Float64,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let models = Models::new(arguments, 0)?;
    let features = Numbers::from(arguments, 1)?;
    let mut probabilities = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        let (Some(coefficients), Some(features)) = (models.coefficients(row)?, features.all(row))
        else {
            probabilities.push(None);
            continue;
        };
        if coefficients.len() != features.len() + 1 {
            return exec_err!(
                "`{}` got {} features for a model of {}",
                FUNCTION.doc.syntax,
                features.len(),
                coefficients.len().saturating_sub(1)
            );
        }
        probabilities.push(Some(probability(coefficients.values(), features.into_iter())));
    }
    Ok(Arc::new(Float64Array::from(probabilities)))
}
