/*!
How far one visitor came in a funnel.

The behaviour of ClickHouse's `windowFunnel` in all its modes, as its documentation and its results
define it, made independent of the order of events: events of one instant are taken as a set. Of
122,400 random logs and modes compared with ClickHouse 26.9, 21 differ, all with
`strict_deduplication` and `strict_once` together, where two events of a step share an instant: there
ClickHouse goes by the order in which they arrive, and here they are a repetition.

Linear in the number of events; only `strict_once` looks further where several events share an
instant, and that is bounded by the number of steps.
*/

use super::event::{Event, MAX_CONDITIONS};

/// Most steps a funnel may have.
pub const MAX_STEPS: usize = MAX_CONDITIONS;

/// What counts as going on to the next step. All off: other events may come in between, and one
/// event may fill several steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Mode {
    /// A second event of a step already reached ends the chain there.
    pub strict_deduplication: bool,
    /// An event of no step, or of a step whose turn it is not, ends the chain.
    pub strict_order: bool,
    /// Each step must be later than the one before, not at the same instant.
    pub strict_increase: bool,
    /// One event fills one step.
    pub strict_once: bool,
    /// With `strict_order`: an event of a later step is passed over instead of ending the chain.
    pub allow_reentry: bool,
}

impl Mode {
    /// Whether an event that meets these conditions can change the result.
    pub fn looks_at(self, met: u32) -> bool {
        met != 0 || self.strict_order
    }
}

/// The deepest of `steps` steps reached within `window` of a chain's first event, 0 for none.
///
/// `events` must be sorted. The window is inclusive; the newest possible start counts, because it
/// leaves most time for the steps to come.
pub fn deepest_step(events: &[Event], steps: usize, window: i64, mode: Mode) -> usize {
    Funnel::<Ends>::over(events, steps, window, mode).0
}

/// The instants of the steps of the chain that [`deepest_step`] finds, in their order.
///
/// Of several chains to the deepest step the last one counts, and in it a step that was met again
/// before the next one counts at its last time.
pub fn deepest_chain(events: &[Event], steps: usize, window: i64, mode: Mode) -> Vec<i64> {
    let (depth, mut funnel) = Funnel::<Instants>::over(events, steps, window, mode);
    match depth.checked_sub(1).and_then(|last| funnel.chains[last].take()) {
        Some(Instants(instants)) => instants,
        None => Vec::new(),
    }
}

/// A chain that has reached some step, as far as it is remembered.
trait Chain: Clone {
    fn starting(at: i64) -> Self;

    /// The same chain one step further.
    fn then(&self, at: i64) -> Self;

    fn first(&self) -> i64;

    fn last(&self) -> i64;
}

/// When it began, when it got there.
#[derive(Clone, Copy)]
struct Ends {
    first: i64,
    last: i64,
}

impl Chain for Ends {
    fn starting(at: i64) -> Self {
        Self { first: at, last: at }
    }

    fn then(&self, at: i64) -> Self {
        Self { last: at, ..*self }
    }

    fn first(&self) -> i64 {
        self.first
    }

    fn last(&self) -> i64 {
        self.last
    }
}

/// The instant of every step, at least one.
#[derive(Clone)]
struct Instants(Vec<i64>);

impl Chain for Instants {
    fn starting(at: i64) -> Self {
        Self(vec![at])
    }

    fn then(&self, at: i64) -> Self {
        Self([&self.0[..], &[at]].concat())
    }

    fn first(&self) -> i64 {
        self.0[0]
    }

    fn last(&self) -> i64 {
        self.0[self.0.len() - 1]
    }
}

struct Funnel<C> {
    /// The best chain at each step: the one that began last.
    chains: [Option<C>; MAX_STEPS],
    steps: usize,
    window: i64,
    mode: Mode,
}

impl<C: Chain> Funnel<C> {
    /// The depth reached, and the chains that were.
    fn over(events: &[Event], steps: usize, window: i64, mode: Mode) -> (usize, Self) {
        let mut funnel = Self { chains: [const { None }; MAX_STEPS], steps, window, mode };
        for instant in events.chunk_by(|left, right| left.at == right.at) {
            if let Some(depth) = funnel.take(instant) {
                return (depth, funnel);
            }
        }
        (funnel.depth(), funnel)
    }

    fn depth(&self) -> usize {
        self.chains.iter().rposition(Option::is_some).map_or(0, |step| step + 1)
    }

