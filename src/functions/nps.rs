/*!
`nps(score)`: the Net Promoter Score.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array},
        datatypes::{DataType, Int64Type},
    },
    common::exec_err,
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, Call, Groups},
    argument::{Argument, Parameters},
    filter::kept,
};
use crate::models::proportion::NetPromoter;

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
    aggregate(FUNCTION.doc, |_| Ok(Box::new(Scores::new(NetPromoter::score)))).into()
}

/// An aggregate of scores from 0 to 10.
pub(super) fn aggregate(
    doc: FunctionDoc,
    groups: fn(&Call) -> Result<Box<dyn Groups>>,
) -> Aggregate {
    Aggregate {
        name: doc.name,
        coerce: |given| Parameters::new("nps(score)", &[Argument::Integer]).coerce(given),
        returns: DataType::Float64,
        empty: ScalarValue::Float64(None),
        state: |_| vec![DataType::Int64; 3],
        groups,
    }
}

/// Promoters, detractors and answers of each group.
#[derive(Clone)]
pub(super) struct Scores {
    counts: Vec<NetPromoter>,
    finish: fn(&NetPromoter) -> Option<f64>,
}

impl Scores {
    pub(super) fn new(finish: fn(&NetPromoter) -> Option<f64>) -> Self {
        Self { counts: Vec::new(), finish }
    }
}

impl GroupsAccumulator for Scores {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_groups, NetPromoter::default());
        let scores = values[0].as_primitive::<Int64Type>();
        let kept = kept(filter, scores.nulls());
        for (row, group) in groups.iter().enumerate() {
            if kept.as_ref().is_some_and(|kept| kept.is_null(row)) {
                continue;
            }
            let counts = &mut self.counts[*group];
            counts.answers += 1;
            match scores.value(row) {
                9..=10 => counts.promoters += 1,
                7..=8 => {}
                0..=6 => counts.detractors += 1,
                other => return exec_err!("a score of {other} where nps takes 0 to 10"),
            }
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_groups, NetPromoter::default());
        let [promoters, detractors, answers] =
            [0, 1, 2].map(|position| states[position].as_primitive::<Int64Type>());
        for (row, group) in groups.iter().enumerate() {
            // The state of no rows at all is null.
            if answers.is_valid(row) {
                let counts = &mut self.counts[*group];
                counts.promoters += promoters.value(row) as u64;
                counts.detractors += detractors.value(row) as u64;
                counts.answers += answers.value(row) as u64;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let counts = emit_to.take_needed(&mut self.counts);
        Ok(Arc::new(counts.iter().map(self.finish).collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let counts = emit_to.take_needed(&mut self.counts);
        Ok(columns(&counts))
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::new(self.finish);
        each.update_batch(values, &Vec::from_iter(0..rows), filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.counts.capacity() * size_of::<NetPromoter>()
    }
}

fn columns(counts: &[NetPromoter]) -> Vec<ArrayRef> {
    let column = |read: fn(&NetPromoter) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(counts.iter().map(|count| read(count) as i64)))
    };
    vec![column(|c| c.promoters), column(|c| c.detractors), column(|c| c.answers)]
}
