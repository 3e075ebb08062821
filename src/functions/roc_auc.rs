/*!
`roc_auc(label, score)`: how well a score tells two kinds of cases apart.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    ranking::{Measure, aggregate, groups},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "roc_auc",
        syntax: "roc_auc(label, score)",
        summary: "Chance that a case for which a condition holds has a higher score than one for \
                  which it does not: the area under the ROC curve.",
        semantics: "From 0 to 1; 0.5 is no better than chance. Equal scores count half. Rows where \
                    label or score is null do not count; null unless there are cases of both kinds. \
                    From exact counts, so the same for any order of rows.",
        complexity: "O(n log n) a group; 24 bytes a row.",
        example: "select roc_auc(actual_orders > 0, p_active) from core.calibration_scores group by model",
        source: "Hanley and McNeil, Radiology 143 (1982); Mann and Whitney 1947.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |given| {
            let wanted = &[Argument::Condition, Argument::Float];
            Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
        },
        |_| Ok(groups(Measure::RocAuc)),
    )
}