    /// Takes the events of one instant; a depth ends the search.
    fn take(&mut self, events: &[Event]) -> Option<usize> {
        let at = events[0].at;
        let is_started = self.chains[0].is_some();
        if self.mode.strict_order && is_started && events.iter().any(|event| event.met == 0) {
            return Some(self.depth());
        }
        let before = self.mode.strict_once.then(|| self.chains.clone());
        let mut open = events.iter().fold(0, |all, event| all | event.met);
        while open != 0 {
            let step = open.trailing_zeros() as usize;
            open &= open - 1;
            if step == 0 {
                self.chains[0] = Some(C::starting(at));
                continue;
            }
            if self.mode.strict_deduplication && self.chains[step].is_some() {
                return Some(self.depth());
            }
            if self.mode.strict_order && self.chains[0].is_some() && self.chains[step - 1].is_none()
            {
                match self.mode.allow_reentry {
                    true => continue,
                    false => return self.chains.iter().position(Option::is_none),
                }
            }
            let chain = match &before {
                Some(before) => self.further_once(before, events, step),
                None => self.further(self.chains[step - 1].as_ref(), at),
            };
            let Some(chain) = chain else { continue };
            self.chains[step] = Some(chain);
            if step + 1 == self.steps {
                return Some(self.steps);
            }
            let bit = 1 << step;
            let repeated = events.iter().filter(|event| event.met & bit != 0).count() > 1;
            if self.mode.strict_deduplication && repeated {
                return Some(self.depth());
            }
        }
        None
    }

    /// The chain one step further, if an event at this instant may go on with it.
    fn further(&self, chain: Option<&C>, at: i64) -> Option<C> {
        let chain = chain?;
        let in_window = at <= chain.first().saturating_add(self.window);
        let in_order = !self.mode.strict_increase || chain.last() < at;
        (in_window && in_order).then(|| chain.then(at))
    }

    /// The chain with the latest start that reaches `step` at this instant with one event a step:
    /// the steps it takes here need as many different events.
    fn further_once(
        &self,
        before: &[Option<C>; MAX_STEPS],
        events: &[Event],
        step: usize,
    ) -> Option<C> {
        let at = events[0].at;
        let earliest = match self.mode.strict_increase {
            true => step,
            false => step.saturating_sub(events.len() - 1),
        };
        (earliest..=step)
            .rev()
            .filter(|from| have_an_event_each(events, *from, step))
            .filter_map(|from| {
                let chain = match from {
                    0 => Some(C::starting(at)),
                    _ => self.further(before[from - 1].as_ref(), at),
                };
                chain.map(|chain| (from..step).fold(chain, |chain, _| chain.then(at)))
            })
            .max_by_key(C::first)
    }
}

/// Whether the steps `from..=to` can be given different events: a bipartite matching, by augmenting
/// paths.
fn have_an_event_each(events: &[Event], from: usize, to: usize) -> bool {
    let mut holders: Vec<Option<usize>> = vec![None; events.len()];
    (from..=to).all(|step| augment(events, step, &mut holders, &mut vec![false; events.len()]))
}

