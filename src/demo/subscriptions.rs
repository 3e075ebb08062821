/*!
The coffee-box subscriptions: trials, terms, and how each term was renewed.

A term is paid for by one invoice whose line states the term's period. What became of a term is
known from the next one: paid early, on its day, late (within [`GRACE_DAYS`]), or not at all.
*/

use chrono::{Days, Months, NaiveDate, NaiveDateTime, NaiveTime};

use super::{
    World,
    assortment::PLANS,
    calendar::{local, local_date, utc},
    person::Person,
    rng::{Rng, Stream},
};

/// Days after the end of a term within which a renewal still counts.
pub(crate) const GRACE_DAYS: u64 = 30;
const TRIAL_DAYS: u64 = 14;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) customer_id: String,
    pub(crate) quantity: i64,
    pub(crate) started_at: i64,
    pub(crate) trial: Option<(i64, i64)>,
    /// Terms that began, trial first.
    pub(crate) terms: Vec<Term>,
    pub(crate) status: Status,
    pub(crate) cancel_requested_at: Option<i64>,
    pub(crate) cancels_at_period_end: bool,
    pub(crate) ended_at: Option<i64>,
    /// Start and end; no end while the pause lasts.
    pub(crate) pause: Option<(i64, Option<i64>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Trialing,
    Active,
    PastDue,
    Canceled,
}

/// One stretch of service, and the invoice for it.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub(crate) starts_at: i64,
    pub(crate) ends_at: i64,
    /// Index into [`PLANS`].
    pub(crate) plan: usize,
    pub(crate) is_trial: bool,
    /// Cents for the whole term and all seats.
    pub(crate) amount: i64,
    pub(crate) issued_at: i64,
    pub(crate) paid_at: Option<i64>,
    /// Unpaid for good.
    pub(crate) is_written_off: bool,
    /// A change of plan within the term: when, and the amounts credited and charged for it.
    pub(crate) change: Option<(i64, i64, i64)>,
    pub(crate) renewal: Renewal,
    pub(crate) renewed_at: Option<i64>,
    /// The day the next term had to begin: the term's end, moved by a pause.
    pub(crate) due_on: NaiveDate,
}

/// What became of a term at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The term has not ended.
    Running,
    RenewedEarly,
    OnTime,
    Late,
    Lapsed,
    /// Ended, and the grace period is not over.
    Open,
    CancelledMidterm,
    /// A trial is no term that can be renewed.
    TrialExcluded,
}

impl Renewal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::RenewedEarly => "renewed_early",
            Self::OnTime => "renewed_on_time",
            Self::Late => "renewed_late",
            Self::Lapsed => "lapsed",
            Self::Open => "open",
            Self::CancelledMidterm => "cancelled_midterm",
            Self::TrialExcluded => "trial_excluded",
        }
    }
}

impl Term {
    pub(crate) fn start_date(&self) -> NaiveDate {
        local_date(self.starts_at)
    }

    pub(crate) fn end_date(&self) -> NaiveDate {
        local_date(self.ends_at)
    }

    /// Cents a month.
    pub(crate) fn monthly(&self) -> i64 {
        self.amount / i64::from(PLANS[self.plan].months)
    }
}

/// How a customer goes about the next payment.
enum Payment {
    OnTime,
    Late(i64),
    Early(i64),
    Never,
}

impl World {
    /// Up to two subscriptions: some who left come back.
    pub(crate) fn subscriptions(&self, person: &Person) -> Vec<Subscription> {
        let mut rng = Rng::new(self.seed, Stream::Subscription, u64::from(person.index));
        if !rng.chance(350) {
            return Vec::new();
        }
        let oldest = self.calendar.first - Days::new(400);
        let span = (self.calendar.last - oldest).num_days();
        let start = oldest + Days::new(rng.below(span as u64));
        let first = self.subscription(&mut rng, person, 0, start);
        let ended = first.ended_at.map(local_date);
        let mut all = vec![first];
        if let Some(ended) = ended
            && rng.chance(300)
        {
            let back = ended + Days::new(45 + rng.below(60));
            if back <= self.calendar.last {
                all.push(self.subscription(&mut rng, person, 1, back));
            }
        }
        all
    }

