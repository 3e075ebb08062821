/*!
Scores of customers by fitted models, row by row.

A score is null where the model is null or did not converge and where any other argument is null; a
history that cannot be is an error, because a score of it would look like one.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array},
        compute::cast,
        datatypes::{DataType, Float64Type},
    },
    common::{cast::as_float64_array, exec_err},
    error::Result,
    logical_expr::ScalarUDF,
};

use super::{
    FunctionDoc,
    argument::{Argument, Arguments, Parameters, at},
    model::{BG_BB, BG_NBD, Kind, MBG_NBD, Models, PARETO_NBD},
    scalar::Scalar,
};
use crate::models::value::{
    BetaGeometric, History, PurchaseModel,
    bg_bb::{self, BgBb},
    bg_nbd, mbg_nbd,
    pareto_nbd::{self, ParetoNbd},
};

/// A scalar function of models with results of type Float64.
pub(super) fn scalar(
    doc: FunctionDoc,
    arguments: &'static [Argument],
    kernel: fn(&Arguments) -> Result<ArrayRef>,
) -> ScalarUDF {
    Scalar {
        name: doc.name,
        parameters: Parameters::new(doc.syntax, arguments),
        returns: DataType::Float64,
        kernel,
    }
    .into()
}

/// Number arguments of a call, as floats.
pub(super) struct Numbers {
    columns: Vec<Float64Array>,
}

impl Numbers {
    /// The arguments from `first` on.
    pub(super) fn from(arguments: &Arguments, first: usize) -> Result<Self> {
        let column = |position| -> Result<Float64Array> {
            let column = cast(&arguments.array(position)?, &DataType::Float64)?;
            Ok(as_float64_array(&column)?.clone())
        };
        Ok(Self { columns: (first..arguments.values.len()).map(column).collect::<Result<_>>()? })
    }

    /// Those of a row, however many there are, unless one is null.
    pub(super) fn all(&self, row: usize) -> Option<Vec<f64>> {
        self.columns.iter().map(|column| at::<Float64Type>(column, row)).collect()
    }

    /// N of a row, unless one is null.
    pub(super) fn at<const N: usize>(&self, row: usize) -> Option<[f64; N]> {
        let mut all = [0.0; N];
        for (place, column) in all.iter_mut().zip(&self.columns) {
            *place = at::<Float64Type>(column, row)?;
        }
        Some(all)
    }
}

/// One score a row, of N parameters and M numbers that follow the model.
pub(super) fn scores<const N: usize, const M: usize>(
    arguments: &Arguments,
    kinds: &'static [&'static Kind],
    score: impl Fn(&'static Kind, [f64; N], [f64; M]) -> Result<Option<f64>>,
) -> Result<ArrayRef> {
    let models = Models::new(arguments, 0)?;
    let parameters = models.of::<N>(kinds)?;
    let numbers = Numbers::from(arguments, 1)?;
    let mut scores = Vec::with_capacity(arguments.rows);
    for row in 0..arguments.rows {
        scores.push(match (parameters.at(row)?, numbers.at(row)) {
            (Some((kind, parameters)), Some(numbers)) => score(kind, parameters, numbers)?,
            _ => None,
        });
    }
    Ok(Arc::new(Float64Array::from(scores)))
}

/// What a history may be, and how an error says so.
#[derive(Clone, Copy)]
pub(super) struct Domain {
    pub(super) is_possible: fn(&History) -> bool,
    pub(super) text: &'static str,
    pub(super) longest_horizon: f64,
}

/// Purchases at any time.
pub(super) const AT_ANY_TIME: Domain = Domain {
    is_possible: |_| true,
    text: "a frequency >= 0 and 0 <= recency <= age, with a recency of 0 where frequency is 0",
    longest_horizon: f64::MAX,
};

/// Purchases at given opportunities, one at each.
pub(super) const AT_OPPORTUNITIES: Domain = Domain {
    is_possible: bg_bb::is_possible,
    text: "0 <= frequency <= recency <= opportunities <= 100,000, with a recency of 0 where \
           frequency is 0",
    longest_horizon: bg_bb::MOST_OPPORTUNITIES,
};

impl Domain {
    /// Whether (frequency, recency, age) is a history.
    pub(super) fn has(self, &[frequency, recency, age]: &[f64; 3]) -> bool {
        History::new(frequency, recency, age).is_some_and(|history| (self.is_possible)(&history))
    }

    /// A horizon, or why it is none.
    fn horizon(self, doc: FunctionDoc, horizon: f64) -> Result<f64> {
        match (0.0..=self.longest_horizon).contains(&horizon) {
            true => Ok(horizon),
            false => exec_err!(
                "`{}` got a horizon of {horizon}; it takes 0 to {:e}",
                doc.syntax,
                self.longest_horizon
            ),
        }
    }

    /// A history, or why there is none.
    pub(super) fn history(self, doc: FunctionDoc, values: [f64; 3]) -> Result<History> {
        let [frequency, recency, age] = values;
        match self.has(&values) {
            true => Ok(History { frequency, recency, age }),
            false => exec_err!(
                "`{}` got a history of ({frequency}, {recency}, {age}); it takes {}",
                doc.syntax,
                self.text
            ),
        }
    }
}

/// That a whole number is at least `least`.
pub(super) fn whole(doc: FunctionDoc, what: &str, number: f64, least: f64) -> Result<()> {
    match number >= least {
        true => Ok(()),
        false => exec_err!("`{}` got {what} {number}; it takes {least} or more", doc.syntax),
    }
}

/// Functions of one purchase model.
pub(super) struct Scores<M: 'static> {
    pub(super) kinds: &'static [&'static Kind],
    pub(super) model: fn([f64; 4]) -> M,
    pub(super) domain: Domain,
}

impl<M: PurchaseModel> Scores<M> {
    /// `…_p_alive(model, frequency, recency, age)`.
    pub(super) fn p_alive(&self, doc: FunctionDoc, arguments: &Arguments) -> Result<ArrayRef> {
        scores(arguments, self.kinds, |_, parameters, history: [f64; 3]| {
            let history = self.domain.history(doc, history)?;
            Ok(Some((self.model)(parameters).p_alive(&history)))
        })
    }

    /// `…_expected_purchases(model, horizon, frequency, recency, age)`, and `…_p_active` likewise.
    pub(super) fn ahead(
        &self,
        doc: FunctionDoc,
        arguments: &Arguments,
        score: fn(&M, f64, &History) -> f64,
    ) -> Result<ArrayRef> {
        scores(arguments, self.kinds, |_, parameters, [until, frequency, recency, age]| {
            let history = self.domain.history(doc, [frequency, recency, age])?;
            Ok(Some(score(&(self.model)(parameters), self.domain.horizon(doc, until)?, &history)))
        })
    }
}

pub(super) const BG_NBD_SCORES: Scores<BetaGeometric> =
    Scores { kinds: &[BG_NBD], model: bg_nbd::model, domain: AT_ANY_TIME };
pub(super) const MBG_NBD_SCORES: Scores<BetaGeometric> =
    Scores { kinds: &[MBG_NBD], model: mbg_nbd::model, domain: AT_ANY_TIME };
pub(super) const PARETO_NBD_SCORES: Scores<ParetoNbd> =
    Scores { kinds: &[PARETO_NBD], model: pareto_nbd::model, domain: AT_ANY_TIME };
pub(super) const BG_BB_SCORES: Scores<BgBb> =
    Scores { kinds: &[BG_BB], model: bg_bb::model, domain: AT_OPPORTUNITIES };
