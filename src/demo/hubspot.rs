/*!
HubSpot exports with internal names: contacts in two files whose columns stand in different orders,
companies and deals. Times are local and carry no zone.
*/

use std::path::Path;

use crate::error::Result;

use super::{
    World, assortment,
    calendar::local,
    dirt::{Blemish, Export, blemish},
    files::money,
    person::{Contact, Person},
    records::{BadCell, CsvExport, Layout},
    rng::{Rng, Stream},
    truth::Books,
};

const CONTACTS: Layout = Layout {
    source: "crm_contacts",
    delimiter: ',',
    encoding: "utf-8",
    columns: &[
        "hs_object_id",
        "email",
        "hs_additional_emails",
        "firstname",
        "lastname",
        "phone",
        "lifecyclestage",
        "hs_merged_object_ids",
        "associatedcompanyid",
        "city",
        "zip",
        "country",
        "hs_country_region_code",
        "hs_language",
        "date_of_birth",
        "hubspot_owner_id",
        "shop_customer_number",
        "createdate",
        "lastmodifieddate",
    ],
    bad_required: BadCell::new("hs_object_id", ""),
    bad_optional: BadCell::new("date_of_birth", "31-31-1980"),
};

const COMPANIES: Layout = Layout {
    source: "crm_companies",
    delimiter: ',',
    encoding: "utf-8",
    columns: &[
        "hs_object_id",
        "name",
        "domain",
        "industry",
        "numberofemployees",
        "country",
        "hs_country_code",
        "createdate",
        "hs_lastmodifieddate",
    ],
    bad_required: BadCell::new("hs_object_id", ""),
    bad_optional: BadCell::new("numberofemployees", "10-50"),
};

const DEALS: Layout = Layout {
    source: "crm_deals",
    delimiter: ',',
    encoding: "utf-8",
    columns: &[
        "hs_object_id",
        "dealname",
        "pipeline",
        "dealstage",
        "amount",
        "deal_currency_code",
        "hubspot_owner_id",
        "associatedcontactids",
        "associatedcompanyid",
        "hs_is_closed",
        "hs_is_closed_won",
        "createdate",
        "closedate",
        "hs_lastmodifieddate",
    ],
    bad_required: BadCell::new("hs_object_id", ""),
    bad_optional: BadCell::new("amount", "op aanvraag"),
};

pub(crate) struct Hubspot {
    /// An older and a newer export.
    contacts: [CsvExport; 2],
    companies: CsvExport,
    deals: CsvExport,
}

impl Hubspot {
    pub(crate) fn create(root: &Path) -> Result<Self> {
        let reversed = (0..CONTACTS.columns.len()).rev().collect();
        Ok(Self {
            contacts: [
                CsvExport::create(root, "crm/contacts_1.csv", &CONTACTS)?,
                CsvExport::reordered(root, "crm/contacts_2.csv", &CONTACTS, reversed)?,
            ],
            companies: CsvExport::create(root, "crm/companies.csv", &COMPANIES)?,
            deals: CsvExport::create(root, "crm/deals.csv", &DEALS)?,
        })
    }

    pub(crate) fn add(&mut self, world: &World, person: &Person, books: &mut Books) -> Result<()> {
        let Some(contact) = &person.contact else { return Ok(()) };
        let entity = u64::from(person.index);
        let mut rng = Rng::new(world.seed, Stream::Deal, entity);
        let last_day = i64::from(world.calendar.days()) * 86_400;
        let created_at =
            world.calendar.start(0) + rng.between(-200 * 86_400, last_day - 30 * 86_400);
        let updated_at = created_at + rng.between(86_400, 29 * 86_400);
        let cells = contact_cells(person, contact, contact.stage, created_at, updated_at);
        match blemish(world.seed, Export::Contacts, entity, 0) {
            Blemish::Updated => {
                let older = contact_cells(person, contact, "lead", created_at, created_at);
                self.contacts[0].row(&older, books)?;
                self.contacts[1].row(&cells, books)?;
                books.superseded(CONTACTS.source);
            }
            other => self.contacts[person.index as usize % 2].add(&cells, other, books)?,
        }
        if let Some(company) = contact.company
            && rng.chance(600)
        {
            let deal = deal_cells(&mut rng, person, contact, company, created_at);
            let blemish = match blemish(world.seed, Export::Deals, entity, 0) {
                Blemish::Updated => Blemish::None,
                other => other,
            };
            self.deals.add(&deal, blemish, books)?;
        }
        Ok(())
    }

