/*!
The web analytics export: one GA4 BigQuery file a day, days written beside each other by threads.
*/

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::error::Result;

use super::{
    World, dirt,
    events::Event,
    files::Lines,
    ga4::{self, Sender},
    rng::{Rng, Stream},
    truth::{Books, Fault},
    visits::{Visit, Visitor},
};

pub(crate) const SOURCE: &str = "web";

/// Writes the day files; `visits` may come in any order.
pub(crate) fn write(
    world: &World,
    root: &Path,
    mut visits: Vec<Visit>,
    threads: usize,
) -> Result<Books> {
    visits.sort_unstable_by_key(|visit| (visit.day, visit.start, ga4::visitor_key(visit.visitor)));
    let days = world.calendar.days();
    let next_day = AtomicU32::new(0);
    let total = Mutex::new(Ok(Books::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let day = next_day.fetch_add(1, Ordering::Relaxed);
                    if day >= days {
                        return;
                    }
                    let written = write_day(world, root, &visits, day);
                    let mut total = total.lock().expect("no writer panics while it holds the lock");
                    match (written, &mut *total) {
                        (Ok(books), Ok(sum)) => sum.merge(books),
                        (Err(error), Ok(_)) => *total = Err(error),
                        (_, Err(_)) => return,
                    }
                }
            });
        }
    });
    total.into_inner().expect("no writer panics while it holds the lock")
}

fn of_day(visits: &[Visit], day: u32) -> &[Visit] {
    let from = visits.partition_point(|visit| u32::from(visit.day) < day);
    let to = visits.partition_point(|visit| u32::from(visit.day) <= day);
    &visits[from..to]
}

fn write_day(world: &World, root: &Path, visits: &[Visit], day: u32) -> Result<Books> {
    let date = world.calendar.date(day).format("%Y%m%d").to_string();
    let mut file = DayFile {
        lines: Lines::create(root, &format!("web/events_{date}.ndjson.gz"))?,
        books: Books::default(),
        tail: Vec::new(),
    };
    let (from, to) =
        (world.calendar.start(day) * 1_000_000, world.calendar.start(day + 1) * 1_000_000);
    let since_yesterday = day
        .checked_sub(1)
        .map_or(&[][..], |yesterday| of_day(visits, yesterday))
        .iter()
        .filter(|visit| visit.is_nightly);
    for visit in since_yesterday.chain(of_day(visits, day)) {
        let sender = Sender::new(world, visit);
        let mut rng = dirt_of(world, visit);
        for event in world.events(visit) {
            // Drawn for every event, so that a visit over midnight draws the same in both files.
            let (spot, drawn) = (rng.below(2), rng.below(1_000));
            if (from..to).contains(&event.at) {
                file.add(&sender, &event, &date, Mishap::of(drawn, &event), spot == 0)?;
            }
        }
    }
    file.finish()
}

fn dirt_of(world: &World, visit: &Visit) -> Rng {
    let (kind, index) = ga4::visitor_key(visit.visitor);
    let part = u64::from(kind) << 32 | u64::from(visit.number);
    Rng::keyed(world.seed, Stream::EventDirt, u64::from(index), part)
}

/// What goes wrong with one event on its way into the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    None,
    Twice,
    Late,
    CutOffCopy,
    BadTimeCopy,
    BadEngagement,
}

impl Mishap {
    fn of(mut drawn: u64, event: &Event) -> Self {
        for (rate, mishap) in [
            (dirt::EVENT_TWICE, Self::Twice),
            (dirt::EVENT_LATE, Self::Late),
            (dirt::EVENT_CUT_OFF, Self::CutOffCopy),
            (dirt::EVENT_BAD_TIME, Self::BadTimeCopy),
            (dirt::EVENT_BAD_ENGAGEMENT, Self::BadEngagement),
        ] {
            if drawn < rate {
                let has_cell = mishap != Self::BadEngagement || event.engagement_ms.is_some();
                return if has_cell { mishap } else { Self::None };
            }
            drawn -= rate;
        }
        Self::None
    }
}

const BAD_TIME: &str = "undefined";
const BAD_ENGAGEMENT: &str = "12.5 s";

struct DayFile {
    lines: Lines,
    books: Books,
    /// Late rows, written after all others.
    tail: Vec<Vec<u8>>,
}

impl DayFile {
    fn add(
        &mut self,
        sender: &Sender,
        event: &Event,
        date: &str,
        mishap: Mishap,
        at_once: bool,
    ) -> Result<()> {
        match mishap {
            Mishap::None => self.row(&sender.row(event, date)),
            Mishap::Twice => {
                let row = sender.row(event, date);
                self.row(&row)?;
                if at_once {
                    return self.row(&row);
                }
                self.tail.push(row);
                Ok(())
            }
            Mishap::Late => {
                self.tail.push(sender.row(event, date));
                Ok(())
            }
            Mishap::CutOffCopy => {
                let row = sender.row(event, date);
                self.fault(&row[..row.len() / 2], None, "", true)?;
                self.row(&row)
            }
            Mishap::BadTimeCopy => {
                let copy = sender.row_with(event, date, Some(BAD_TIME), None);
                self.fault(&copy, Some("event_timestamp"), BAD_TIME, true)?;
                self.row(&sender.row(event, date))
            }
            Mishap::BadEngagement => {
                let row = sender.row_with(event, date, None, Some(BAD_ENGAGEMENT));
                self.fault(&row, Some("engagement_time_msec"), BAD_ENGAGEMENT, false)
            }
        }
    }

    fn row(&mut self, row: &[u8]) -> Result<()> {
        self.books.read(SOURCE);
        self.lines.record(row).map(|_| ())
    }

    fn fault(
        &mut self,
        row: &[u8],
        column: Option<&'static str>,
        raw: &str,
        quarantines_row: bool,
    ) -> Result<()> {
        self.books.read(SOURCE);
        let line = self.lines.record(row)?;
        self.books.fault(Fault {
            source: SOURCE,
            file: self.lines.name().to_owned(),
            line,
            column,
            raw: raw.to_owned(),
            quarantines_row,
        });
        Ok(())
    }

    fn finish(mut self) -> Result<Books> {
        for row in std::mem::take(&mut self.tail) {
            self.row(&row)?;
        }
        self.lines.finish()?;
        Ok(self.books)
    }
}

/// Whether a visitor is a bot, and how one can tell.
pub(crate) fn bot_reason(visitor: Visitor) -> &'static str {
    match visitor {
        Visitor::Crawler(_) => "ua_pattern",
        Visitor::Scraper(_) => "hit_rate",
        Visitor::Person(_) | Visitor::Passer(_) => "",
    }
}
