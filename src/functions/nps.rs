/*!
`nps(score)`: the Net Promoter Score.
*/

use datafusion::{
    arrow::datatypes::DataType, common::exec_err, error::Result, logical_expr::AggregateUDF,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    tally::{Tally, aggregate},
};
use crate::models::survey::NetPromoter;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "nps",
        syntax: "nps(score)",
        summary: "Net Promoter Score of whole scores from 0 to 10: percentage of promoters (9, 10) \
                  minus that of detractors (0 to 6).",
        semantics: "-100 to 100 as Float64, from exact counts. Null scores do not count; null where \
                    none is left; a score outside 0–10 is an error.",
        complexity: "O(1) a row; 24 bytes a group.",
        example: "select survey_id, nps(score), nps_se(score) from core.surveys where kind = 'nps' group by survey_id",
        source: "Reichheld, Harvard Business Review 2003; netpromotersystem.com.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<3>(FUNCTION.doc, coerce, |_| {
        Ok(Box::new(Tally::new(count, |counts| net_promoter(counts).score())))
    })
}

pub(super) fn coerce(given: &[DataType]) -> Result<Vec<DataType>> {
    Parameters::new(FUNCTION.doc.syntax, &[Argument::Integer]).coerce(given)
}

pub(super) fn count(arguments: &[i64], counts: &mut [u64; 3]) -> Result<()> {
    let [promoters, detractors, answers] = counts;
    *answers += 1;
    match arguments[0] {
        9..=10 => *promoters += 1,
        7..=8 => {}
        0..=6 => *detractors += 1,
        other => return exec_err!("a score of {other} where nps takes 0 to 10"),
    }
    Ok(())
}

pub(super) fn net_promoter([promoters, detractors, answers]: &[u64; 3]) -> NetPromoter {
    NetPromoter { promoters: *promoters, detractors: *detractors, answers: *answers }
}
