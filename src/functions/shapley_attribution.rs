/*!
`shapley_attribution(path, conversions [, null_paths])`: credit of channels as a fair share of what they
achieve together.
*/

use datafusion::{error::Result, logical_expr::AggregateUDF};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    paths::{Key, Model, Outcomes, Paths, aggregate},
};
use crate::models::shapley::{Journeys, Value, of_counts, of_rates};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "shapley_attribution",
        syntax: "shapley_attribution(path, conversions [, null_paths])",
        summary: "Credit of channels as their Shapley value: what each adds to the others, over all \
                  orders of joining, as a list to unnest.",
        semantics: "A row is a path with the number of journeys along it that converted and, if \
                    given, that did not; only which channels it touched matters. The result has \
                    channel, conversions and standard_error, ordered by channel; credits sum to all \
                    conversions. Without `null_paths` a set of channels achieves the conversions of \
                    journeys that touched no other channel: exact for any number of channels. With \
                    them it achieves their conversion rate, and a channel may come out negative: \
                    exact up to 16 channels, beyond that the mean over 10,000 orders drawn with a \
                    fixed seed, with its standard error (else 0). A null touch, and a path that is \
                    empty or null, is 'Unassigned'. Rows with a null count do not count; null where \
                    nothing converted; an error for negative counts and more than 1,000,000 \
                    different sets in a group.",
        complexity: "O(length log length) a row; a group O(sets), with null_paths O(n 2^n) for n up \
                     to 16 channels, O(10,000 · sets · n) beyond; 45 bytes and 4 a channel for each \
                     different set.",
        example: "select unnest(shapley_attribution(channels, converted_count)) as credit from paths",
        source: "Shapley 1953; Zhao, Mahboobi and Bagheri, arXiv:1804.05327; sampling: Castro, Gómez and Tejada 2009.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate::<Sets>(
        FUNCTION.doc,
        |given| {
            let wanted = &[Argument::Texts, Argument::Integer];
            let parameters = Parameters {
                optional: &[Argument::Integer],
                ..Parameters::new(FUNCTION.doc.syntax, wanted)
            };
            parameters.coerce(given)
        },
        |call| {
            let by_rate = call.types.len() == 3;
            Ok(Box::new(Paths::new(FUNCTION.doc, Sets { by_rate }, by_rate)))
        },
    )
}

/// Keys are the channels of a path, each once, in order of their numbers.
#[derive(Clone)]
struct Sets {
    by_rate: bool,
}

impl Model for Sets {
    const NAMES: [&'static str; 2] = ["conversions", "standard_error"];

    fn cut(&self, path: &[u32], key: &mut dyn FnMut(&[u32]) -> Result<()>) -> Result<()> {
        let mut channels = path.to_vec();
        channels.sort_unstable();
        channels.dedup();
        key(&channels)
    }

    fn reorder(&self, key: &mut Key) {
        key.sort_unstable();
    }

    fn credits(&self, keys: &[(Key, Outcomes)]) -> Result<Vec<(u32, [f64; 2])>> {
        let mut channels: Vec<u32> = keys.iter().flat_map(|(key, _)| key).copied().collect();
        channels.sort_unstable();
        channels.dedup();
        let number = |channel: &u32| channels.binary_search(channel).expect("listed above");
        let journeys: Vec<Journeys> = keys
            .iter()
            .map(|(key, outcomes)| Journeys {
                channels: key.iter().map(number).collect(),
                conversions: outcomes.conversions,
                nothing: outcomes.nothing,
            })
            .collect();
        let sum = |read: fn(&Journeys) -> u64| -> u128 {
            journeys.iter().map(|journeys| u128::from(read(journeys))).sum()
        };
        let conversions = sum(|journeys| journeys.conversions);
        if conversions == 0 {
            return Ok(Vec::new());
        }
        // Rates become conversions by the number of all journeys.
        let (values, unit) = match self.by_rate {
            true => {
                let all = conversions + sum(|journeys| journeys.nothing);
                (of_rates(&journeys, channels.len()), all as f64)
            }
            false => (of_counts(&journeys, channels.len()), 1.0),
        };
        let credit = |value: Value| [value.value * unit, value.standard_error * unit];
        Ok(channels.into_iter().zip(values.into_iter().map(credit)).collect())
    }
}
