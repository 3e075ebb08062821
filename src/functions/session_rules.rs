/*!
When a visit ends, as `sessionize` and `sessions` are told it.
*/

use chrono_tz::Tz;
use datafusion::{
    arrow::datatypes::DataType,
    common::{ScalarValue, plan_err},
    error::Result,
};

use super::{
    argument::{Argument, span_micros},
    local_date::{local_day, parse_zone},
};
use crate::{
    error::nearest,
    models::sessions::{Hit, Rate, Rules},
};

/// Whether rules of this type are a text, and not the length of a silence.
pub(super) fn is_text(given: Option<&DataType>) -> bool {
    given.is_some_and(|rules| !rules.is_null() && Argument::Text.coerce("", "", rules).is_ok())
}

/// The rules of a call, and where its days end.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionRules {
    pub(super) rules: Rules,
    zone: Option<Tz>,
}

impl SessionRules {
    /// Reads the rules of a call; the zone is needed where midnight cuts.
    pub(super) fn read(
        syntax: &str,
        rules: &ScalarValue,
        has_campaign: bool,
        zone: Option<&ScalarValue>,
    ) -> Result<Self> {
        let rules = parse(syntax, rules)?;
        if rules.campaign_change && !has_campaign {
            return plan_err!("campaign_change needs the campaign in `{syntax}`");
        }
        let zone = match (rules.midnight, zone.and_then(|zone| zone.try_as_str().flatten())) {
            (true, Some(name)) => Some(parse_zone(name)?),
            (true, None) => return plan_err!("midnight needs the zone in `{syntax}`"),
            (false, _) => None,
        };
        Ok(Self { rules, zone })
    }

    /// An event as the rules look at it.
    pub(super) fn hit(&self, at: i64, campaign: Option<u32>) -> Result<Hit> {
        let day = match self.zone {
            Some(zone) => local_day(at, zone)?,
            None => 0,
        };
        Ok(Hit { at, day, campaign })
    }
}

fn parse(syntax: &str, value: &ScalarValue) -> Result<Rules> {
    const WORDS: [&str; 11] = [
        "ga4",
        "ua",
        "matomo",
        "adobe",
        "posthog",
        "midnight",
        "campaign_change",
        "gap",
        "max_seconds",
        "max_events",
        "max_rate",
    ];
    let Some(text) = value.try_as_str().flatten() else {
        return Ok(Rules::of_silence(span_micros(syntax, value)?));
    };
    let mut rules: Option<Rules> = None;
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, number) = match word.split_once('=') {
            Some((name, number)) => (name.trim(), Some(number.trim())),
            None => (word, None),
        };
        let preset = match (name, number) {
            ("ga4", None) => Some(Rules::GA4),
            ("ua", None) => Some(Rules::UNIVERSAL_ANALYTICS),
            ("matomo", None) => Some(Rules::MATOMO),
            ("adobe", None) => Some(Rules::ADOBE),
            ("posthog", None) => Some(Rules::POSTHOG),
            _ => None,
        };
        match (preset, &mut rules) {
            (Some(preset), None) => rules = Some(preset),
            (Some(_), Some(_)) => {
                return plan_err!("the preset `{name}` must be the first word of the rules");
            }
            (None, rules) => {
                let rules = rules.get_or_insert(Rules::GA4);
                match (name, number) {
                    ("midnight", None) => rules.midnight = true,
                    ("campaign_change", None) => rules.campaign_change = true,
                    ("gap", Some(number)) => rules.gap = seconds(word, number)?,
                    ("max_seconds", Some(number)) => {
                        rules.max_duration = Some(seconds(word, number)?);
                    }
                    ("max_events", Some(number)) => rules.max_events = Some(count(word, number)?),
                    ("max_rate", Some(number)) => {
                        let Some((events, within)) = number.split_once('/') else {
                            return plan_err!("`{word}` must read like max_rate=100/100");
                        };
                        let (events, within) = (count(word, events)?, seconds(word, within)?);
                        rules.max_rate = Some(Rate { events, within });
                    }
                    _ => {
                        return match nearest(name, &WORDS) {
                            Some(name) => {
                                plan_err!("unknown rule `{word}`; did you mean `{name}`?")
                            }
                            None => {
                                plan_err!("unknown rule `{word}`; valid are {}", WORDS.join(", "))
                            }
                        };
                    }
                }
            }
        }
    }
    match rules {
        Some(rules) => Ok(rules),
        None => plan_err!("the rules of `{}` are empty", syntax),
    }
}

fn seconds(rule: &str, number: &str) -> Result<i64> {
    match number.parse::<u32>() {
        Ok(seconds) => Ok(i64::from(seconds) * 1_000_000),
        Err(_) => plan_err!("`{rule}` needs a number of whole seconds"),
    }
}

fn count(rule: &str, number: &str) -> Result<usize> {
    match number.parse::<u32>() {
        Ok(count) if count > 0 => Ok(count as usize),
        _ => plan_err!("`{rule}` needs a number of events from 1"),
    }
}
