/*!
`csat(score, max)`: customer satisfaction.
*/

use datafusion::{common::exec_err, error::Result, logical_expr::AggregateUDF};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    tally::{Tally, aggregate},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "csat",
        syntax: "csat(score, max)",
        summary: "Customer satisfaction: percentage of scores in the two highest boxes of a scale \
                  that ends at `max`.",
        semantics: "0 to 100 as Float64, from exact counts: on a scale of 1 to 5 the percentage of \
                    4 and 5. `max` may differ from row to row, though scales that differ are better \
                    grouped apart. Rows with a null do not count; null where none is left; a score \
                    above `max` is an error.",
        complexity: "O(1) a row; 16 bytes a group.",
        example: "select survey_id, csat(score, scale_max) from core.surveys where kind = 'csat' group by survey_id, scale_max",
        source: "Top-2-box score, the usual definition of CSAT.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<2>(
        FUNCTION.doc,
        |given| {
            let wanted = &[Argument::Integer, Argument::Integer];
            Parameters::new(FUNCTION.doc.syntax, wanted).coerce(given)
        },
        |_| Ok(Box::new(Tally::new(count, percentage))),
    )
}

fn count(arguments: &[i64], [satisfied, answers]: &mut [u64; 2]) -> Result<()> {
    let (score, most) = (arguments[0], arguments[1]);
    if score > most {
        return exec_err!("a score of {score} where csat takes {most} at most");
    }
    *satisfied += u64::from(score > most.saturating_sub(2));
    *answers += 1;
    Ok(())
}

fn percentage([satisfied, answers]: &[u64; 2]) -> Option<f64> {
    (*answers > 0).then(|| 100.0 * *satisfied as f64 / *answers as f64)
}
