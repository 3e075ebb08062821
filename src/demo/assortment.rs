/*!
What the synthetic company sells, where its visitors come from and what they use. Names are made up;
several hold letters outside ASCII, as real exports do.
*/

pub(crate) const GIVEN_NAMES: [&str; 32] = [
    "Anouk",
    "Bram",
    "Cas",
    "Daniël",
    "Eline",
    "Femke",
    "Gijs",
    "Hanna",
    "Iris",
    "Jörg",
    "Karin",
    "Lars",
    "Mees",
    "Noor",
    "Olivier",
    "Puck",
    "Quinten",
    "Renée",
    "Sanne",
    "Tess",
    "Ümit",
    "Vera",
    "Wout",
    "Xander",
    "Yara",
    "Zoë",
    "Françoise",
    "Chloé",
    "André",
    "Maïté",
    "Björn",
    "Noël",
];

pub(crate) const FAMILY_NAMES: [&str; 28] = [
    "de Vries",
    "van Dijk",
    "Jansen",
    "Bakker",
    "Visser",
    "Smit",
    "Meijer",
    "Mulder",
    "de Groot",
    "Bos",
    "Vos",
    "Peters",
    "Hendriks",
    "van Leeuwen",
    "Dekker",
    "Brouwer",
    "de Wit",
    "Dijkstra",
    "Smits",
    "de Graaf",
    "van der Meer",
    "Kuiper",
    "Müller",
    "Lefèvre",
    "Özdemir",
    "Núñez",
    "Coëlho",
    "in 't Veld",
];

pub(crate) struct City {
    pub(crate) name: &'static str,
    pub(crate) country: &'static str,
    pub(crate) country_name: &'static str,
    pub(crate) postcode: u32,
}

const fn city(
    name: &'static str,
    country: &'static str,
    country_name: &'static str,
    postcode: u32,
) -> City {
    City { name, country, country_name, postcode }
}

pub(crate) const CITIES: [City; 12] = [
    city("Amsterdam", "NL", "Netherlands", 1011),
    city("Rotterdam", "NL", "Netherlands", 3011),
    city("'s-Hertogenbosch", "NL", "Netherlands", 5211),
    city("Utrecht", "NL", "Netherlands", 3511),
    city("Groningen", "NL", "Netherlands", 9711),
    city("Súdwest-Fryslân", "NL", "Netherlands", 8601),
    city("Maastricht", "NL", "Netherlands", 6211),
    city("Köln", "DE", "Germany", 50667),
    city("Münster", "DE", "Germany", 48143),
    city("Liège", "BE", "Belgium", 4000),
    city("Gent", "BE", "Belgium", 9000),
    city("Brugge", "BE", "Belgium", 8000),
];

pub(crate) struct Product {
    pub(crate) sku: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    /// Price and purchase cost in cents, without tax.
    pub(crate) price: i64,
    pub(crate) cost: i64,
}

const fn product(
    sku: &'static str,
    name: &'static str,
    category: &'static str,
    price: i64,
    cost: i64,
) -> Product {
    Product { sku, name, category, price, cost }
}

pub(crate) const PRODUCTS: [Product; 12] = [
    product("BEAN-250", "Espresso bonen 250 g", "coffee", 695, 310),
    product("BEAN-1000", "Espresso bonen 1 kg", "coffee", 2_195, 1_040),
    product("DECAF-250", "Decafé 250 g", "coffee", 745, 350),
    product("FILTER-100", "Filterpapier 100 st.", "accessories", 395, 90),
    product("GRINDER-01", "Handmolen", "equipment", 4_950, 2_400),
    product("GRINDER-02", "Elektrische molen", "equipment", 14_900, 8_150),
    product("DRIPPER-01", "Porseleinen dripper", "equipment", 2_450, 900),
    product("KETTLE-01", "Zwanenhalsketel", "equipment", 5_995, 2_950),
    product("CUP-SET", "Kopjes, set van 4", "accessories", 2_995, 1_100),
    product("CREME-01", "Crème brûlée siroop", "syrups", 895, 320),
    product("SYRUP-02", "Vanillesiroop", "syrups", 895, 310),
    product("GIFT-25", "Cadeaubon €25", "gifts", 2_500, 2_500),
];

