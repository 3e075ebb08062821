/*!
The truth about persons, sessions, orders, terms, recurring revenue, funnels and survey scores,
written while the persons go by.
*/

use std::{collections::BTreeMap, path::Path};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde_json::json;

use crate::error::Result;

use super::{
    DemoSummary, World,
    answers::{Answer, AnswerKind},
    calendar::{first_of_month, iso, iso_micros, local_date},
    events::Event,
    files::{Lines, money},
    orders::Order,
    person::Person,
    subscriptions::{GRACE_DAYS, Renewal, Subscription},
    truth::Table,
    visits::Visit,
    web::bot_reason,
};

/// The steps of the purchase funnel within a session, in order.
const STEPS: [&str; 4] = ["view_item", "add_to_cart", "begin_checkout", "purchase"];

pub(crate) struct Facts {
    persons: Lines,
    sessions: Table,
    orders: Table,
    terms: Table,
    /// Month → cents a month of paid terms, and of terms whose grace period runs.
    mrr: BTreeMap<NaiveDate, (i64, i64, u64)>,
    /// Month of the session → sessions that got at least to each step.
    funnel: BTreeMap<NaiveDate, [u64; STEPS.len()]>,
    /// Quarter → promoters, passives, detractors.
    scores: BTreeMap<String, [u64; 3]>,
    responses: [u64; 3],
    pub(crate) summary: DemoSummary,
    events_without_id: u64,
    bot_events: u64,
}

impl Facts {
    pub(crate) fn create(root: &Path, world: &World) -> Result<Self> {
        let table = |name, header: &[&str]| Table::create(root, name, header);
        let months = world.calendar.months();
        Ok(Self {
            persons: Lines::create(root, "persons.ndjson")?,
            sessions: table(
                "sessions.csv",
                &["cookie", "person", "started_at", "ended_at", "event_count", "bot_reason"],
            )?,
            orders: table(
                "orders.csv",
                &[
                    "order_id",
                    "person",
                    "ordered_at",
                    "sales_channel",
                    "has_buyer",
                    "is_cancelled",
                    "gross_amount",
                    "discount_amount",
                    "refunded_amount",
                    "net_amount",
                ],
            )?,
            terms: table(
                "terms.csv",
                &[
                    "subscription_id",
                    "person",
                    "term_start_date",
                    "term_end_date",
                    "due_date",
                    "plan_id",
                    "amount",
                    "is_paid",
                    "renewal",
                    "renewed_at",
                    "renewed_amount",
                    "change_amount",
                ],
            )?,
            mrr: months.iter().map(|month| (*month, (0, 0, 0))).collect(),
            funnel: months.iter().map(|month| (*month, [0; STEPS.len()])).collect(),
            scores: BTreeMap::new(),
            responses: [0; 3],
            summary: DemoSummary::default(),
            events_without_id: 0,
            bot_events: 0,
        })
    }

    pub(crate) fn person(
        &mut self,
        world: &World,
        person: &Person,
        visits: &[Visit],
        subscriptions: &[Subscription],
    ) -> Result<()> {
        let mut cookies: BTreeMap<String, bool> = BTreeMap::new();
        for visit in visits {
            if let Some(cookie) = world.visit_cookie(Some(person), visit) {
                *cookies.entry(cookie).or_default() |= visit.logs_in || visit.signs_up;
            }
        }
        let contact_ids: Vec<u64> = person
            .contact
            .iter()
            .flat_map(|contact| [Some(contact.id), contact.absorbed])
            .flatten()
            .collect();
        let record = json!({
            "person": name(person),
            "login": person.login,
            "email": person.email,
            "second_email": person.second_email.as_ref().filter(|_| person.contact.is_some()),
            "contact_ids": contact_ids,
            "stripe_customer": subscriptions.first().map(|subscription| &subscription.customer_id),
            "cookies": cookies
                .iter()
                .map(|(cookie, is_linked)| json!({"cookie": cookie, "is_linked": is_linked}))
                .collect::<Vec<_>>(),
            "device_is_shared": person.device_is_shared,
        });
        self.persons.record(record.to_string().as_bytes()).map(|_| ())
    }

