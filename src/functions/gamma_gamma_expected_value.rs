/*!
`gamma_gamma_expected_value(model, frequency, monetary)`: what a purchase of a customer is worth.
*/

use datafusion::{common::exec_err, error::Result, logical_expr::ScalarUDF};

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::GAMMA_GAMMA,
    score::{scalar, scores},
};
use crate::models::value::gamma_gamma;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "gamma_gamma_expected_value",
        syntax: "gamma_gamma_expected_value(model, frequency, monetary)",
        summary: "Mean value to expect of a customer's purchases, by a fitted Gamma-Gamma model.",
        semantics: "Between what the customer and what all customers spend, the closer to the \
                    former the more purchases there were; for frequency 0 it is the mean of all, \
                    whatever monetary is. Null where the model is null or did not converge, where \
                    another argument is null, and where the model has no finite mean (p frequency + \
                    q <= 1). An error unless frequency >= 0 and, where it is above 0, monetary > 0.",
        complexity: "O(1) a row, no state.",
        example: "select gamma_gamma_expected_value(model, frequency, monetary_value) from \
                  marts.customer_value cross join (select gamma_gamma_fit(frequency, monetary_value) \
                  as model from marts.customer_value where monetary_value > 0) as fit",
        source: "Fader and Hardie 2013, brucehardie.com/notes/025.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted = &[Argument::Model(&[GAMMA_GAMMA]), Argument::Integer, Argument::Float];
    scalar(FUNCTION.doc, wanted, |arguments| {
        scores(arguments, &[GAMMA_GAMMA], |_, parameters, [frequency, mean]| {
            expected_value(FUNCTION.doc, parameters, frequency, mean)
        })
    })
}

/// The value, none where it is infinite, or what is wrong with the arguments.
pub(super) fn expected_value(
    doc: FunctionDoc,
    parameters: [f64; 3],
    frequency: f64,
    mean: f64,
) -> Result<Option<f64>> {
    if frequency == 0.0 || (frequency > 0.0 && mean > 0.0 && mean.is_finite()) {
        return Ok(gamma_gamma::model(parameters).expected_value(frequency, mean));
    }
    exec_err!(
        "`{}` got a frequency of {frequency} and a monetary value of {mean}; it takes a frequency \
         >= 0 and, where it is above 0, a monetary value > 0",
        doc.syntax
    )
}