/// A price a subscription can be on. Yearly and quarterly prices divide into whole cents a month.
pub(crate) struct Plan {
    pub(crate) id: &'static str,
    pub(crate) product: &'static str,
    pub(crate) nickname: &'static str,
    /// Cents per period and seat.
    pub(crate) amount: i64,
    pub(crate) interval: &'static str,
    pub(crate) interval_count: u32,
    /// Length of a period in months.
    pub(crate) months: u32,
    /// The plan of the same length that a customer can change to.
    pub(crate) other: usize,
}

const fn plan(
    id: &'static str,
    nickname: &'static str,
    amount: i64,
    interval: &'static str,
    interval_count: u32,
    months: u32,
    other: usize,
) -> Plan {
    Plan {
        id,
        product: "prod_DemoCoffeeBox",
        nickname,
        amount,
        interval,
        interval_count,
        months,
        other,
    }
}

pub(crate) const PLANS: [Plan; 6] = [
    plan("price_DemoBoxSmallMonth", "Koffiebox klein, maand", 1_495, "month", 1, 1, 1),
    plan("price_DemoBoxLargeMonth", "Koffiebox groot, maand", 2_495, "month", 1, 1, 0),
    plan("price_DemoBoxSmallQuarter", "Koffiebox klein, kwartaal", 3_900, "month", 3, 3, 3),
    plan("price_DemoBoxLargeQuarter", "Koffiebox groot, kwartaal", 6_600, "month", 3, 3, 2),
    plan("price_DemoBoxSmallYear", "Koffiebox klein, jaar", 14_400, "year", 1, 12, 5),
    plan("price_DemoBoxLargeYear", "Koffiebox groot, jaar", 24_000, "year", 1, 12, 4),
];

/// How a visit begins: campaign fields as the analytics tool collects them.
pub(crate) struct Origin {
    pub(crate) source: &'static str,
    pub(crate) medium: &'static str,
    pub(crate) campaign: &'static str,
    pub(crate) referrer: &'static str,
    pub(crate) has_click_id: bool,
}

const fn origin(
    source: &'static str,
    medium: &'static str,
    campaign: &'static str,
    referrer: &'static str,
    has_click_id: bool,
) -> Origin {
    Origin { source, medium, campaign, referrer, has_click_id }
}

/// Empty texts mean that the field is absent; the first origin is a direct visit.
pub(crate) const ORIGINS: [Origin; 8] = [
    origin("", "", "", "", false),
    origin("", "", "", "", false),
    origin("google", "organic", "", "https://www.google.com/", false),
    origin("google", "cpc", "brand_nl", "https://www.google.com/", true),
    origin("google", "cpc", "coffee_generic", "https://www.google.com/", true),
    origin("newsletter", "email", "weekly", "", false),
    origin("instagram", "paid_social", "spring_box", "https://l.instagram.com/", false),
    origin("koffieblog.example", "referral", "", "https://koffieblog.example/", false),
];

pub(crate) struct Agent {
    pub(crate) category: &'static str,
    pub(crate) system: &'static str,
    pub(crate) browser: &'static str,
    pub(crate) header: &'static str,
}

const fn agent(
    category: &'static str,
    system: &'static str,
    browser: &'static str,
    header: &'static str,
) -> Agent {
    Agent { category, system, browser, header }
}

pub(crate) const AGENTS: [Agent; 4] = [
    agent(
        "mobile",
        "iOS",
        "Safari",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    agent(
        "desktop",
        "Windows",
        "Chrome",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    ),
    agent(
        "mobile",
        "Android",
        "Chrome",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    ),
    agent(
        "desktop",
        "Macintosh",
        "Firefox",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
];

pub(crate) const CRAWLER: Agent = agent(
    "desktop",
    "(not set)",
    "Googlebot",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
);

pub(crate) const SEARCHES: [&str; 6] =
    ["espresso", "molen", "decafé", "filter v60", "cadeau", "ketel"];
