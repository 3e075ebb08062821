/*!
Stripe objects as the API lists them: epoch seconds, cents, lines nested in invoices. Some test-mode
objects and stubs of deleted customers stand between them.
*/

use std::path::Path;

use serde_json::{Value, json};

use crate::error::Result;

use super::{
    World,
    assortment::PLANS,
    dirt::{Blemish, Export, blemish},
    person::Person,
    records::JsonExport,
    rng::{Rng, Stream},
    subscriptions::{Status, Subscription, Term, voided_periods},
    truth::Books,
};

pub(crate) struct Stripe<'a> {
    customers: JsonExport<'a>,
    prices: JsonExport<'a>,
    subscriptions: JsonExport<'a>,
    invoices: JsonExport<'a>,
}

/// One in so many subscribers leaves the stub of a deleted test customer behind.
const STUB_EVERY: u32 = 50;

impl<'a> Stripe<'a> {
    pub(crate) fn create(root: &'a Path) -> Self {
        let list = |source, name, object: &str| {
            let head = format!("{{\"object\":\"list\",\"url\":\"/v1/{object}\",\"data\":[");
            JsonExport::new(root, source, name, head, |has_more| {
                if has_more { "],\"has_more\":true}" } else { "],\"has_more\":false}" }
            })
        };
        Self {
            customers: list("billing_customers", "billing/customers", "customers"),
            prices: list("billing_prices", "billing/prices", "prices"),
            subscriptions: list("billing_subscriptions", "billing/subscriptions", "subscriptions"),
            invoices: list("billing_invoices", "billing/invoices", "invoices"),
        }
    }

    pub(crate) fn add_prices(&mut self, books: &mut Books) -> Result<()> {
        for index in 0..PLANS.len() {
            self.prices.record(&price(index), books)?;
        }
        Ok(())
    }

