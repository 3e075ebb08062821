/*!
One web event in the layout of the GA4 BigQuery export, as `bq extract` writes it to newline JSON:
64-bit integers are texts, null members are left out, every parameter sits in the slot of its type.
*/

use serde::Serialize;

use super::{
    World,
    assortment::{self, Agent, Origin},
    events::{Event, Page},
    files::money,
    orders::buyer,
    person::Person,
    rng::{Rng, Stream},
    visits::{Pause, Visit, Visitor},
};

const HOST: &str = "www.koffiebranderij-demo.example";
const STREAM_ID: &str = "7700000001";

#[derive(Serialize)]
struct Row<'a> {
    event_date: &'a str,
    event_timestamp: String,
    event_name: &'a str,
    event_params: Vec<Param<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_pseudo_id: Option<&'a str>,
    privacy_info: PrivacyInfo,
    device: Device<'a>,
    geo: Geo<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collected_traffic_source: Option<TrafficSource<'a>>,
    stream_id: &'a str,
    platform: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ecommerce: Option<Ecommerce<'a>>,
    batch_event_index: String,
}

#[derive(Serialize)]
struct Param<'a> {
    key: &'a str,
    value: Value<'a>,
}

/// The typed slots; exactly one is filled.
#[derive(Default, Serialize)]
struct Value<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    int_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    double_value: Option<f64>,
}

#[derive(Serialize)]
struct PrivacyInfo {
    analytics_storage: &'static str,
}

#[derive(Serialize)]
struct Device<'a> {
    category: &'a str,
    operating_system: &'a str,
    language: &'a str,
    web_info: WebInfo<'a>,
}

#[derive(Serialize)]
struct WebInfo<'a> {
    browser: &'a str,
    hostname: &'a str,
}

#[derive(Serialize)]
struct Geo<'a> {
    country: &'a str,
    city: &'a str,
}

#[derive(Serialize)]
struct TrafficSource<'a> {
    manual_source: &'a str,
    manual_medium: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    manual_campaign_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gclid: Option<&'a str>,
}

#[derive(Serialize)]
struct Ecommerce<'a> {
    transaction_id: &'a str,
    purchase_revenue: f64,
}

fn text<'a>(key: &'a str, value: &'a str) -> Param<'a> {
    Param { key, value: Value { string_value: Some(value), ..Value::default() } }
}

fn int(key: &str, value: i64) -> Param<'_> {
    Param { key, value: Value { int_value: Some(value.to_string()), ..Value::default() } }
}

/// Whole amounts go into the integer slot, as the collector does.
fn amount(key: &str, cents: i64) -> Param<'_> {
    if cents % 100 == 0 {
        return int(key, cents / 100);
    }
    Param { key, value: Value { double_value: Some(euros(cents)), ..Value::default() } }
}

/// The nearest double to an amount: its shortest text has the same digits.
fn euros(cents: i64) -> f64 {
    money(cents, '.').parse().expect("a decimal number")
}

/// Everything about a visit that its events share.
pub(crate) struct Sender {
    cookie: Option<String>,
    login: Option<String>,
    agent: &'static Agent,
    city: usize,
    origin: &'static Origin,
    click_id: String,
    /// Start of the vendor's session in seconds, one for each half of the visit.
    session_ids: [i64; 2],
    session_number: i64,
    /// Order id and cents, for the purchase event.
    order: Option<(String, i64)>,
    /// Whether `session_engaged` is sent as a text.
    engaged_as_text: bool,
}

/// Kind and number of a visitor, for sorting and for keys.
pub(crate) fn visitor_key(visitor: Visitor) -> (u32, u32) {
    match visitor {
        Visitor::Person(index) => (0, index),
        Visitor::Passer(index) => (1, index),
        Visitor::Crawler(index) => (2, index),
        Visitor::Scraper(index) => (3, index),
    }
}

impl World {
    /// The cookie under which a visit is recorded; none without consent.
    pub(crate) fn visit_cookie(&self, person: Option<&Person>, visit: &Visit) -> Option<String> {
        let cookie = match person {
            Some(person) => person.devices[usize::from(visit.device)].cookie.clone(),
            None => {
                let (kind, index) = visitor_key(visit.visitor);
                let mut rng =
                    Rng::keyed(self.seed, Stream::Devices, u64::from(index), u64::from(kind) << 40);
                self.cookie(&mut rng)
            }
        };
        visit.has_consent.then_some(cookie)
    }
}

