/*!
What happens during one visit: its web events, in order, with their times.
*/

use super::{
    World, assortment,
    rng::{Rng, Stream},
    visits::{Goal, Pause, Visit, Visitor},
};

/// One web event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// UTC microseconds.
    pub(crate) at: i64,
    pub(crate) name: &'static str,
    pub(crate) page: Page,
    /// Order among the events that were sent together, from 1.
    pub(crate) batch_index: u8,
    /// 0, or 1 for the part of a visit after a silence that ends a session.
    pub(crate) session: u8,
    pub(crate) engagement_ms: Option<i64>,
    pub(crate) search: Option<&'static str>,
    pub(crate) is_logged_in: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Home,
    Category(u8),
    Search,
    /// Index into [`assortment::PRODUCTS`].
    Product(u8),
    Cart,
    Checkout,
    Thanks,
    Account,
}

impl Page {
    pub(crate) fn path(self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::Category(number) => format!("/categorie/{number}"),
            Self::Search => "/zoeken".to_owned(),
            Self::Product(index) => {
                format!(
                    "/product/{}",
                    assortment::PRODUCTS[usize::from(index)].sku.to_ascii_lowercase()
                )
            }
            Self::Cart => "/winkelwagen".to_owned(),
            Self::Checkout => "/afrekenen".to_owned(),
            Self::Thanks => "/bedankt".to_owned(),
            Self::Account => "/account".to_owned(),
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Koffiebranderij Demo",
            Self::Category(_) => "Assortiment",
            Self::Search => "Zoekresultaten",
            Self::Product(index) => assortment::PRODUCTS[usize::from(index)].name,
            Self::Cart => "Winkelwagen",
            Self::Checkout => "Afrekenen",
            Self::Thanks => "Bedankt voor je bestelling",
            Self::Account => "Mijn account",
        }
    }
}

/// Events that are sent together and share a time stamp.
type Batch = Vec<(&'static str, Page)>;

impl World {
    pub(crate) fn events(&self, visit: &Visit) -> Vec<Event> {
        let mut rng = self.event_rng(visit);
        let batches = batches(&mut rng, visit);
        let pause_before = 1 + rng.below((batches.len() as u64 - 1).max(1)) as usize;
        let mut at = visit.start * 1_000_000 + rng.between(0, 999_999);
        let mut session = 0;
        let mut is_logged_in = false;
        let mut events = Vec::new();
        for (number, mut batch) in batches.into_iter().enumerate() {
            if number > 0 {
                at += match visit.pause {
                    Pause::Border if number == pause_before => 1_800_000_000,
                    Pause::Across if number == pause_before => {
                        session = 1;
                        batch.insert(0, ("session_start", batch[0].1));
                        1_801_000_000
                    }
                    _ => gap(&mut rng, visit.visitor),
                };
            }
            for (index, (name, page)) in batch.into_iter().enumerate() {
                is_logged_in |= matches!(name, "login" | "sign_up");
                events.push(Event {
                    at,
                    name,
                    page,
                    batch_index: index as u8 + 1,
                    session,
                    engagement_ms: (index == 0).then(|| rng.between(200, 60_000)),
                    search: (name == "view_search_results")
                        .then(|| rng.pick(&assortment::SEARCHES)),
                    is_logged_in,
                });
            }
        }
        events
    }

    fn event_rng(&self, visit: &Visit) -> Rng {
        let (kind, index) = match visit.visitor {
            Visitor::Person(index) => (0, index),
            Visitor::Passer(index) => (1, index),
            Visitor::Crawler(index) => (2, index),
            Visitor::Scraper(index) => (3, index),
        };
        let part = kind << 32 | u64::from(visit.number);
        Rng::keyed(self.seed, Stream::Events, u64::from(index), part)
    }
}

/// Microseconds until the next batch.
fn gap(rng: &mut Rng, visitor: Visitor) -> i64 {
    match visitor {
        Visitor::Person(_) | Visitor::Passer(_) => rng.between(4_000_000, 90_000_000),
        Visitor::Crawler(_) => rng.between(2_000_000, 5_000_000),
        Visitor::Scraper(_) => rng.between(200_000, 500_000),
    }
}

fn batches(rng: &mut Rng, visit: &Visit) -> Vec<Batch> {
    let is_first = visit.number == 0 && visit.device == 0;
    let mut landing: Batch = vec![("session_start", Page::Home)];
    if is_first {
        landing.push(("first_visit", Page::Home));
    }
    landing.push(("page_view", Page::Home));
    let mut batches = vec![landing];
    if visit.logs_in {
        batches.push(vec![("page_view", Page::Account), ("login", Page::Account)]);
    }
    if visit.signs_up {
        batches.push(vec![("page_view", Page::Account), ("sign_up", Page::Account)]);
    }
    for _ in 1..visit.pages {
        batches.push(vec![("page_view", Page::Category(rng.below(6) as u8))]);
    }
    if visit.goal == Goal::Search || (visit.goal > Goal::Search && rng.chance(200)) {
        batches.push(vec![("page_view", Page::Search), ("view_search_results", Page::Search)]);
    }
    if visit.goal >= Goal::View {
        let product = Page::Product(rng.below(assortment::PRODUCTS.len() as u64) as u8);
        batches.push(vec![("page_view", product), ("view_item", product)]);
        if visit.goal >= Goal::Cart {
            batches.push(vec![("add_to_cart", product)]);
        }
    }
    if visit.goal >= Goal::Checkout {
        batches.push(vec![("page_view", Page::Cart)]);
        batches.push(vec![("page_view", Page::Checkout), ("begin_checkout", Page::Checkout)]);
    }
    if visit.goal == Goal::Buy {
        batches.push(vec![("add_payment_info", Page::Checkout)]);
        batches.push(vec![("page_view", Page::Thanks), ("purchase", Page::Thanks)]);
    } else if visit.goal < Goal::Checkout && rng.chance(300) {
        batches.push(vec![("user_engagement", Page::Home)]);
    }
    batches
}
