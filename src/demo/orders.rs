/*!
What a person orders: in the web shop at the end of a visit, or by telephone and in the store.
*/

use super::{
    World, assortment,
    calendar::local,
    person::{Custom, Person},
    rng::{Rng, Stream},
    visits::{Goal, Visit, Visitor},
};

#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    /// UTC second, on a whole minute: the shop exports no seconds.
    pub(crate) ordered_at: i64,
    /// The login it was placed under; none for guests.
    pub(crate) login: Option<String>,
    /// The address as typed; some buyers in the store give none.
    pub(crate) email: Option<String>,
    pub(crate) lines: Vec<Line>,
    /// Cents, like all amounts here.
    pub(crate) discount: i64,
    pub(crate) shipping: i64,
    pub(crate) coupon: Option<&'static str>,
    pub(crate) payment_method: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) is_cancelled: bool,
    pub(crate) refund: Option<Refund>,
}

#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Index into [`assortment::PRODUCTS`].
    pub(crate) product: usize,
    pub(crate) quantity: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) amount: i64,
}

impl Line {
    pub(crate) fn amount(&self) -> i64 {
        assortment::PRODUCTS[self.product].price * self.quantity
    }

    pub(crate) fn cost(&self) -> i64 {
        assortment::PRODUCTS[self.product].cost * self.quantity
    }
}

impl Order {
    pub(crate) fn gross(&self) -> i64 {
        self.lines.iter().map(Line::amount).sum()
    }

    pub(crate) fn charged(&self) -> i64 {
        self.gross() - self.discount
    }

    /// What was given back, at most what was charged.
    pub(crate) fn refunded(&self) -> i64 {
        self.refund.as_ref().map_or(0, |refund| refund.amount.min(self.charged()))
    }

    pub(crate) fn net(&self) -> i64 {
        self.charged() - self.refunded()
    }

    /// 21 % on top of what was charged.
    pub(crate) fn tax(&self) -> i64 {
        (self.charged() * 21 + 50) / 100
    }
}

/// Numbers of orders without a visit start here, one for each day.
const OFFLINE: u64 = 10_000;

impl World {
    /// All orders of a person, those from visits first.
    pub(crate) fn orders(&self, person: &Person, visits: &[Visit]) -> Vec<Order> {
        let mut orders: Vec<Order> = visits
            .iter()
            .filter(|visit| visit.goal == Goal::Buy)
            .map(|visit| self.order_of_visit(person, visit))
            .collect();
        let mut rng = Rng::new(self.seed, Stream::Order, u64::from(person.index));
        let Custom { offline_per_million_days, ends_on, .. } = person.custom;
        for day in 0..ends_on {
            if rng.below(1_000_000) >= offline_per_million_days {
                continue;
            }
            let at = self.calendar.start(day) + rng.between(9 * 3_600, 17 * 3_600);
            let channel = rng.pick(&["store", "telephone"]);
            let has_email = channel == "telephone" || rng.chance(300);
            orders.push(self.order(
                person,
                OFFLINE + u64::from(day),
                at,
                channel,
                false,
                has_email,
            ));
        }
        orders
    }

    /// The order that a visit ended in.
    pub(crate) fn order_of_visit(&self, person: &Person, visit: &Visit) -> Order {
        let events = self.events(visit);
        let bought = events.last().expect("a visit has events");
        let is_logged_in = bought.is_logged_in;
        let number = u64::from(visit.number);
        self.order(person, number, bought.at / 1_000_000, "webshop", is_logged_in, true)
    }

    fn order(
        &self,
        person: &Person,
        number: u64,
        at: i64,
        channel: &'static str,
        is_logged_in: bool,
        has_email: bool,
    ) -> Order {
        let index = u64::from(person.index);
        let mut rng = Rng::keyed(self.seed, Stream::Order, index, number + 1);
        let lines = (0..1 + rng.below(3))
            .map(|_| Line {
                product: rng.below(assortment::PRODUCTS.len() as u64) as usize,
                quantity: 1 + rng.below(person.custom.pieces) as i64,
            })
            .collect();
        let ordered_at = at - at % 60;
        let mut order = Order {
            id: format!("SO-{index:07}-{number:05}"),
            ordered_at,
            login: person.login.clone().filter(|_| is_logged_in),
            email: has_email.then(|| typed(&mut rng, &person.email)),
            lines,
            discount: 0,
            shipping: if channel == "store" { 0 } else { 495 },
            coupon: None,
            payment_method: rng.pick(&["ideal", "ideal", "creditcard", "paypal", "klarna"]),
            channel,
            is_cancelled: rng.chance(20),
            refund: None,
        };
        if rng.chance(150) {
            order.coupon = Some("WELKOM10");
            order.discount = order.gross() / 10;
        }
        if !order.is_cancelled && rng.chance(80) {
            let refunded_at = ordered_at + rng.between(2 * 86_400, 40 * 86_400);
            let amount = match rng.below(20) {
                0..6 => order.charged(),
                // Somebody at the desk forgot the discount.
                6 => order.gross() + 500,
                _ => order.charged() * rng.between(10, 90) / 100,
            };
            if refunded_at < self.calendar.end() {
                let id = format!("RF-{index:07}-{number:05}");
                order.refund = Some(Refund { id, at: refunded_at, amount });
            }
        }
        order
    }
}

/// An e-mail address as people type it.
fn typed(rng: &mut Rng, email: &str) -> String {
    match rng.below(20) {
        0 => email.to_ascii_uppercase(),
        1 => format!("{}{}", email[..1].to_ascii_uppercase(), &email[1..]),
        _ => email.to_owned(),
    }
}

/// The visitor of an order's visit, for the web export.
pub(crate) fn buyer(visit: &Visit) -> Option<u32> {
    match (visit.goal, visit.visitor) {
        (Goal::Buy, Visitor::Person(index)) => Some(index),
        _ => None,
    }
}

/// Local time as the shop writes it.
pub(crate) fn shop_time(second: i64) -> String {
    local(second).format("%d-%m-%Y %H:%M").to_string()
}
