/*!
`markov_attribution(path, conversions, null_paths [, order])`: credit of channels by what would be lost
without them.
*/

use std::collections::BTreeMap;

use datafusion::{
    common::{exec_datafusion_err, exec_err, plan_err},
    error::Result,
    logical_expr::AggregateUDF,
    scalar::ScalarValue,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    paths::{END, Key, Model, Outcomes, Paths, aggregate},
};
use crate::models::markov::{MAX_STATES, Next, Transition, removal_effects};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "markov_attribution",
        syntax: "markov_attribution(path, conversions, null_paths [, order])",
        summary: "Credit of channels by the share of conversions that would be lost without each, as \
                  a list to unnest.",
        semantics: "A row is a path, its channels oldest first, with the number of journeys along it \
                    that converted and that did not. The next touch depends on the last `order` \
                    ones, a constant from 1 (unless given) to 10. The result has channel, \
                    conversions and removal_effect, ordered by channel; credits sum to all \
                    conversions, in proportion to the removal effects. The chances come from \
                    solving the chain's equations, not from simulation; repeated touches are loops. \
                    A null touch, and a path that is empty or null, is 'Unassigned'. Rows with a \
                    null count do not count; null where nothing converted; an error for negative \
                    counts, more than 1,000,000 different sequences in a group or 2,000 states.",
        complexity: "O(length) a row and O(states³) a group; 45 bytes and 4 a channel for each \
                     different sequence of `order` + 1 touches.",
        example: "select unnest(markov_attribution(channels, converted_count, lost_count)) as credit from paths",
        source: "Anderl and others, International Journal of Research in Marketing 33 (2016) 457–474.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<Transitions>(
        FUNCTION.doc,
        |given| {
            let wanted = &[Argument::Texts, Argument::Integer, Argument::Integer];
            let parameters = Parameters {
                optional: &[Argument::Integer],
                ..Parameters::new(FUNCTION.doc.syntax, wanted)
            };
            parameters.coerce(given)
        },
        |call| {
            let order = match call.types.len() {
                4 => match call.constant(3, FUNCTION.doc.syntax)? {
                    ScalarValue::Int64(Some(order @ 1..=10)) => *order as usize,
                    other => {
                        return plan_err!(
                            "`{}` needs an order from 1 to 10, not {other}",
                            FUNCTION.doc.syntax
                        );
                    }
                },
                _ => 1,
            };
            Ok(Box::new(Paths::new(FUNCTION.doc, Transitions { order }, true)))
        },
    )
}

/// Keys are a state, the last `order` touches or fewer at the start of a path, and what came next.
#[derive(Clone)]
struct Transitions {
    order: usize,
}

impl Model for Transitions {
    const NAMES: [&'static str; 2] = ["conversions", "removal_effect"];

    fn cut(&self, path: &[u32], key: &mut dyn FnMut(&[u32]) -> Result<()>) -> Result<()> {
        let ended: Key = path.iter().copied().chain([END]).collect();
        (0..ended.len()).try_for_each(|next| key(&ended[next.saturating_sub(self.order)..=next]))
    }

    fn reorder(&self, _key: &mut Key) {}

    fn credits(&self, keys: &[(Key, Outcomes)]) -> Result<Vec<(u32, [f64; 2])>> {
        // Every state is left again, if only for the end. Sorted, the start comes first.
        let mut states: BTreeMap<&[u32], usize> = BTreeMap::new();
        for (key, _) in keys {
            let next = states.len();
            states.entry(&key[..key.len() - 1]).or_insert(next);
        }
        let mut channels: Vec<u32> =
            states.keys().filter_map(|state| state.last().copied()).collect();
        channels.sort_unstable();
        channels.dedup();
        let of_state: Vec<Option<usize>> = states
            .keys()
            .map(|state| Some(channels.binary_search(state.last()?).expect("listed above")))
            .collect();
        let mut conversions = 0u128;
        let mut transitions = Vec::with_capacity(keys.len());
        for (key, outcomes) in keys {
            let (last, state) = key.split_last().expect("a key is never empty");
            let from = states[state];
            if *last == END {
                conversions += u128::from(outcomes.conversions);
                let ends =
                    [(Next::Conversion, outcomes.conversions), (Next::Nothing, outcomes.nothing)];
                transitions.extend(ends.map(|(to, count)| Transition { from, to, count }));
            } else {
                let reached = &key[key.len().saturating_sub(self.order)..];
                let count = outcomes.conversions + outcomes.nothing;
                transitions.push(Transition { from, to: Next::State(states[reached]), count });
            }
        }
        if conversions == 0 {
            return Ok(Vec::new());
        }
        if states.len() > MAX_STATES {
            return exec_err!(
                "`{}` met {} states, at most {MAX_STATES} can be solved: lower the order or fold \
                 rare channels into one",
                FUNCTION.doc.syntax,
                states.len()
            );
        }
        let lost = removal_effects(&of_state, channels.len(), &transitions).ok_or_else(|| {
            exec_datafusion_err!("`{}`: the equations have no solution", FUNCTION.doc.syntax)
        })?;
        let all: f64 = lost.iter().sum();
        let credit = |lost: f64| [conversions as f64 * (lost / all), lost];
        Ok(channels.into_iter().zip(lost.into_iter().map(credit)).collect())
    }
}
