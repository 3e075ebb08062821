/*!
`pareto_nbd_p_alive(model, frequency, recency, age)`: who is still a customer.
*/

use datafusion::logical_expr::ScalarUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::Argument,
    model::PARETO_NBD,
    score::{PARETO_NBD_SCORES, scalar},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "pareto_nbd_p_alive",
        syntax: "pareto_nbd_p_alive(model, frequency, recency, age)",
        summary: "Chance that a customer is still there now, by a fitted Pareto/NBD model.",
        semantics: "From 0 to 1. Not a churn score: use 1 - pareto_nbd_p_active(…). Null where \
                    the model is null or did not converge, or another argument is null. Times are \
                    in the unit of the fit. An error unless 0 <= recency <= age and recency is 0 \
                    where frequency is 0.",
        complexity: "One numerical integral of 8 or more points a row, no state.",
        example: "select pareto_nbd_p_alive(model, frequency, recency_days, age_days) from \
                  marts.customer_value cross join (select pareto_nbd_fit(frequency, recency_days, \
                  age_days) as model from marts.customer_value) as fit",
        source: "Schmittlein, Morrison and Colombo, Management Science 33 (1987); Fader and \
                 Hardie 2005, brucehardie.com/notes/009.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    let wanted =
        &[Argument::Model(&[PARETO_NBD]), Argument::Integer, Argument::Float, Argument::Float];
    scalar(FUNCTION.doc, wanted, |arguments| PARETO_NBD_SCORES.p_alive(FUNCTION.doc, arguments))
}