impl Sender {
    pub(crate) fn new(world: &World, visit: &Visit) -> Self {
        let (kind, index) = visitor_key(visit.visitor);
        let part = u64::from(kind) << 32 | u64::from(visit.number);
        let mut rng = Rng::keyed(world.seed, Stream::Visits, u64::from(index), part + 1);
        let person = (kind == 0).then(|| world.person(index));
        let cookie = world.visit_cookie(person.as_ref(), visit);
        let order = buyer(visit).and(person.as_ref()).map(|person| {
            let order = world.order_of_visit(person, visit);
            let charged = order.charged();
            (order.id, charged)
        });
        let agent = match (visit.visitor, &person) {
            (Visitor::Crawler(_), _) => &assortment::CRAWLER,
            (_, Some(person)) => {
                &assortment::AGENTS[person.devices[usize::from(visit.device)].agent]
            }
            _ => rng.choose(&assortment::AGENTS),
        };
        let second_half = match visit.pause {
            Pause::Across => world
                .events(visit)
                .iter()
                .find(|event| event.session == 1)
                .map_or(visit.start, |event| event.at / 1_000_000),
            _ => visit.start,
        };
        let city = person.as_ref().map_or_else(
            || rng.below(assortment::CITIES.len() as u64) as usize,
            |person| person.city,
        );
        Self {
            login: person.and_then(|person| person.login).filter(|_| cookie.is_some()),
            cookie,
            agent,
            city,
            origin: rng.choose(&assortment::ORIGINS),
            click_id: format!("Cj0KCQ{}", rng.code(12)),
            session_ids: [visit.start, second_half],
            session_number: i64::from(visit.number) + 1,
            order,
            engaged_as_text: rng.chance(500),
        }
    }

    pub(crate) fn row(&self, event: &Event, date: &str) -> Vec<u8> {
        self.row_with(event, date, None, None)
    }

    /// The row with a time stamp or an engagement time that cannot be read.
    pub(crate) fn row_with(
        &self,
        event: &Event,
        date: &str,
        bad_time: Option<&str>,
        bad_engagement: Option<&str>,
    ) -> Vec<u8> {
        let location = format!("https://{HOST}{}", event.page.path());
        let is_landing = event.name == "session_start" && event.session == 0;
        let mut params = Vec::with_capacity(10);
        if self.cookie.is_some() {
            params.push(int("ga_session_id", self.session_ids[usize::from(event.session)]));
            params.push(int("ga_session_number", self.session_number + i64::from(event.session)));
        }
        params.push(text("page_location", &location));
        params.push(text("page_title", event.page.title()));
        if is_landing && !self.origin.referrer.is_empty() {
            params.push(text("page_referrer", self.origin.referrer));
        }
        if event.batch_index == 1 {
            params.push(if self.engaged_as_text {
                text("session_engaged", "1")
            } else {
                int("session_engaged", 1)
            });
        }
        match (bad_engagement, event.engagement_ms) {
            (Some(bad), _) => params.push(text("engagement_time_msec", bad)),
            (None, Some(spent)) => params.push(int("engagement_time_msec", spent)),
            (None, None) => {}
        }
        if let Some(search) = event.search {
            params.push(text("search_term", search));
        }
        let order = self.order.as_ref().filter(|_| event.name == "purchase");
        if let Some((id, cents)) = order {
            params.extend([
                text("transaction_id", id),
                amount("value", *cents),
                text("currency", "EUR"),
            ]);
        } else if let (Page::Product(product), "view_item" | "add_to_cart") =
            (event.page, event.name)
        {
            let price = assortment::PRODUCTS[usize::from(product)].price;
            params.extend([amount("value", price), text("currency", "EUR")]);
        }
        params.push(text("user_agent", self.agent.header));
        let city = &assortment::CITIES[self.city];
        let row = Row {
            event_date: date,
            event_timestamp: bad_time.map_or_else(|| event.at.to_string(), str::to_owned),
            event_name: event.name,
            event_params: params,
            user_id: self.login.as_deref().filter(|_| event.is_logged_in),
            user_pseudo_id: self.cookie.as_deref(),
            privacy_info: PrivacyInfo {
                analytics_storage: if self.cookie.is_some() { "Yes" } else { "No" },
            },
            device: Device {
                category: self.agent.category,
                operating_system: self.agent.system,
                language: "nl-nl",
                web_info: WebInfo { browser: self.agent.browser, hostname: HOST },
            },
            geo: Geo { country: city.country_name, city: city.name },
            collected_traffic_source: (is_landing && !self.origin.source.is_empty()).then(|| {
                TrafficSource {
                    manual_source: self.origin.source,
                    manual_medium: self.origin.medium,
                    manual_campaign_name: self.origin.campaign,
                    gclid: self.origin.has_click_id.then_some(self.click_id.as_str()),
                }
            }),
            stream_id: STREAM_ID,
            platform: "WEB",
            ecommerce: order.map(|(id, cents)| Ecommerce {
                transaction_id: id,
                purchase_revenue: euros(*cents),
            }),
            batch_event_index: event.batch_index.to_string(),
        };
        serde_json::to_vec(&row).expect("texts and numbers have a JSON form")
    }
}
