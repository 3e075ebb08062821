/*!
A synthetic company: exports in the layouts of real vendors, with known dirt, and the truth behind
them.

`exports/` holds what the company's systems would hand over; `truth/` says what is really so, counted
while the world is simulated. The same options give the same bytes on any machine: all draws are
whole numbers from streams that are keyed by entity ([`rng`]). Persons are simulated one at a time
and web events one day at a time, so memory does not grow with the number of events.

A further export is one file here, one field of [`export::Exports`] and one preset.
*/

use std::path::Path;

use chrono::NaiveDate;

use crate::error::{Error, Result, codes};

mod ads;
mod answers;
mod assortment;
mod calendar;
mod consents;
mod dirt;
mod events;
mod export;
mod facts;
mod files;
mod ga4;
mod hubspot;
mod orders;
mod person;
mod qualtrics;
mod records;
mod rng;
mod shop;
mod stripe;
mod subscriptions;
mod truth;
mod visits;
mod web;
mod zendesk;

use calendar::Calendar;

/// The size and the seed of a world.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Persons; passers-by and bots come on top.
    pub customers: u32,
    /// Whole months of exports, up to `as_of_date`.
    pub months: u32,
    pub seed: u64,
    /// Web events for each customer over the whole window, about.
    pub events_per_customer: u32,
    /// The last local day that the exports cover.
    pub as_of_date: NaiveDate,
    /// Threads that write web events; the bytes do not depend on it.
    pub threads: usize,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            customers: 400,
            months: 12,
            seed: 1,
            events_per_customer: 50,
            as_of_date: NaiveDate::from_ymd_opt(2026, 6, 30).expect("a day of the calendar"),
            threads: 2,
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct DemoSummary {
    /// Web events, each counted once.
    pub events: u64,
    /// Rows over all exports, with duplicates and spoilt ones.
    pub rows: u64,
    pub orders: u64,
    pub subscriptions: u64,
}

/// The world: everything in it is a function of these fields.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) persons: u32,
    pub(crate) events_per_customer: u32,
    pub(crate) calendar: Calendar,
}

/// Writes `dir/exports` and `dir/truth`.
pub fn write(dir: &Path, options: &DemoOptions) -> Result<DemoSummary> {
    let fault = if options.customers == 0 || options.customers > 5_000_000 {
        Some("customers must be from 1 to 5,000,000")
    } else if options.months == 0 || options.months > 60 {
        Some("months must be from 1 to 60")
    } else {
        None
    };
    if let Some(fault) = fault {
        return Err(Error::usage(codes::DEMO_OPTIONS, fault));
    }
    let exports = dir.join("exports");
    if exports.read_dir().is_ok_and(|mut files| files.next().is_some()) {
        let message = format!("{} holds exports already", exports.display());
        return Err(Error::usage(codes::EXISTS, message)
            .hint("name another folder, or remove this one: no truth fits two worlds"));
    }
    let world = World {
        seed: options.seed,
        persons: options.customers,
        events_per_customer: options.events_per_customer,
        calendar: Calendar::new(options.as_of_date, options.months),
    };
    export::write(&world, dir, options.threads.max(1))
}
