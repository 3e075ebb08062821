/*!
The web shop's own exports: orders in monthly files as a Dutch spreadsheet saves them (Windows-1252,
semicolons, decimal commas, day first), order lines and refunds as plain CSV.
*/

use std::path::Path;

use chrono::Datelike;

use crate::error::Result;

use super::{
    World, assortment,
    calendar::{local, local_date},
    dirt::{Blemish, Export, blemish},
    files::money,
    orders::{Order, shop_time},
    person::Person,
    records::{BadCell, CsvExport, Layout},
    truth::Books,
};

const ORDERS: Layout = Layout {
    source: "shop_orders",
    delimiter: ';',
    encoding: "windows-1252",
    columns: &[
        "order_id",
        "ordered_at",
        "customer_no",
        "email",
        "name",
        "city",
        "postal_code",
        "gross_amount",
        "discount_amount",
        "shipping_amount",
        "tax_amount",
        "currency",
        "payment_method",
        "status",
        "sales_channel",
        "coupon_code",
        "paid_at",
        "cancelled_at",
        "updated_at",
    ],
    bad_required: BadCell::new("ordered_at", "31-02-2026 10:00"),
    bad_optional: BadCell::new("shipping_amount", "n.v.t."),
};

const LINES: Layout = Layout {
    source: "shop_order_lines",
    delimiter: ',',
    encoding: "utf-8",
    columns: &[
        "order_id",
        "line_number",
        "sku",
        "product_name",
        "category",
        "quantity",
        "amount",
        "cost_amount",
        "currency",
    ],
    bad_required: BadCell::new("line_number", "1a"),
    bad_optional: BadCell::new("cost_amount", "?"),
};

const REFUNDS: Layout = Layout {
    source: "shop_refunds",
    delimiter: ',',
    encoding: "utf-8",
    columns: &["refund_id", "order_id", "refunded_at", "amount", "currency", "reason"],
    bad_required: BadCell::new("amount", "12.3.4"),
    bad_optional: BadCell::new("amount", ""),
};

pub(crate) struct Shop {
    /// One file for each month of the window.
    orders: Vec<CsvExport>,
    lines: CsvExport,
    refunds: CsvExport,
    first_month: i32,
}

fn month_number(date: chrono::NaiveDate) -> i32 {
    date.year() * 12 + date.month0() as i32
}

impl Shop {
    pub(crate) fn create(world: &World, root: &Path) -> Result<Self> {
        let orders = world
            .calendar
            .months()
            .iter()
            .map(|month| {
                CsvExport::create(
                    root,
                    &format!("shop/orders_{}.csv", month.format("%Y-%m")),
                    &ORDERS,
                )
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            orders,
            lines: CsvExport::create(root, "shop/order_lines.csv", &LINES)?,
            refunds: CsvExport::create(root, "shop/refunds.csv", &REFUNDS)?,
            first_month: month_number(world.calendar.first),
        })
    }

    pub(crate) fn add(
        &mut self,
        world: &World,
        person: &Person,
        orders: &[Order],
        books: &mut Books,
    ) -> Result<()> {
        let entity = u64::from(person.index);
        for (number, order) in orders.iter().enumerate() {
            let number = number as u64;
            let month = (month_number(local_date(order.ordered_at)) - self.first_month) as usize;
            let known = order_cells(person, order, false);
            match blemish(world.seed, Export::Orders, entity, number) {
                // The next month's file brings the version in which the order was completed.
                Blemish::Updated if month + 1 < self.orders.len() => {
                    self.orders[month].row(&order_cells(person, order, true), books)?;
                    self.orders[month + 1].row(&known, books)?;
                    books.superseded(ORDERS.source);
                }
                other => self.orders[month].add(&known, other, books)?,
            }
            self.add_lines(world, entity, number, order, books)?;
            if let Some(refund) = &order.refund {
                let at = local(refund.at);
                let offset = (at.and_utc().timestamp() - refund.at) / 3_600;
                let cells = [
                    refund.id.clone(),
                    order.id.clone(),
                    format!("{}+{offset:02}:00", at.format("%Y-%m-%dT%H:%M:%S")),
                    money(refund.amount, '.'),
                    "EUR".to_owned(),
                    "retour".to_owned(),
                ];
                let drawn = match blemish(world.seed, Export::Refunds, entity, number) {
                    // A refund has no optional cell to lose.
                    Blemish::BadCell => Blemish::None,
                    other => other,
                };
                self.refunds.add(&cells, drawn, books)?;
            }
        }
        Ok(())
    }

    fn add_lines(
        &mut self,
        world: &World,
        entity: u64,
        number: u64,
        order: &Order,
        books: &mut Books,
    ) -> Result<()> {
        for (position, line) in order.lines.iter().enumerate() {
            let product = &assortment::PRODUCTS[line.product];
            let cells = [
                order.id.clone(),
                (position + 1).to_string(),
                product.sku.to_owned(),
                product.name.to_owned(),
                product.category.to_owned(),
                line.quantity.to_string(),
                money(line.amount(), '.'),
                money(line.cost(), '.'),
                "EUR".to_owned(),
            ];
            let part = number * 16 + position as u64;
            self.lines.add(&cells, blemish(world.seed, Export::OrderLines, entity, part), books)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        for file in self.orders {
            file.finish()?;
        }
        self.lines.finish()?;
        self.refunds.finish()
    }
}

/// The row of an order, as it was when it came in or as it is now.
fn order_cells(person: &Person, order: &Order, as_it_came_in: bool) -> Vec<String> {
    let an_hour_later = shop_time(order.ordered_at + 3_600);
    let (status, paid_at, cancelled_at) = match (as_it_came_in, order.is_cancelled) {
        (true, _) => ("open", String::new(), String::new()),
        (false, true) => ("geannuleerd", String::new(), an_hour_later.clone()),
        (false, false) if order.refund.is_some() => {
            ("retour", shop_time(order.ordered_at), String::new())
        }
        (false, false) => ("verzonden", shop_time(order.ordered_at), String::new()),
    };
    let updated_at = if as_it_came_in { shop_time(order.ordered_at) } else { an_hour_later };
    vec![
        order.id.clone(),
        shop_time(order.ordered_at),
        order.login.clone().unwrap_or_default(),
        order.email.clone().unwrap_or_default(),
        format!("{} {}", person.given, person.family),
        assortment::CITIES[person.city].name.to_owned(),
        person.postcode.clone(),
        money(order.gross(), ','),
        money(order.discount, ','),
        money(order.shipping, ','),
        money(order.tax(), ','),
        "EUR".to_owned(),
        order.payment_method.to_owned(),
        status.to_owned(),
        order.channel.to_owned(),
        order.coupon.unwrap_or_default().to_owned(),
        paid_at,
        cancelled_at,
        updated_at,
    ]
}
