/*!
All faults of a query that does not plan, one after the other.
*/

use datafusion::{
    error::DataFusionError,
    sql::sqlparser::{ast::Query, tokenizer::Span},
};

use super::super::sql::select_place;
use super::{
    faults::Fault,
    parts::Parts,
    planner::Planner,
    slots::{extent, innermost, neutralise, rename, silence, slots},
};

/// Faults after which the rest of a file is left for the next check.
const MAX_FAULTS: usize = 25;
/// Attempts to find the part that a fault without a place belongs to.
const MAX_ATTEMPTS: usize = 400;

/// What could be found out about a query that does not plan.
pub(super) struct Recovered {
    /// Each with its place.
    pub(super) faults: Vec<(Fault, Span)>,
    /// The plan with misspelled columns corrected and other faulty parts replaced by nulls.
    pub(super) plan: Option<Parts>,
}

/// Plans the query again and again, each time with the part that failed corrected or left out.
///
/// `missing` are the places of tables whose columns are not known; what reads them is not judged.
pub(super) fn recover(planner: &Planner, query: &Query, missing: &[Span]) -> Recovered {
    let mut query = query.clone();
    let mut recovered = Recovered { faults: Vec::new(), plan: None };
    if !missing.is_empty() && !silence(&mut query, missing) {
        return recovered;
    }
    while recovered.faults.len() < MAX_FAULTS {
        let error = match planner.try_plan(&query) {
            Ok(plan) => {
                recovered.plan = Some(Parts::whole(plan));
                break;
            }
            Err(error) => error,
        };
        let whole = select_place(&query);
        let mut went_on = false;
        for fault in Fault::all(&error) {
            let span = if let Some((span, corrected)) = corrected(planner, &query, &fault) {
                query = corrected;
                went_on = true;
                span
            } else {
                let slot = slot_of(planner, &query, &fault, &error);
                if let Some(slot) = slot {
                    neutralise(&mut query, slot);
                    went_on = true;
                }
                fault.span.or(slot).unwrap_or(whole)
            };
            let is_known = recovered
                .faults
                .iter()
                .any(|(known, at)| *at == span && known.message == fault.message);
            let is_consequence = fault.is_consequence() && !recovered.faults.is_empty();
            if !is_known && !is_consequence {
                recovered.faults.push((fault, span));
            }
        }
        if !went_on {
            break;
        }
    }
    recovered
}

/// The query with a misspelled column as it was meant, if that is all that is wrong with the place.
///
/// The column keeps its type and its name for whatever reads it, which a null cannot.
fn corrected(planner: &Planner, query: &Query, fault: &Fault) -> Option<(Span, Query)> {
    let span = fault.span?;
    let mut trial = query.clone();
    rename(&mut trial, span, fault.meant()?);
    let is_sound = match planner.try_plan(&trial) {
        Ok(_) => true,
        // A fault without a place may be of this one's making, such as a column returned twice.
        Err(error) => {
            Fault::all(&error).iter().all(|other| other.span.is_some_and(|at| at != span))
        }
    };
    is_sound.then_some((span, trial))
}

/// The part whose replacement makes the fault go away.
fn slot_of(
    planner: &Planner,
    query: &Query,
    fault: &Fault,
    error: &DataFusionError,
) -> Option<Span> {
    let mut all = slots(query);
    let heals = |slot: Span| {
        let mut trial = query.clone();
        neutralise(&mut trial, slot);
        match planner.try_plan(&trial) {
            Ok(_) => true,
            Err(other) => other.strip_backtrace() != error.strip_backtrace(),
        }
    };
    if let Some(span) = fault.span {
        return innermost(&all, span.start).filter(|slot| heals(*slot));
    }
    all.sort_by_key(extent);
    all.into_iter().take(MAX_ATTEMPTS).find(|slot| heals(*slot))
}
