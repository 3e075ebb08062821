/*!
Where one customer's touches stand in the instances of a journey.

An instance begins with a touch that can start the journey while none is open, and ends with a touch
that ends it or with a silence longer than the timeout. Touches outside an instance belong to none.
Stages are numbered in the order of the journey, from 1.
*/

/// A touch, as far as the journey is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    /// Microseconds since 1970-01-01 UTC.
    pub at: i64,
    pub can_start: bool,
    pub ends: bool,
    /// The stage it belongs to, if any.
    pub stage: Option<i64>,
}

/// The place of a touch in its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the instance, from 1.
    pub instance: i64,
    pub started_at: i64,
    /// Number among the instances that started at this moment, from 1: two orders of one minute.
    pub same_start: i64,
    /// Number of the step in the instance, from 1.
    pub step: i64,
    /// Number of the stay in a stage, from 1: stages differ from one stay to the next. None outside
    /// every stage.
    pub stage_visit: Option<i64>,
    /// Whether it returns to an earlier stage than the last one.
    pub is_backward: bool,
    /// Whether it passes over a stage that the instance never reached.
    pub is_skip: bool,
}

/// A walk through the touches of one customer, in their order.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    instances: i64,
    /// When the newest instance started, and how many did at that moment.
    newest: Option<(i64, i64)>,
    last: Option<Touch>,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    started_at: i64,
    same_start: i64,
    steps: i64,
    stage_visits: i64,
    last_stage: Option<i64>,
    furthest_stage: i64,
}

impl Walk {
    /// Takes the next touch; a longer silence than `timeout` microseconds has ended what was open.
    pub fn step(&mut self, touch: Touch, timeout: i64) -> Option<Place> {
        let is_over = |last: Touch| {
            last.ends || touch.at.checked_sub(last.at).is_none_or(|silence| silence > timeout)
        };
        if self.last.replace(touch).is_some_and(is_over) {
            self.open = None;
        }
        if self.open.is_none() && touch.can_start {
            self.instances += 1;
            let before =
                self.newest.filter(|(at, _)| *at == touch.at).map_or(0, |(_, count)| count);
            self.newest = Some((touch.at, before + 1));
            self.open = Some(Open {
                started_at: touch.at,
                same_start: before + 1,
                steps: 0,
                stage_visits: 0,
                last_stage: None,
                furthest_stage: 0,
            });
        }
        let instance = self.instances;
        let open = self.open.as_mut()?;
        open.steps += 1;
        if touch.stage.is_some() && touch.stage != open.last_stage {
            open.stage_visits += 1;
        }
        let place = Place {
            instance,
            started_at: open.started_at,
            same_start: open.same_start,
            step: open.steps,
            stage_visit: touch.stage.map(|_| open.stage_visits),
            is_backward: touch.stage.zip(open.last_stage).is_some_and(|(stage, last)| stage < last),
            is_skip: touch.stage.is_some_and(|stage| stage > open.furthest_stage + 1),
        };
        open.last_stage = touch.stage.or(open.last_stage);
        open.furthest_stage = open.furthest_stage.max(touch.stage.unwrap_or(0));
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instance and step of each touch: seconds, then what it does (s starts, e ends).
    fn places(touches: &[(i64, &str)], timeout: i64) -> Vec<Option<(i64, i64)>> {
        let mut walk = Walk::default();
        let touch = |(at, does): &(i64, &str)| {
            let touch = Touch {
                at: *at,
                can_start: does.contains('s'),
                ends: does.contains('e'),
                stage: None,
            };
            walk.step(touch, timeout).map(|place| (place.instance, place.step))
        };
        touches.iter().map(touch).collect()
    }

    #[test]
    fn an_instance_ends_with_its_end_or_a_silence() {
        assert_eq!(
            places(
                &[(0, ""), (1, "s"), (2, "s"), (3, "e"), (4, ""), (5, "s"), (15, ""), (26, "")],
                10
            ),
            [
                None,
                Some((1, 1)),
                Some((1, 2)),
                Some((1, 3)),
                None,
                Some((2, 1)),
                Some((2, 2)),
                None
            ]
        );
        assert_eq!(places(&[(0, "se"), (0, "se")], 10), [Some((1, 1)), Some((2, 1))]);
        assert_eq!(places(&[(i64::MIN, "s"), (i64::MAX, "")], i64::MAX), [Some((1, 1)), None]);
    }

    #[test]
    fn instances_that_start_at_one_moment_are_numbered() {
        let mut walk = Walk::default();
        let mut step = |at, ends| {
            let place = walk.step(Touch { at, can_start: true, ends, stage: None }, 10).unwrap();
            (place.instance, place.started_at, place.same_start)
        };
        assert_eq!([step(0, true), step(0, true)], [(1, 0, 1), (2, 0, 2)]);
        assert_eq!([step(0, false), step(5, true)], [(3, 0, 3), (3, 0, 3)]);
        assert_eq!([step(5, true), step(7, true)], [(4, 5, 1), (5, 7, 1)]);
    }

    #[test]
    fn stages_go_back_and_skip_within_an_instance() {
        let mut walk = Walk::default();
        let mut step = |stage: Option<i64>, ends: bool| {
            let place = walk.step(Touch { at: 0, can_start: true, ends, stage }, 10).unwrap();
            (place.stage_visit, place.is_backward, place.is_skip)
        };
        assert_eq!(step(Some(1), false), (Some(1), false, false));
        assert_eq!(step(Some(3), false), (Some(2), false, true));
        assert_eq!(step(None, false), (None, false, false));
        assert_eq!(step(Some(3), false), (Some(2), false, false));
        assert_eq!(step(Some(2), false), (Some(3), true, false));
        assert_eq!(step(Some(4), true), (Some(4), false, false));
        assert_eq!(step(Some(2), false), (Some(1), false, true));
    }
}
