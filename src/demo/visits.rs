/*!
Which visits a person, a passer-by or a bot pays to the web shop, and what each is for.

Visits are spaced by construction: at most one a day for each visitor, never within half an hour of
local midnight of another one, and two persons on one device come on days of different parity. So a
session in the truth is a visit (or half of one, see [`Pause`]), with no clock rule applied to it.
*/

use super::{
    World, dirt,
    person::Person,
    rng::{Rng, Stream},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visitor {
    Person(u32),
    /// Somebody who never says who they are.
    Passer(u32),
    /// A crawler that says so in its user agent.
    Crawler(u32),
    /// A script that looks like a browser, but a fast one.
    Scraper(u32),
}

/// How far a visit gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Goal {
    Browse,
    Search,
    View,
    Cart,
    Checkout,
    Buy,
}

/// A long silence in the middle of a visit: on the border of a session, and just across it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    None,
    /// 1,800 s: still one session.
    Border,
    /// 1,801 s: two sessions.
    Across,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    pub(crate) visitor: Visitor,
    pub(crate) number: u16,
    pub(crate) day: u16,
    /// UTC second of the first event.
    pub(crate) start: i64,
    pub(crate) device: u8,
    pub(crate) goal: Goal,
    pub(crate) pages: u8,
    pub(crate) pause: Pause,
    pub(crate) has_consent: bool,
    pub(crate) signs_up: bool,
    pub(crate) logs_in: bool,
    /// The visit starts shortly before local midnight and ends after it.
    pub(crate) is_nightly: bool,
}

/// Events in an average visit of a person, times ten; measured over the default world.
const EVENTS_PER_VISIT_X10: u64 = 81;

impl World {
    /// How many passers-by there are.
    pub(crate) fn passers(&self) -> u32 {
        self.persons / 2
    }

    pub(crate) fn crawlers(&self) -> u32 {
        self.persons / 200 + 1
    }

    pub(crate) fn scrapers(&self) -> u32 {
        self.persons / 400 + 1
    }

    /// The visits of a person, in order of time.
    pub(crate) fn visits(&self, person: &Person) -> Vec<Visit> {
        let mut rng = Rng::new(self.seed, Stream::Visits, u64::from(person.index));
        let days = u64::from(self.calendar.days());
        let mean = (u64::from(self.events_per_customer) * 10 / EVENTS_PER_VISIT_X10).max(1);
        let count = (mean / 2 + rng.below(mean + 1)).clamp(1, days / 3);
        let joins_at = rng.below(count.div_ceil(2));
        let mut visits: Vec<Visit> = Vec::with_capacity(count as usize);
        for bin in 0..count {
            let (from, to) = (bin * days / count, (bin + 1) * days / count);
            let mut day = from + rng.below(to - from);
            if person.device_is_shared {
                day = (day & !1 | u64::from(person.index % 2)).min(days - 1);
            }
            let is_nightly = rng.chance(25) && !person.device_is_shared && day + 1 < days;
            let second = match (is_nightly, rng.chance(600)) {
                (true, _) => 86_400 - rng.between(60, 600),
                (false, true) => rng.between(17 * 3_600, 21 * 3_600),
                (false, false) => rng.between(8 * 3_600, 12 * 3_600),
            };
            let start = self.second_of(day as u32, second);
            let device = if rng.chance(700) { 0 } else { rng.below(person.devices.len() as u64) };
            let buys =
                if day < u64::from(person.custom.ends_on) { person.custom.web_percent } else { 0 };
            let goal = goal(&mut rng, buys);
            let signs_up = person.login.is_some() && bin == joins_at;
            let visit = Visit {
                visitor: Visitor::Person(person.index),
                number: bin as u16,
                day: day as u16,
                start,
                device: device as u8,
                goal,
                pages: rng.between(1, 6) as u8,
                pause: if is_nightly { Pause::None } else { pause(&mut rng) },
                has_consent: signs_up || !rng.chance(dirt::VISIT_WITHOUT_CONSENT),
                signs_up,
                logs_in: person.login.is_some()
                    && bin > joins_at
                    && (goal == Goal::Buy || rng.chance(600)),
                is_nightly,
            };
            let is_same_day = visits.last().is_some_and(|last| last.day >= visit.day);
            let is_others_day = person.device_is_shared && day % 2 != u64::from(person.index % 2);
            if !is_same_day && !is_others_day {
                visits.push(visit);
            }
        }
        visits
    }

    /// The visits of those who stay unknown.
    pub(crate) fn stray_visits(&self, visitor: Visitor) -> Vec<Visit> {
        let (stream, index, count) = match visitor {
            Visitor::Passer(index) => (Stream::Anonymous, index, 2),
            Visitor::Crawler(index) => (Stream::Bot, index, 1),
            Visitor::Scraper(index) => (Stream::Bot, index + 1_000_000, 1),
            Visitor::Person(_) => unreachable!("persons plan their visits in `visits`"),
        };
        let mut rng = Rng::new(self.seed, stream, u64::from(index));
        let days = u64::from(self.calendar.days());
        (0..count)
            .map(|number| {
                let (from, to) = (number * days / count, (number + 1) * days / count);
                let day = from + rng.below(to - from);
                let second = rng.between(8 * 3_600, 21 * 3_600);
                let (pages, goal) = match visitor {
                    Visitor::Passer(_) => (rng.between(1, 4), goal(&mut rng, 0).min(Goal::Cart)),
                    Visitor::Crawler(_) => (rng.between(30, 60), Goal::Browse),
                    _ => (rng.between(120, 180), Goal::Browse),
                };
                Visit {
                    visitor,
                    number: number as u16,
                    day: day as u16,
                    start: self.second_of(day as u32, second),
                    device: 0,
                    goal,
                    pages: pages as u8,
                    pause: Pause::None,
                    has_consent: true,
                    signs_up: false,
                    logs_in: false,
                    is_nightly: false,
                }
            })
            .collect()
    }

    /// `second` counts back from the end of the day in its later half, so that a day of 23 or
    /// 25 hours moves the night and not the evening.
    fn second_of(&self, day: u32, second: i64) -> i64 {
        if second < 43_200 {
            self.calendar.start(day) + second
        } else {
            self.calendar.start(day + 1) - (86_400 - second)
        }
    }
}

/// `buys` of a hundred visits end in an order.
fn goal(rng: &mut Rng, buys: u64) -> Goal {
    match rng.below(100) {
        drawn if drawn + buys >= 100 => Goal::Buy,
        0..30 => Goal::Browse,
        30..40 => Goal::Search,
        66..76 => Goal::Cart,
        76..82 => Goal::Checkout,
        _ => Goal::View,
    }
}

fn pause(rng: &mut Rng) -> Pause {
    match rng.below(200) {
        0..2 => Pause::Border,
        2..5 => Pause::Across,
        _ => Pause::None,
    }
}
