/*!
When a visit ends and the next one begins.

Vendors cut differently, so the cuts are rules that can be combined: Google Analytics 4 knows only
silence; Universal Analytics and Matomo also end a visit at midnight and where the campaign changes
(support.google.com/analytics/answer/2731565, matomo.org/faq/general/faq_36); PostHog ends it after 24
hours (posthog.com/docs/data/sessions); Adobe Analytics after 12 hours, 2,500 hits or 100 hits within
100 seconds (experienceleague.adobe.com, "Visits").
*/

use std::collections::VecDeque;

/// What ends a visit. All times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A longer silence; exactly this long does not.
    pub gap: i64,
    /// The end of the local day.
    pub midnight: bool,
    /// An event whose campaign is not that of the visit. One without a campaign never does.
    pub campaign_change: bool,
    /// A longer visit; exactly this long does not.
    pub max_duration: Option<i64>,
    /// More events.
    pub max_events: Option<usize>,
    /// An event after so many within less than a time.
    pub max_rate: Option<Rate>,
}

/// So many events within less than a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub events: usize,
    pub within: i64,
}

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

impl Rules {
    pub const GA4: Self = Self::of_silence(HOUR / 2);
    pub const UNIVERSAL_ANALYTICS: Self =
        Self { midnight: true, campaign_change: true, ..Self::GA4 };
    pub const MATOMO: Self = Self::UNIVERSAL_ANALYTICS;
    pub const POSTHOG: Self = Self { max_duration: Some(24 * HOUR), ..Self::GA4 };
    pub const ADOBE: Self = Self {
        max_duration: Some(12 * HOUR),
        max_events: Some(2_500),
        max_rate: Some(Rate { events: 100, within: 100 * SECOND }),
        ..Self::GA4
    };

    /// Nothing but silence.
    pub const fn of_silence(gap: i64) -> Self {
        Self {
            gap,
            midnight: false,
            campaign_change: false,
            max_duration: None,
            max_events: None,
            max_rate: None,
        }
    }
}

/// Whether the silence between two instants is longer than a gap.
pub fn is_silence(before: i64, at: i64, gap: i64) -> bool {
    // Time stamps at both ends of the range are surely further apart than any gap.
    at.checked_sub(before).is_none_or(|silence| silence > gap)
}

/// An event, as far as visits are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub at: i64,
    /// A number of the local day; read only if midnight cuts.
    pub day: i32,
    /// A number of the campaign; read only if its change cuts.
    pub campaign: Option<u32>,
}

/// Says of events in the order of time which of them begin a visit. Those of one instant are never
/// parted, so that a visitor's visits differ in when they begin.
#[derive(Debug, Clone)]
pub struct Visits {
    rules: Rules,
    visit: Option<Visit>,
    /// When the last events of the visit were, as many as a rate is about.
    recent: VecDeque<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Visit {
    started_at: i64,
    last: Hit,
    /// That of the last event that had one.
    campaign: Option<u32>,
    events: usize,
}

impl Visits {
    pub fn new(rules: Rules) -> Self {
        Self { rules, visit: None, recent: VecDeque::new() }
    }

    /// Whether a visit begins with this event, which is not before the last one.
    pub fn begins(&mut self, hit: Hit) -> bool {
        let visit = self.visit.filter(|visit| !self.ends(visit, hit));
        let begins = visit.is_none();
        self.visit = Some(match visit {
            Some(visit) => Visit {
                last: hit,
                campaign: hit.campaign.or(visit.campaign),
                events: visit.events + 1,
                ..visit
            },
            None => Visit { started_at: hit.at, last: hit, campaign: hit.campaign, events: 1 },
        });
        if let Some(rate) = self.rules.max_rate {
            if begins {
                self.recent.clear();
            } else if self.recent.len() == rate.events.max(1) {
                self.recent.pop_front();
            }
            self.recent.push_back(hit.at);
        }
        begins
    }