    fn subscription(
        &self,
        rng: &mut Rng,
        person: &Person,
        number: u64,
        start: NaiveDate,
    ) -> Subscription {
        // Office hours, so that the day is the same in UTC and in the local zone.
        let time = NaiveTime::from_num_seconds_from_midnight_opt(
            rng.between(8 * HOUR, 19 * HOUR) as u32,
            0,
        )
        .expect("a time of the day");
        let plan = rng.pick(&[0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5]);
        let index = u64::from(person.index);
        let mut codes = Rng::keyed(self.seed, Stream::Code, index, 0);
        let customer_id = format!("cus_{}", codes.code(14));
        let mut codes = Rng::keyed(self.seed, Stream::Code, index, 1 + number);
        let mut simulation = Simulation {
            now: self.calendar.end(),
            anchor: start.and_time(time),
            shift: 0,
            plan,
            subscription: Subscription {
                id: format!("sub_{}", codes.code(24)),
                customer_id,
                quantity: if rng.chance(60) { rng.between(2, 5) } else { 1 },
                started_at: utc(start.and_time(time)),
                trial: None,
                terms: Vec::new(),
                status: Status::Active,
                cancel_requested_at: None,
                cancels_at_period_end: false,
                ended_at: None,
                pause: None,
            },
        };
        if number == 0 && rng.chance(250) && !simulation.trial(rng) {
            return simulation.subscription;
        }
        simulation.terms(rng);
        simulation.subscription
    }
}

struct Simulation {
    /// Exclusive end of what is known.
    now: i64,
    /// Local time at which terms begin and end; the day of the month is kept over short months.
    anchor: NaiveDateTime,
    /// Months by which a pause moved the terms.
    shift: u32,
    plan: usize,
    subscription: Subscription,
}

impl Simulation {
    /// Runs the trial; false if the subscription ends with it, or has not got past it.
    fn trial(&mut self, rng: &mut Rng) -> bool {
        let starts_at = utc(self.anchor);
        let end = self.anchor + Days::new(TRIAL_DAYS);
        let ends_at = utc(end);
        self.subscription.trial = Some((starts_at, ends_at));
        self.subscription.terms.push(Term {
            starts_at,
            ends_at,
            plan: self.plan,
            is_trial: true,
            amount: 0,
            issued_at: starts_at,
            paid_at: Some(starts_at),
            is_written_off: false,
            change: None,
            renewal: Renewal::TrialExcluded,
            renewed_at: None,
            due_on: end.date(),
        });
        let is_lost = rng.chance(350);
        if is_lost {
            let requested = starts_at + rng.between(DAY, 10 * DAY);
            if requested < self.now {
                self.subscription.cancel_requested_at = Some(requested);
                self.subscription.cancels_at_period_end = true;
            }
        }
        if ends_at >= self.now {
            self.subscription.status = Status::Trialing;
            return false;
        }
        if is_lost {
            self.end(ends_at);
            return false;
        }
        self.anchor = end;
        true
    }

    fn end(&mut self, at: i64) {
        self.subscription.status = Status::Canceled;
        self.subscription.ended_at = Some(at);
    }

    fn boundary(&self, number: u32) -> i64 {
        let months = number * PLANS[self.plan].months + self.shift;
        utc(self.anchor + Months::new(months))
    }

    /// Term after term until something ends them or the present is reached.
    fn terms(&mut self, rng: &mut Rng) {
        let mut payment = Payment::OnTime;
        for number in 0.. {
            let starts_at = self.boundary(number);
            if starts_at >= self.now {
                return;
            }
            if !self.begin(number, starts_at, payment) {
                return;
            }
            let ends_at = self.boundary(number + 1);
            if !self.live_through(rng, number, starts_at, ends_at) {
                return;
            }
            payment = draw_payment(rng, PLANS[self.plan].months);
        }
    }