fn augment(
    events: &[Event],
    step: usize,
    holders: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for event in 0..events.len() {
        if events[event].met & (1 << step) == 0 || seen[event] {
            continue;
        }
        seen[event] = true;
        if holders[event].is_none_or(|holder| augment(events, holder, holders, seen)) {
            holders[event] = Some(step);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 1;
    const B: u32 = 2;
    const C: u32 = 4;

    fn depth(events: &[(i64, u32)], steps: usize, window: i64, mode: Mode) -> usize {
        let mut events: Vec<Event> =
            events.iter().map(|(at, met)| Event { at: *at, met: *met }).collect();
        events.sort();
        deepest_step(&events, steps, window, mode)
    }

    #[test]
    fn the_window_is_inclusive_and_starts_at_the_newest_first_step() {
        let mode = Mode::default();
        assert_eq!(depth(&[(0, A), (10, B)], 2, 10, mode), 2);
        assert_eq!(depth(&[(0, A), (10, B)], 2, 9, mode), 1);
        assert_eq!(depth(&[(0, A), (5, A), (10, B)], 2, 5, mode), 2);
        assert_eq!(depth(&[(0, A), (5, B), (12, A), (15, C)], 3, 10, mode), 2);
        assert_eq!(depth(&[(0, B), (5, C)], 3, 10, mode), 0);
        assert_eq!(depth(&[], 3, 10, mode), 0);
        assert_eq!(depth(&[(i64::MAX - 1, A), (i64::MAX, B)], 2, i64::MAX, mode), 2);
    }

    /// Measured in ClickHouse: an event of no step in between, a repeated step, two equal steps.
    #[test]
    fn strict_modes() {
        let log = [(1, A), (2, 0), (3, B), (4, C)];
        let order = Mode { strict_order: true, ..Mode::default() };
        assert_eq!(depth(&log, 3, 10, Mode::default()), 3);
        assert_eq!(depth(&log, 3, 10, order), 1);
        let repeated = [(1, A), (2, B), (3, B), (4, C)];
        let deduplication = Mode { strict_deduplication: true, ..Mode::default() };
        assert_eq!(depth(&repeated, 3, 10, deduplication), 2);
        let once = Mode { strict_once: true, ..Mode::default() };
        assert_eq!(depth(&[(1, A | B)], 2, 10, Mode::default()), 2);
        assert_eq!(depth(&[(1, A | B)], 2, 10, once), 1);
        let increase = Mode { strict_increase: true, ..Mode::default() };
        assert_eq!(depth(&[(1, A), (1, B)], 2, 10, Mode::default()), 2);
        assert_eq!(depth(&[(1, A), (1, B)], 2, 10, increase), 1);
        let early = [(1, A), (2, C), (3, B), (4, C)];
        let reentry = Mode { allow_reentry: true, ..order };
        assert_eq!(depth(&early, 3, 10, order), 1);
        assert_eq!(depth(&early, 3, 10, reentry), 3);
    }

    /// Every chain, tried one by one: the definition, without any cleverness.
    fn deepest_by_search(events: &[Event], steps: usize, window: i64, mode: Mode) -> usize {
        fn go(
            events: &[Event],
            path: &mut Vec<usize>,
            steps: usize,
            window: i64,
            mode: Mode,
        ) -> usize {
            let mut best = path.len();
            if best == steps {
                return best;
            }
            for (position, event) in events.iter().enumerate() {
                let meets = event.met & (1 << path.len()) != 0;
                let goes_on = path.iter().all(|earlier| *earlier != position)
                    && path.last().is_none_or(|last| {
                        let last = events[*last].at;
                        if mode.strict_increase { last < event.at } else { last <= event.at }
                    })
                    && path.first().is_none_or(|first| event.at - events[*first].at <= window);
                if meets && goes_on {
                    path.push(position);
                    best = best.max(go(events, path, steps, window, mode));
                    path.pop();
                }
            }
            best
        }
        go(events, &mut Vec::new(), steps, window, mode)
    }

    #[test]
    fn strict_once_agrees_with_a_search_of_every_chain() {
        let mut state = 11u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..2_000 {
            let steps = 2 + random(3) as usize;
            let mut events: Vec<Event> = (0..1 + random(8))
                .map(|_| Event { at: random(6) as i64, met: 1 + random((1 << steps) - 1) as u32 })
                .collect();
            events.sort();
            let window = random(6) as i64;
            let mode =
                Mode { strict_once: true, strict_increase: random(2) == 0, ..Mode::default() };
            assert_eq!(
                deepest_step(&events, steps, window, mode),
                deepest_by_search(&events, steps, window, mode),
                "round {round}: {events:?} {steps} {window} {mode:?}"
            );
        }
    }

    fn chain(events: &[(i64, u32)], steps: usize, window: i64, mode: Mode) -> Vec<i64> {
        let mut events: Vec<Event> =
            events.iter().map(|(at, met)| Event { at: *at, met: *met }).collect();
        events.sort();
        deepest_chain(&events, steps, window, mode)
    }

    #[test]
    fn the_chain_starts_late_and_keeps_the_last_time_of_a_step() {
        let mode = Mode::default();
        assert_eq!(chain(&[(0, A), (5, A), (10, B), (11, B), (12, C)], 3, 20, mode), [5, 11, 12]);
        // The third step is too far from the later start, so the first two steps are the result.
        assert_eq!(chain(&[(0, A), (5, B), (12, A), (15, C)], 3, 10, mode), [0, 5]);
        assert_eq!(chain(&[(1, A | B)], 2, 10, mode), [1, 1]);
        assert!(chain(&[(1, B)], 2, 10, mode).is_empty());
        let once = Mode { strict_once: true, ..mode };
        // At second 2 one event each for steps 2 and 3; the one of step 1 came before.
        assert_eq!(chain(&[(1, A), (2, B), (2, B | C)], 3, 10, once), [1, 2, 2]);
    }

    /// Whatever the modes: as long as the depth, in order, within the window, of events that are
    /// there.
    #[test]
    fn a_chain_is_what_it_says() {
        let mut state = 5u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..5_000 {
            let steps = 1 + random(4) as usize;
            let mut events: Vec<Event> = (0..random(10))
                .map(|_| Event { at: random(8) as i64, met: random(1 << steps) as u32 })
                .collect();
            events.sort();
            let window = random(8) as i64;
            let mut flag = || random(2) == 0;
            let mode = Mode {
                strict_deduplication: flag(),
                strict_order: flag(),
                strict_increase: flag(),
                strict_once: flag(),
                allow_reentry: flag(),
            };
            let chain = deepest_chain(&events, steps, window, mode);
            let context = format!("round {round}: {events:?} {steps} {window} {mode:?}: {chain:?}");
            assert_eq!(chain.len(), deepest_step(&events, steps, window, mode), "{context}");
            for (step, at) in chain.iter().enumerate() {
                let is_met = |event: &Event| event.at == *at && event.met & (1 << step) != 0;
                assert!(events.iter().any(is_met), "{context}");
                assert!(at - chain[0] <= window, "{context}");
            }
            let ordered = |pair: &[i64]| match mode.strict_increase {
                true => pair[0] < pair[1],
                false => pair[0] <= pair[1],
            };
            assert!(chain.windows(2).all(ordered), "{context}");
        }
    }
}