    /// Books the events of a visit; `cookie` is none without consent.
    pub(crate) fn visit(
        &mut self,
        visit: &Visit,
        events: &[Event],
        cookie: Option<&str>,
        person: Option<&Person>,
    ) -> Result<()> {
        self.summary.events += events.len() as u64;
        let Some(cookie) = cookie else {
            self.events_without_id += events.len() as u64;
            return Ok(());
        };
        let bot_reason = bot_reason(visit.visitor);
        for part in events.chunk_by(|left, right| left.session == right.session) {
            let (first, last) = (&part[0], &part[part.len() - 1]);
            self.sessions.row(&[
                cookie,
                &person.map(name).unwrap_or_default(),
                &iso_micros(first.at),
                &iso_micros(last.at),
                &part.len().to_string(),
                bot_reason,
            ])?;
            if !bot_reason.is_empty() {
                self.bot_events += part.len() as u64;
                continue;
            }
            // A way through the funnel belongs to the month of its first step, at whatever time the
            // visit began.
            let mut month = None;
            let mut step = 0;
            for event in part {
                if step < STEPS.len() && event.name == STEPS[step] {
                    let now = first_of_month(local_date(event.at / 1_000_000));
                    let reached = self.funnel.entry(*month.get_or_insert(now)).or_default();
                    reached[step] += 1;
                    step += 1;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn orders(&mut self, person: &Person, orders: &[Order]) -> Result<()> {
        for order in orders {
            self.summary.orders += 1;
            self.orders.row(&[
                &order.id,
                &name(person),
                &iso(order.ordered_at),
                order.channel,
                &(order.login.is_some() || order.email.is_some()).to_string(),
                &order.is_cancelled.to_string(),
                &money(order.gross(), '.'),
                &money(order.discount, '.'),
                &money(order.refunded(), '.'),
                &money(order.net(), '.'),
            ])?;
        }
        Ok(())
    }

    pub(crate) fn subscriptions(
        &mut self,
        person: &Person,
        subscriptions: &[Subscription],
    ) -> Result<()> {
        for subscription in subscriptions {
            self.summary.subscriptions += 1;
            for (number, term) in subscription.terms.iter().enumerate() {
                let renewed_amount = match term.renewal {
                    Renewal::RenewedEarly | Renewal::OnTime | Renewal::Late => {
                        money(subscription.terms[number + 1].amount, '.')
                    }
                    _ => String::new(),
                };
                self.terms.row(&[
                    &subscription.id,
                    &name(person),
                    &term.start_date().to_string(),
                    &term.end_date().to_string(),
                    &term.due_on.to_string(),
                    super::assortment::PLANS[term.plan].id,
                    &money(term.amount, '.'),
                    &term.paid_at.is_some().to_string(),
                    term.renewal.name(),
                    &term.renewed_at.map(iso).unwrap_or_default(),
                    &renewed_amount,
                    &money(term.change.map_or(0, |(_, credit, charge)| charge - credit), '.'),
                ])?;
            }
            self.recurring_revenue(subscription);
        }
        Ok(())
    }

    /// Adds a subscription to the months at whose last day a paid term runs.
    fn recurring_revenue(&mut self, subscription: &Subscription) {
        let ended = subscription.ended_at.map(local_date);
        for (month, (paid, in_grace, running)) in &mut self.mrr {
            let day = *month + Months::new(1) - Days::new(1);
            for term in subscription.terms.iter().filter(|term| !term.is_trial) {
                let runs = term.start_date() <= day && day < term.end_date();
                let has_ended = ended.is_some_and(|ended| ended <= day);
                // A pause moves the day on which a term is due, and with it the days of grace.
                let is_due = term.due_on <= day && day < term.due_on + Days::new(GRACE_DAYS);
                if runs && !has_ended && term.paid_at.is_some() {
                    *paid += term.monthly();
                    *running += 1;
                } else if is_due && term.renewal == Renewal::Open {
                    *in_grace += term.monthly();
                }
            }
        }
    }

    pub(crate) fn answers(&mut self, answers: &[Answer]) {
        // One answer for each respondent and quarter: the last one; who signs is one respondent.
        let mut last: BTreeMap<(String, &str), &Answer> = BTreeMap::new();
        for answer in answers {
            self.responses[match answer.kind {
                AnswerKind::Real => 0,
                AnswerKind::Preview => 1,
                AnswerKind::Test => 2,
            }] += 1;
            if answer.kind != AnswerKind::Real || answer.score.is_none() {
                continue;
            }
            let respondent = if answer.is_signed { "" } else { answer.id.as_str() };
            let date = local_date(answer.recorded_at);
            let quarter = format!("{}-Q{}", date.year(), date.month0() / 3 + 1);
            let kept = last.entry((quarter, respondent)).or_insert(answer);
            if answer.recorded_at > kept.recorded_at {
                *kept = answer;
            }
        }
        for ((quarter, _), answer) in last {
            let class = match answer.score {
                Some(9..) => 0,
                Some(7..=8) => 1,
                _ => 2,
            };
            self.scores.entry(quarter).or_default()[class] += 1;
        }
    }

    pub(crate) fn finish(self, root: &Path) -> Result<DemoSummary> {
        self.persons.finish()?;
        self.sessions.finish()?;
        self.orders.finish()?;
        self.terms.finish()?;
        let mut mrr = Table::create(
            root,
            "mrr.csv",
            &["month", "mrr", "mrr_in_grace", "subscription_count"],
        )?;
        for (month, (paid, in_grace, running)) in &self.mrr {
            let (paid, in_grace) = (money(*paid, '.'), money(*in_grace, '.'));
            mrr.row(&[&month.to_string(), &paid, &in_grace, &running.to_string()])?;
        }
        mrr.finish()?;
        let mut funnel = Table::create(root, "funnel.csv", &["month", "step", "session_count"])?;
        for (month, reached) in &self.funnel {
            for (step, count) in STEPS.iter().zip(reached) {
                funnel.row(&[&month.to_string(), step, &count.to_string()])?;
            }
        }
        funnel.finish()?;
        let mut scores =
            Table::create(root, "nps.csv", &["quarter", "promoters", "passives", "detractors"])?;
        for (quarter, [promoters, passives, detractors]) in &self.scores {
            let counts = [promoters, passives, detractors].map(ToString::to_string);
            scores.row(&[quarter, &counts[0], &counts[1], &counts[2]])?;
        }
        scores.finish()?;
        let [real, previews, tests] = self.responses;
        let mut totals = Lines::create(root, "totals.json")?;
        let record = json!({
            "events": self.summary.events,
            "events_without_id": self.events_without_id,
            "bot_events": self.bot_events,
            "orders": self.summary.orders,
            "subscriptions": self.summary.subscriptions,
            "responses": real,
            "preview_responses": previews,
            "test_responses": tests,
        });
        totals.record(record.to_string().as_bytes())?;
        totals.finish()?;
        Ok(self.summary)
    }
}

fn name(person: &Person) -> String {
    format!("P{:07}", person.index)
}
