/*!
When a visit ends and the next one begins.

Vendors cut differently, so the cuts are rules that can be combined: Google Analytics 4 knows only
silence; Universal Analytics and Matomo also end a visit at midnight and where the campaign changes
(support.google.com/analytics/answer/2731565, matomo.org/faq/general/faq_36); PostHog ends it after 24
hours (posthog.com/docs/data/sessions); Adobe Analytics after 12 hours, 2,500 hits or 100 hits within
100 seconds (experienceleague.adobe.com, "Visits").
*/

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

/// Cuts sorted events into visits.
pub fn sessions<'a>(hits: &'a [Hit], rules: &Rules) -> impl Iterator<Item = &'a [Hit]> {
    let rules = *rules;
    let mut rest = hits;
    std::iter::from_fn(move || {
        let (session, after) = rest.split_at(length_of_first(rest, &rules));
        rest = after;
        (!session.is_empty()).then_some(session)
    })
}

fn length_of_first(hits: &[Hit], rules: &Rules) -> usize {
    let mut campaign = hits.first().and_then(|hit| hit.campaign);
    for position in 1..hits.len() {
        let (session, hit) = (&hits[..position], hits[position]);
        if ends_before(session, campaign, hit, rules) {
            return position;
        }
        campaign = hit.campaign.or(campaign);
    }
    hits.len()
}

/// Whether a visit so far, with its current campaign, ends before the next event.
fn ends_before(session: &[Hit], campaign: Option<u32>, hit: Hit, rules: &Rules) -> bool {
    let (first, last) = (session[0], session[session.len() - 1]);
    let is_fast = |rate: Rate| {
        session.len() >= rate.events.max(1)
            && !is_silence(session[session.len() - rate.events.max(1)].at, last.at, rate.within - 1)
    };
    is_silence(last.at, hit.at, rules.gap)
        || rules.midnight && hit.day != last.day
        || rules.campaign_change && hit.campaign.is_some() && hit.campaign != campaign
        || rules.max_duration.is_some_and(|longest| is_silence(first.at, hit.at, longest))
        || rules.max_events.is_some_and(|most| session.len() >= most)
        || rules.max_rate.is_some_and(is_fast)
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
                .map(|campaign| Hit { at: 0, day: 0, campaign: *campaign })
                .collect();
            sessions(&hits, &Rules::UNIVERSAL_ANALYTICS).map(<[Hit]>::len).collect()
        };
        assert_eq!(cut(&[Some(1), None, Some(1), Some(2), None]), [3, 2]);
        assert_eq!(cut(&[None, Some(1)]), [1, 1]);
        assert_eq!(cut(&[Some(1), None, None]), [3]);
    }
}