    /// Whether a visit ends before the next event.
    fn ends(&self, visit: &Visit, hit: Hit) -> bool {
        let Rules { gap, midnight, campaign_change, max_duration, max_events, max_rate } =
            self.rules;
        let is_fast = |rate: Rate| {
            self.recent.len() == rate.events.max(1)
                && !is_silence(self.recent[0], visit.last.at, rate.within - 1)
        };
        hit.at != visit.last.at
            && (is_silence(visit.last.at, hit.at, gap)
                || midnight && hit.day != visit.last.day
                || campaign_change && hit.campaign.is_some() && hit.campaign != visit.campaign
                || max_duration
                    .is_some_and(|longest| is_silence(visit.started_at, hit.at, longest))
                || max_events.is_some_and(|most| visit.events >= most)
                || max_rate.is_some_and(is_fast))
    }
}

/// Cuts sorted events into visits.
pub fn sessions<'a>(hits: &'a [Hit], rules: &Rules) -> impl Iterator<Item = &'a [Hit]> {
    let mut visits = Visits::new(*rules);
    if let Some(first) = hits.first() {
        visits.begins(*first);
    }
    hits.chunk_by(move |_, hit| !visits.begins(*hit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the visits of events at these seconds.
    fn sizes(seconds: impl IntoIterator<Item = i64>, rules: Rules) -> Vec<usize> {
        let hits: Vec<Hit> = seconds
            .into_iter()
            .map(|second| Hit {
                at: second * SECOND,
                day: (second / 86_400) as i32,
                campaign: None,
            })
            .collect();
        sessions(&hits, &rules).map(<[Hit]>::len).collect()
    }

    #[test]
    fn limits_are_inclusive() {
        assert_eq!(sizes([0, 1_800, 3_601], Rules::GA4), [2, 1]);
        assert_eq!(sizes((0..50).map(|half| half * 1_800), Rules::POSTHOG), [49, 1]);
        assert_eq!(sizes((0..26).map(|half| half * 1_800), Rules::ADOBE), [25, 1]);
        assert_eq!(sizes((0..50).map(|half| half * 1_800), Rules::GA4), [50]);
        assert!(sizes([], Rules::GA4).is_empty());
    }

    /// Adobe: 2,500 hits that are slow enough, and the hundredth hit of a burst.
    #[test]
    fn too_many_and_too_fast() {
        assert_eq!(sizes((0..5_001).map(|hit| hit * 2), Rules::ADOBE), [2_500, 2_500, 1]);
        assert_eq!(sizes(0..250, Rules::ADOBE), [100, 100, 50]);
        // 100 hits in exactly 99 seconds are fast, in 100 they are not.
        let rate = Rules { max_rate: Some(Rate { events: 2, within: SECOND }), ..Rules::GA4 };
        assert_eq!(sizes([0, 1, 2], rate), [3]);
        assert_eq!(sizes([0, 0, 2], rate), [2, 1]);
    }

    #[test]
    fn only_another_campaign_cuts() {
        let cut = |campaigns: &[Option<u32>]| -> Vec<usize> {
            let hits: Vec<Hit> = campaigns
                .iter()
                .zip(0..)
                .map(|(campaign, at)| Hit { at, day: 0, campaign: *campaign })
                .collect();
            sessions(&hits, &Rules::UNIVERSAL_ANALYTICS).map(<[Hit]>::len).collect()
        };
        assert_eq!(cut(&[Some(1), None, Some(1), Some(2), None]), [3, 2]);
        assert_eq!(cut(&[None, Some(1)]), [1, 1]);
        assert_eq!(cut(&[Some(1), None, None]), [3]);
    }

    #[test]
    fn one_instant_is_never_parted() {
        let hits = [(0, 1), (0, 2), (0, 3), (1, 3), (1, 4)];
        let hits = hits.map(|(at, campaign)| Hit { at, day: 0, campaign: Some(campaign) });
        let most = Rules { max_events: Some(2), ..Rules::UNIVERSAL_ANALYTICS };
        let sizes = |rules| sessions(&hits, rules).map(<[Hit]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(&Rules::UNIVERSAL_ANALYTICS), [5]);
        assert_eq!(sizes(&most), [3, 2]);
    }
}