    pub(crate) fn add(
        &mut self,
        world: &World,
        person: &Person,
        subscriptions: &[Subscription],
        books: &mut Books,
    ) -> Result<()> {
        let Some(first) = subscriptions.first() else { return Ok(()) };
        let entity = u64::from(person.index);
        let is_twice = |export, number| match blemish(world.seed, export, entity, number) {
            Blemish::Twice => Blemish::Twice,
            _ => Blemish::None,
        };
        let customer = customer(person, &first.customer_id, first.started_at, true);
        self.customers.add(&customer, None, is_twice(Export::StripeCustomers, 0), books)?;
        if person.index.is_multiple_of(STUB_EVERY) {
            let id = format!("cus_Deleted{:07}", person.index);
            let stub = json!({"id": id, "object": "customer", "deleted": true});
            self.customers.record(&stub, books)?;
        }
        for (number, subscription) in subscriptions.iter().enumerate() {
            let twice = is_twice(Export::StripeSubscriptions, number as u64);
            self.subscriptions.add(&snapshot(subscription), None, twice, books)?;
            let mut codes = Rng::keyed(world.seed, Stream::Code, entity, 1_000 + number as u64);
            for (position, invoice) in
                invoices(&mut codes, world, subscription).into_iter().enumerate()
            {
                let part = number as u64 * 1_000 + position as u64;
                self.invoices.add(&invoice, None, is_twice(Export::StripeInvoices, part), books)?;
            }
        }
        if person.index % STUB_EVERY == 1 {
            let test = self::customer(person, "cus_TestMode", first.started_at, false);
            self.customers.record(&renamed(test, person.index), books)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.customers.finish()?;
        self.prices.finish()?;
        self.subscriptions.finish()?;
        self.invoices.finish()
    }
}

fn renamed(mut customer: Value, index: u32) -> Value {
    customer["id"] = Value::String(format!("cus_TestMode{index:07}"));
    customer["email"] = Value::String(format!("tester{index}@example.com"));
    customer["metadata"] = json!({});
    customer
}

fn customer(person: &Person, id: &str, created: i64, is_live: bool) -> Value {
    let metadata = match &person.login {
        Some(login) => json!({"user_id": login}),
        None => json!({}),
    };
    json!({
        "id": id,
        "object": "customer",
        "created": created,
        "currency": "eur",
        "email": person.email,
        "name": format!("{} {}", person.given, person.family),
        "phone": person.phone,
        "livemode": is_live,
        "metadata": metadata,
    })
}

fn price(index: usize) -> Value {
    let plan = &PLANS[index];
    json!({
        "id": plan.id,
        "object": "price",
        "active": true,
        "currency": "eur",
        "livemode": true,
        "nickname": plan.nickname,
        "product": plan.product,
        "recurring": {
            "interval": plan.interval,
            "interval_count": plan.interval_count,
            "usage_type": "licensed",
        },
        "type": "recurring",
        "unit_amount": plan.amount,
    })
}

fn snapshot(subscription: &Subscription) -> Value {
    let last = subscription.terms.last().expect("a subscription has a term");
    let status = match subscription.status {
        Status::Trialing => "trialing",
        Status::Active => "active",
        Status::PastDue => "past_due",
        Status::Canceled => "canceled",
    };
    let metadata = match subscription.pause {
        Some((from, Some(until))) => {
            json!({"paused_at": from.to_string(), "resumed_at": until.to_string()})
        }
        Some((from, None)) => json!({"paused_at": from.to_string()}),
        None => json!({}),
    };
    let is_paused = matches!(subscription.pause, Some((_, None)));
    json!({
        "id": subscription.id,
        "object": "subscription",
        "customer": subscription.customer_id,
        "status": status,
        "currency": "eur",
        "created": subscription.started_at,
        "start_date": subscription.started_at,
        "billing_cycle_anchor": subscription.trial.map_or(subscription.started_at, |(_, end)| end),
        "trial_start": subscription.trial.map(|(start, _)| start),
        "trial_end": subscription.trial.map(|(_, end)| end),
        "cancel_at_period_end": subscription.cancels_at_period_end && subscription.ended_at.is_none(),
        "cancel_at": subscription.cancels_at_period_end.then_some(last.ends_at),
        "canceled_at": subscription.cancel_requested_at.or(subscription.ended_at),
        "ended_at": subscription.ended_at,
        "pause_collection": is_paused.then(|| json!({"behavior": "void", "resumes_at": null})),
        "livemode": true,
        "metadata": metadata,
        "items": {"object": "list", "has_more": false, "data": [{
            "id": format!("si_{}", &subscription.id[4..18]),
            "object": "subscription_item",
            "current_period_start": last.starts_at,
            "current_period_end": last.ends_at,
            "price": price(last.plan),
            "quantity": subscription.quantity,
        }]},
    })
}

/// All invoices of a subscription, oldest first.
fn invoices(codes: &mut Rng, world: &World, subscription: &Subscription) -> Vec<Value> {
    let mut invoices = Vec::new();
    for (number, term) in subscription.terms.iter().enumerate() {
        let status = match (term.paid_at, term.is_written_off) {
            (Some(_), _) => "paid",
            (None, true) => "uncollectible",
            (None, false) => "open",
        };
        let reason = if number == 0 { "subscription_create" } else { "subscription_cycle" };
        let line = Line::of(term, subscription.quantity);
        invoices.push(invoice(
            codes,
            subscription,
            term.issued_at,
            term.paid_at,
            status,
            reason,
            &[line],
        ));
        if let Some((at, credit, charge)) = term.change {
            let line = |amount, plan| Line {
                amount,
                plan,
                quantity: subscription.quantity,
                starts_at: at,
                ends_at: term.ends_at,
                is_proration: true,
            };
            let lines = [line(-credit, term.plan), line(charge, PLANS[term.plan].other)];
            invoices.push(invoice(
                codes,
                subscription,
                at,
                Some(at + 60),
                "paid",
                "subscription_update",
                &lines,
            ));
        }
        if subscription.pause.is_some_and(|(from, _)| from == term.ends_at) {
            for (starts_at, ends_at) in voided_periods(subscription, world.calendar.end()) {
                let line = Line {
                    amount: PLANS[term.plan].amount * subscription.quantity,
                    plan: term.plan,
                    quantity: subscription.quantity,
                    starts_at,
                    ends_at,
                    is_proration: false,
                };
                let reason = "subscription_cycle";
                invoices.push(invoice(
                    codes,
                    subscription,
                    starts_at,
                    None,
                    "void",
                    reason,
                    &[line],
                ));
            }
        }
    }
    invoices
}

struct Line {
    amount: i64,
    plan: usize,
    quantity: i64,
    starts_at: i64,
    ends_at: i64,
    is_proration: bool,
}

impl Line {
    fn of(term: &Term, quantity: i64) -> Self {
        Self {
            amount: term.amount,
            plan: term.plan,
            quantity,
            starts_at: term.starts_at,
            ends_at: term.ends_at,
            is_proration: false,
        }
    }
}

fn invoice(
    codes: &mut Rng,
    subscription: &Subscription,
    created: i64,
    paid_at: Option<i64>,
    status: &str,
    reason: &str,
    lines: &[Line],
) -> Value {
    let total: i64 = lines.iter().map(|line| line.amount).sum();
    let id = format!("in_{}", codes.code(24));
    let data: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "id": format!("il_{}", codes.code(24)),
                "object": "line_item",
                "amount": line.amount,
                "currency": "eur",
                "period": {"start": line.starts_at, "end": line.ends_at},
                "price": {"id": PLANS[line.plan].id, "product": PLANS[line.plan].product},
                "proration": line.is_proration,
                "quantity": line.quantity,
                "subscription": subscription.id,
            })
        })
        .collect();
    json!({
        "id": id,
        "object": "invoice",
        "customer": subscription.customer_id,
        "subscription": subscription.id,
        "created": created,
        "status": status,
        "billing_reason": reason,
        "currency": "eur",
        "total": total,
        "tax": 0,
        "amount_paid": if paid_at.is_some() { total } else { 0 },
        "status_transitions": {
            "finalized_at": created,
            "paid_at": paid_at,
            "voided_at": (status == "void").then_some(created),
        },
        "livemode": true,
        "lines": {"object": "list", "has_more": false, "data": data},
    })
}
