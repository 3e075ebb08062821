/*!
Credit of channels by what would be lost without them: Markov chains of journeys.
*/

use super::linear::{Factors, dot};

/// States beyond this take more time than an answer is worth: 2,000 take a matrix of 32 MB and some
/// seconds.
pub const MAX_STATES: usize = 2_000;

/// Where a journey goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    State(usize),
    Conversion,
    /// The journey ended without conversion.
    Nothing,
}

/// How often journeys went from a state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    pub from: usize,
    pub to: Next,
    pub count: u64,
}

/// Share of all conversions that would be lost without each channel, within 0..=1.
///
/// State 0 is the start; `channels[state]` is the channel whose touch leads into a state, none for the
/// start. Removing a channel turns every journey that would enter one of its states into one without
/// conversion. The probabilities of conversion are the solution of linear equations, not a
/// simulation; a journey may visit a state again. E. Anderl and others, "Mapping the customer
/// journey", International Journal of Research in Marketing 33 (2016).
///
/// Every journey must end in conversion or nothing, and at least one in conversion. None beyond
/// [`MAX_STATES`]. O(states³), independent of the number of channels: with N the expected visits of
/// each state from each other one, a channel with states C loses n N_CC⁻¹ x, where n are the visits of
/// C from the start and x the chances of conversion from C.
pub fn removal_effects(
    channels: &[Option<usize>],
    channel_count: usize,
    transitions: &[Transition],
) -> Option<Vec<f64>> {
    let states = channels.len();
    if states > MAX_STATES {
        return None;
    }
    // Staying in a state only delays what comes after it.
    let moves = || transitions.iter().filter(|step| step.to != Next::State(step.from));
    let mut leaving = vec![0u128; states];
    for transition in moves() {
        leaving[transition.from] += u128::from(transition.count);
    }
    // Rows of I - Q transposed: a solution for the unit vector of a state is that state's row of N.
    let mut matrix = vec![0.0; states * states];
    let mut converting = vec![0.0; states];
    for state in 0..states {
        matrix[state * states + state] = 1.0;
    }
    for transition in moves() {
        let share = transition.count as f64 / leaving[transition.from] as f64;
        match transition.to {
            Next::State(to) => matrix[to * states + transition.from] -= share,
            Next::Conversion => converting[transition.from] += share,
            Next::Nothing => {}
        }
    }
    let factors = Factors::of(matrix, states)?;
    let visits_from = |state: usize| {
        let mut unit = vec![0.0; states];
        unit[state] = 1.0;
        factors.solve(&unit)
    };
    let from_start = visits_from(0);
    let base = dot(&from_start, &converting);
    let mut lost = Vec::with_capacity(channel_count);
    for channel in 0..channel_count {
        let own: Vec<usize> =
            (0..states).filter(|state| channels[*state] == Some(channel)).collect();
        // N_CC and the chances of conversion from C, row by row.
        let mut block = Vec::with_capacity(own.len() * own.len());
        let mut chances = Vec::with_capacity(own.len());
        for state in &own {
            let visits = visits_from(*state);
            block.extend(own.iter().map(|other| visits[*other]));
            chances.push(dot(&visits, &converting));
        }
        let passing = Factors::of(block, own.len())?.solve(&chances);
        let through: f64 =
            own.iter().zip(&passing).map(|(state, share)| from_start[*state] * share).sum();
        lost.push((through / base).clamp(0.0, 1.0));
    }
    Some(lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G twice and M once lead to a conversion, so does G > M once; G once leads to nothing. Without
    /// G only M's conversion is left of four (0.75 lost), without M G's two are (0.5 lost).
    /// S. Puzyrov, "Marketing channel attribution with Markov chains", 2019.
    fn worked_example() -> Vec<Transition> {
        let [start, g, m] = [0, 1, 2];
        let step = |from, to, count| Transition { from, to, count };
        vec![
            step(start, Next::State(g), 4),
            step(start, Next::State(m), 1),
            step(g, Next::Conversion, 2),
            step(g, Next::Nothing, 1),
            step(g, Next::State(m), 1),
            step(m, Next::Conversion, 2),
        ]
    }

    #[test]
    fn a_worked_example() {
        let lost = removal_effects(&[None, Some(0), Some(1)], 2, &worked_example()).unwrap();
        assert!((lost[0] - 0.75).abs() < 1e-15, "{lost:?}");
        assert!((lost[1] - 0.5).abs() < 1e-15, "{lost:?}");
    }

    /// Staying in a state before leaving it changes nothing.
    #[test]
    fn loops_do_not_matter() {
        let mut transitions = worked_example();
        transitions.push(Transition { from: 1, to: Next::State(1), count: 1_000 });
        let lost = removal_effects(&[None, Some(0), Some(1)], 2, &transitions).unwrap();
        assert_eq!(Some(lost), removal_effects(&[None, Some(0), Some(1)], 2, &worked_example()));
    }

    /// The definition, by another way: states of the channel are struck out and the equations for
    /// the chance of conversion are solved again by iteration.
    #[test]
    fn agrees_with_striking_states_out() {
        // Two states of channel 0, two of channel 1, one of channel 2, with cycles among them.
        let channels = [None, Some(0), Some(0), Some(1), Some(1), Some(2)];
        let mut transitions = Vec::new();
        for from in 0..6usize {
            for to in 1..6usize {
                let count = ((from * 7 + to * 5) % 4) as u64;
                transitions.push(Transition { from, to: Next::State(to), count });
            }
            let count = (from as u64 + 1) % 3;
            transitions.push(Transition { from, to: Next::Conversion, count });
            transitions.push(Transition { from, to: Next::Nothing, count: 2 });
        }
        let chance = |removed: Option<usize>| {
            let mut chances = [0.0; 6];
            for _ in 0..10_000 {
                let before = chances;
                for (from, after) in chances.iter_mut().enumerate() {
                    let leaving = transitions.iter().filter(|step| step.from == from);
                    let all: u64 = leaving.clone().map(|step| step.count).sum();
                    *after = leaving
                        .map(|step| {
                            let worth = match step.to {
                                Next::State(to)
                                    if removed.is_some_and(|gone| channels[to] == Some(gone)) =>
                                {
                                    0.0
                                }
                                Next::State(to) => before[to],
                                Next::Conversion => 1.0,
                                Next::Nothing => 0.0,
                            };
                            worth * step.count as f64 / all as f64
                        })
                        .sum();
                }
            }
            chances[0]
        };
        let lost = removal_effects(&channels, 3, &transitions).unwrap();
        for (channel, lost) in lost.iter().enumerate() {
            let expected = 1.0 - chance(Some(channel)) / chance(None);
            assert!((lost - expected).abs() < 1e-12, "{channel}: {lost} is not {expected}");
        }
    }

    #[test]
    fn too_many_states_are_refused() {
        assert_eq!(removal_effects(&vec![None; MAX_STATES + 1], 0, &[]), None);
    }
}
