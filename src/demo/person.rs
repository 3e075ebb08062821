/*!
Who a person is and under which identifiers the company's systems know them.
*/

use super::{
    World, assortment, dirt,
    rng::{Rng, Stream},
};

/// One real human being.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) index: u32,
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    pub(crate) city: usize,
    pub(crate) postcode: String,
    pub(crate) birth_year: i32,
    pub(crate) email: String,
    /// A second address, known to the CRM only.
    pub(crate) second_email: Option<String>,
    pub(crate) phone: Option<String>,
    /// The login in the web shop; persons without one only order as guests.
    pub(crate) login: Option<String>,
    pub(crate) contact: Option<Contact>,
    pub(crate) devices: Vec<Device>,
    /// The next or the previous person uses the first device too.
    pub(crate) device_is_shared: bool,
    pub(crate) custom: Custom,
}

/// How often, how long and how much a person buys. All differ widely between persons and one who has
/// left does not say so, which is what models of purchases assume.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Custom {
    /// Visits to the web shop, of a hundred, that end in an order.
    pub(crate) web_percent: u64,
    /// Orders by telephone or in the store, in a million days.
    pub(crate) offline_per_million_days: u64,
    /// The first day without interest in buying anything.
    pub(crate) ends_on: u32,
    /// The most pieces of an article in one order.
    pub(crate) pieces: u64,
}

/// The person in the CRM.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) id: u64,
    /// The id of a double that was merged into this contact.
    pub(crate) absorbed: Option<u64>,
    pub(crate) company: Option<u32>,
    pub(crate) stage: &'static str,
    pub(crate) knows_login: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) cookie: String,
    /// Index into [`assortment::AGENTS`].
    pub(crate) agent: usize,
}

/// Persons per company in the CRM.
pub(crate) const PERSONS_PER_COMPANY: u32 = 20;

impl World {
    pub(crate) fn person(&self, index: u32) -> Person {
        let mut rng = Rng::new(self.seed, Stream::Person, u64::from(index));
        let given = rng.pick(&assortment::GIVEN_NAMES);
        let family = rng.pick(&assortment::FAMILY_NAMES);
        let city = rng.below(assortment::CITIES.len() as u64) as usize;
        let postcode = postcode(&mut rng, city);
        let birth_year = rng.between(1946, 2006) as i32;
        let domain = rng.pick(&["example.com", "example.org", "example.net"]);
        let email = format!("{}.{}{index}@{domain}", ascii(given), ascii(family));
        let second_email = rng.chance(60).then(|| format!("{}{index}@mail.{domain}", ascii(given)));
        let phone = rng.chance(700).then(|| format!("+31 6 {:08}", 10_000_000 + index));
        let login = rng.chance(800).then(|| format!("U{index:07}"));
        let contact = rng.chance(850).then(|| Contact {
            id: 40_000_000_000 + u64::from(index) * 7,
            absorbed: rng.chance(30).then(|| 40_000_000_003 + u64::from(index) * 7),
            company: rng.chance(120).then(|| rng.below(u64::from(self.companies())) as u32),
            stage: rng.pick(&["subscriber", "lead", "opportunity", "customer", "customer"]),
            knows_login: rng.chance(500),
        });
        let shares_device = self.shares_device(index);
        let device_is_shared = shares_device || self.shares_device(index + 1);
        let devices = self.devices(index, shares_device);
        Person {
            index,
            given,
            family,
            city,
            postcode,
            birth_year,
            email,
            second_email,
            phone,
            login,
            contact,
            devices,
            device_is_shared,
            custom: self.custom(index),
        }
    }

    fn custom(&self, index: u32) -> Custom {
        let mut rng = Rng::new(self.seed, Stream::Custom, u64::from(index));
        // Powers of even draws: many who buy little, and few who buy much.
        let (web, offline, restless) = (rng.below(100), rng.below(100), rng.below(100));
        let days = self.calendar.days();
        let ends_on = (0..days).step_by(10).find(|_| rng.chance(restless.pow(2) / 40));
        Custom {
            web_percent: web.pow(2) / 200,
            offline_per_million_days: offline.pow(4) * 6 / 10_000,
            ends_on: ends_on.unwrap_or(days),
            pieces: rng.pick(&[1, 1, 1, 2, 3, 4, 6, 9]),
        }
    }

    pub(crate) fn companies(&self) -> u32 {
        self.persons.div_ceil(PERSONS_PER_COMPANY)
    }

    /// Odd persons may use the device of the even person before them.
    fn shares_device(&self, index: u32) -> bool {
        index % 2 == 1
            && index < self.persons
            && Rng::keyed(self.seed, Stream::Devices, u64::from(index / 2), u64::MAX)
                .chance(dirt::SHARED_DEVICE)
    }

    fn devices(&self, index: u32, shares_first: bool) -> Vec<Device> {
        let count = 1 + Rng::keyed(self.seed, Stream::Devices, u64::from(index), 1_000).below(3);
        (0..count)
            .map(|number| {
                let owner = if shares_first && number == 0 { index - 1 } else { index };
                self.device(owner, number)
            })
            .collect()
    }

    pub(crate) fn device(&self, owner: u32, number: u64) -> Device {
        let mut rng = Rng::keyed(self.seed, Stream::Devices, u64::from(owner), number);
        Device {
            cookie: self.cookie(&mut rng),
            agent: rng.below(assortment::AGENTS.len() as u64) as usize,
        }
    }

    /// A client id as the analytics script makes it: a random number and the second of its birth.
    pub(crate) fn cookie(&self, rng: &mut Rng) -> String {
        let born = self.calendar.start(0) - rng.between(0, 30 * 86_400);
        format!("{}.{born}", rng.between(100_000_000, 2_147_483_647))
    }
}

fn postcode(rng: &mut Rng, city: usize) -> String {
    let city = &assortment::CITIES[city];
    let area = city.postcode + rng.below(40) as u32;
    if city.country != "NL" {
        return area.to_string();
    }
    let mut letter = || char::from(b"ABCDEGHJKLMNPRSTVWXZ"[rng.below(20) as usize]);
    format!("{area} {}{}", letter(), letter())
}

/// A name as people put it into an e-mail address.
fn ascii(name: &str) -> String {
    name.chars()
        .filter_map(|character| {
            Some(match character {
                'ä' | 'á' => 'a',
                'é' | 'è' | 'ë' => 'e',
                'ï' => 'i',
                'ö' | 'Ö' => 'o',
                'ú' | 'ü' | 'Ü' => 'u',
                'ç' => 'c',
                'ñ' => 'n',
                ' ' | '\'' => return None,
                other => other.to_ascii_lowercase(),
            })
        })
        .collect()
}