    pub(crate) fn add_companies(&mut self, world: &World, books: &mut Books) -> Result<()> {
        for index in 0..world.companies() {
            let mut rng = Rng::new(world.seed, Stream::Company, u64::from(index));
            let created_at = world.calendar.start(0) - rng.between(86_400, 900 * 86_400);
            let family = rng.pick(&assortment::FAMILY_NAMES);
            let kind = rng.pick(&["Horeca", "Kantoor", "Café", "Hotel"]);
            let cells = [
                company_id(index),
                format!("{kind} {family} {index}"),
                format!("bedrijf{index}.example"),
                rng.pick(&["RESTAURANTS", "HOSPITALITY", "COMPUTER_SOFTWARE"]).to_owned(),
                rng.between(2, 400).to_string(),
                "Netherlands".to_owned(),
                "NL".to_owned(),
                hubspot_time(created_at),
                hubspot_time(created_at + 86_400),
            ];
            let blemish = match blemish(world.seed, Export::Companies, u64::from(index), 0) {
                Blemish::Updated => Blemish::None,
                other => other,
            };
            self.companies.add(&cells, blemish, books)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        for file in self.contacts {
            file.finish()?;
        }
        self.companies.finish()?;
        self.deals.finish()
    }
}

fn company_id(index: u32) -> String {
    (9_000_000_000 + u64::from(index)).to_string()
}

fn hubspot_time(second: i64) -> String {
    local(second - second % 60).format("%Y-%m-%d %H:%M").to_string()
}

fn contact_cells(
    person: &Person,
    contact: &Contact,
    stage: &str,
    created_at: i64,
    updated_at: i64,
) -> Vec<String> {
    let city = &assortment::CITIES[person.city];
    let login = person.login.clone().filter(|_| contact.knows_login);
    vec![
        contact.id.to_string(),
        person.email.clone(),
        person.second_email.clone().unwrap_or_default(),
        person.given.to_owned(),
        person.family.to_owned(),
        person.phone.clone().unwrap_or_default(),
        stage.to_owned(),
        contact.absorbed.map(|id| id.to_string()).unwrap_or_default(),
        contact.company.map(company_id).unwrap_or_default(),
        city.name.to_owned(),
        person.postcode.clone(),
        city.country_name.to_owned(),
        city.country.to_owned(),
        if city.country == "DE" { "de" } else { "nl" }.to_owned(),
        format!("{}-03-01", person.birth_year),
        "7001".to_owned(),
        login.unwrap_or_default(),
        hubspot_time(created_at),
        hubspot_time(updated_at),
    ]
}

fn deal_cells(
    rng: &mut Rng,
    person: &Person,
    contact: &Contact,
    company: u32,
    created_at: i64,
) -> Vec<String> {
    let (stage, is_closed, is_won) = rng.pick(&[
        ("closedwon", "true", "true"),
        ("closedlost", "true", "false"),
        ("presentationscheduled", "false", "false"),
        ("contractsent", "false", "false"),
    ]);
    let opened_at = created_at + rng.between(3_600, 5 * 86_400);
    let closed_at = opened_at + rng.between(86_400, 20 * 86_400);
    // Deals of before a merge still name the contact that was merged away.
    let contact_id = contact.absorbed.unwrap_or(contact.id);
    vec![
        (5_000_000_000 + u64::from(person.index)).to_string(),
        format!("Koffie op kantoor, {}", person.family),
        "default".to_owned(),
        stage.to_owned(),
        money(rng.between(20_000, 900_000), '.'),
        "EUR".to_owned(),
        "7001".to_owned(),
        contact_id.to_string(),
        company_id(company),
        is_closed.to_owned(),
        is_won.to_owned(),
        hubspot_time(opened_at),
        if is_closed == "true" { hubspot_time(closed_at) } else { String::new() },
        hubspot_time(closed_at),
    ]
}
