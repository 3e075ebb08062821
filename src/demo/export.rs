/*!
One pass over the persons for all exports and the truth, then the web events day by day.
*/

use std::path::Path;

use crate::error::Result;

use super::{
    DemoSummary, World, ads,
    consents::Consents,
    facts::Facts,
    hubspot::Hubspot,
    person::Person,
    qualtrics::Qualtrics,
    shop::Shop,
    stripe::Stripe,
    truth::Books,
    visits::{Visit, Visitor},
    web,
    zendesk::Zendesk,
};

/// Every export that is written person by person.
struct Exports<'a> {
    hubspot: Hubspot,
    shop: Shop,
    stripe: Stripe<'a>,
    qualtrics: Qualtrics,
    zendesk: Zendesk<'a>,
    consents: Consents,
}

impl<'a> Exports<'a> {
    fn create(world: &World, root: &'a Path) -> Result<Self> {
        Ok(Self {
            hubspot: Hubspot::create(root)?,
            shop: Shop::create(world, root)?,
            stripe: Stripe::create(root),
            qualtrics: Qualtrics::create(root)?,
            zendesk: Zendesk::create(root),
            consents: Consents::create(root)?,
        })
    }

    fn finish(self) -> Result<()> {
        self.hubspot.finish()?;
        self.shop.finish()?;
        self.stripe.finish()?;
        self.qualtrics.finish()?;
        self.zendesk.finish()?;
        self.consents.finish()
    }
}

pub(crate) fn write(world: &World, dir: &Path, threads: usize) -> Result<DemoSummary> {
    let (root, truth) = (dir.join("exports"), dir.join("truth"));
    let mut exports = Exports::create(world, &root)?;
    let mut facts = Facts::create(&truth, world)?;
    let mut books = Books::default();
    let mut visits = Vec::new();
    for index in 0..world.persons {
        let person = world.person(index);
        visits.extend(person_by(world, &person, &mut exports, &mut facts, &mut books)?);
    }
    for visitor in strays(world) {
        for visit in world.stray_visits(visitor) {
            let cookie = world.visit_cookie(None, &visit);
            facts.visit(&visit, &world.events(&visit), cookie.as_deref(), None)?;
            visits.push(visit);
        }
    }
    exports.hubspot.add_companies(world, &mut books)?;
    exports.stripe.add_prices(&mut books)?;
    ads::write(world, &root, &mut books)?;
    exports.finish()?;
    books.merge(web::write(world, &root, visits, threads)?);
    facts.summary.rows = books.rows();
    books.write(&truth)?;
    facts.finish(&truth)
}

/// Writes all that one person leaves behind; gives their visits.
fn person_by(
    world: &World,
    person: &Person,
    exports: &mut Exports,
    facts: &mut Facts,
    books: &mut Books,
) -> Result<Vec<Visit>> {
    let visits = world.visits(person);
    let orders = world.orders(person, &visits);
    let subscriptions = world.subscriptions(person);
    let answers = world.answers(person);
    for visit in &visits {
        let cookie = world.visit_cookie(Some(person), visit);
        facts.visit(visit, &world.events(visit), cookie.as_deref(), Some(person))?;
    }
    facts.person(world, person, &visits, &subscriptions)?;
    facts.orders(person, &orders)?;
    facts.subscriptions(person, &subscriptions)?;
    facts.answers(&answers);
    exports.hubspot.add(world, person, books)?;
    exports.shop.add(world, person, &orders, books)?;
    exports.stripe.add(world, person, &subscriptions, books)?;
    exports.qualtrics.add(world, person, &answers, books)?;
    exports.zendesk.add(world, person, &world.tickets(person), books)?;
    exports.consents.add(world, person, books)?;
    Ok(visits)
}

fn strays(world: &World) -> impl Iterator<Item = Visitor> {
    let passers = (0..world.passers()).map(Visitor::Passer);
    let crawlers = (0..world.crawlers()).map(Visitor::Crawler);
    let scrapers = (0..world.scrapers()).map(Visitor::Scraper);
    passers.chain(crawlers).chain(scrapers)
}