    /// Issues the invoice of a term and settles how the term before was renewed; false if it was
    /// not.
    fn begin(&mut self, number: u32, starts_at: i64, payment: Payment) -> bool {
        let ends_at = self.boundary(number + 1);
        let grace_ends = starts_at + GRACE_DAYS as i64 * DAY;
        let (issued_at, paid_at, renewal) = match payment {
            Payment::OnTime => (starts_at, Some(starts_at + HOUR), Renewal::OnTime),
            Payment::Early(days) => {
                (starts_at - 14 * DAY, Some(starts_at - days * DAY), Renewal::RenewedEarly)
            }
            Payment::Late(days) if starts_at + days * DAY < self.now => {
                (starts_at, Some(starts_at + days * DAY), Renewal::Late)
            }
            Payment::Never if grace_ends < self.now => (starts_at, None, Renewal::Lapsed),
            Payment::Late(_) | Payment::Never => (starts_at, None, Renewal::Open),
        };
        if let Some(last) = self.subscription.terms.last_mut().filter(|last| !last.is_trial) {
            last.renewal = renewal;
            last.renewed_at = paid_at;
            last.due_on = local_date(starts_at);
        }
        self.subscription.terms.push(Term {
            starts_at,
            ends_at,
            plan: self.plan,
            is_trial: false,
            amount: PLANS[self.plan].amount * self.subscription.quantity,
            issued_at,
            paid_at,
            is_written_off: renewal == Renewal::Lapsed,
            change: None,
            renewal: Renewal::Running,
            renewed_at: None,
            due_on: local_date(ends_at),
        });
        match renewal {
            Renewal::Lapsed => self.end(grace_ends),
            Renewal::Open => self.subscription.status = Status::PastDue,
            _ => return true,
        }
        false
    }

    /// What happens between two payments; false if the subscription ends or the present is near.
    fn live_through(&mut self, rng: &mut Rng, number: u32, starts_at: i64, ends_at: i64) -> bool {
        let at = starts_at + (ends_at - starts_at) / 100 * rng.between(20, 80);
        let months = PLANS[self.plan].months;
        let is_known = at + DAY < self.now;
        match rng.below(1_000) {
            0..35 if is_known => {
                self.subscription.cancel_requested_at = Some(at);
                self.subscription.cancels_at_period_end = true;
                if ends_at < self.now {
                    self.end(ends_at);
                    let is_past_grace = ends_at + GRACE_DAYS as i64 * DAY < self.now;
                    self.last().renewal =
                        if is_past_grace { Renewal::Lapsed } else { Renewal::Open };
                }
                return false;
            }
            35..42 if is_known => {
                self.subscription.cancel_requested_at = Some(at);
                self.last().renewal = Renewal::CancelledMidterm;
                self.end(at);
                return false;
            }
            42..62 if is_known => {
                let (from, to) = (&PLANS[self.plan], &PLANS[PLANS[self.plan].other]);
                let left = (ends_at - at) * 100 / (ends_at - starts_at);
                let quantity = self.subscription.quantity;
                let credit = from.amount * quantity * left / 100;
                let charge = to.amount * quantity * left / 100;
                self.last().change = Some((at, credit, charge));
                self.plan = from.other;
            }
            62..80 if months == 1 && self.subscription.pause.is_none() && ends_at < self.now => {
                return self.pause(rng, number, ends_at);
            }
            _ => {}
        }
        true
    }

    /// A pause of whole months from the end of a term; false if it still lasts.
    fn pause(&mut self, rng: &mut Rng, number: u32, from: i64) -> bool {
        self.shift += 1 + rng.below(3) as u32;
        let until = self.boundary(number + 1);
        let is_over = until < self.now;
        self.subscription.pause = Some((from, is_over.then_some(until)));
        let last = self.last();
        last.due_on = local_date(until);
        if !is_over {
            last.renewal = Renewal::Open;
        }
        is_over
    }

    fn last(&mut self) -> &mut Term {
        self.subscription.terms.last_mut().expect("a term has begun")
    }
}

fn draw_payment(rng: &mut Rng, months: u32) -> Payment {
    match rng.below(1_000) {
        0..60 => Payment::Late(rng.between(1, 25)),
        60..85 => Payment::Never,
        85..185 if months > 1 => Payment::Early(rng.between(1, 13)),
        _ => Payment::OnTime,
    }
}

/// The invoices that a pause voids: the periods that would have begun during it.
pub(crate) fn voided_periods(subscription: &Subscription, now: i64) -> Vec<(i64, i64)> {
    let Some((from, until)) = subscription.pause else { return Vec::new() };
    let until = until.unwrap_or(now);
    let start = local(from);
    (0..)
        .map(|month| (utc(start + Months::new(month)), utc(start + Months::new(month + 1))))
        .take_while(|(starts_at, _)| *starts_at < until)
        .collect()
}
