/*!
What a column's name gives away: whether it is an identifier, an amount, a point in time, a truth
value, and which class of personal data. Only guesses, and only where the values leave it open.

Words are those of English and Dutch exports.
*/

use crate::sources::fold;

/// The longest name that is proposed; a question's text would make an unwieldy column.
const LONGEST: usize = 48;
/// Columns that the loader adds itself.
const RESERVED: [&str; 3] = ["_file", "_line", "survey_score"];

/// A header or path as a column name; `taken` says which names are gone.
pub(crate) fn column_name(header: &str, number: usize, taken: impl Fn(&str) -> bool) -> String {
    let folded = fold(&plain(header));
    let mut name: String = folded
        .chars()
        .filter(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == '_')
        .collect();
    while name.contains("__") {
        name = name.replace("__", "_");
    }
    name = name.trim_matches('_').to_owned();
    if name.len() > LONGEST {
        let cut = name[..LONGEST].rfind('_').filter(|at| *at > LONGEST / 2).unwrap_or(LONGEST);
        name.truncate(cut);
    }
    if name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
        name = format!("column_{number}");
    } else if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert_str(0, "c_");
    }
    let mut unique = name.clone();
    let mut next = 2;
    while taken(&unique) || RESERVED.contains(&unique.as_str()) {
        unique = format!("{name}_{next}");
        next += 1;
    }
    unique
}

/// Latin letters without their accents: names are ASCII.
fn plain(text: &str) -> String {
    const ACCENTED: &str = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝ";
    const PLAIN: &str = "aaaaaaceeeeiiiinoooooouuuuyyAAAAAACEEEEIIIINOOOOOOUUUUY";
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match ACCENTED.chars().position(|accented| accented == letter) {
            Some(at) => out.extend(PLAIN.chars().nth(at)),
            None => match letter {
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                '%' => out.push_str(" percent "),
                other => out.push(other),
            },
        }
    }
    out
}

/// Whether one of the words of a snake_case name is among `words`.
fn has_word(name: &str, words: &str) -> bool {
    name.split('_').any(|word| is_one_of(word, words))
}

fn ends_in(name: &str, words: &str) -> bool {
    name.rsplit('_').next().is_some_and(|word| is_one_of(word, words))
}

fn is_one_of(word: &str, words: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

/// A position within a parent record: a number, although its name ends like an identifier's.
pub(crate) fn is_position(name: &str) -> bool {
    const PARTS: &str = "line row regel step page item batch session visit sequence version rule";
    let numbered = name.rsplit_once('_').is_some_and(|(before, last)| {
        is_one_of(last, "number nr no num nummer") && ends_in(before, PARTS)
            || last == "id" && matches!(before, "batch_page" | "line" | "row")
    });
    has_word(name, "position seq idx index rank ordering rownum")
        || numbered
        || matches!(name, "line" | "regel" | "version" | "revision")
}

/// An identifier: no arithmetic makes sense, leading zeros and length matter.
pub(crate) fn is_identifier(name: &str) -> bool {
    const LAST: &str = "id ids uuid guid key code token hash number nummer nr no ref reference referentie sku \
        ean gtin isbn upc barcode iban bic bsn kvk vat btw zip postcode zipcode phone telephone \
        telefoon mobile fax account";
    const WORDS: &str = "uuid postal postcode phone telefoon mobile serial iban";
    !is_position(name) && (ends_in(name, LAST) || has_word(name, WORDS) || numbered(name).is_some())
}

/// What an identifier written as one word counts: the `order` of `ordernr`, `orderid`,
/// `ordernummer`. Only of known things, since `paid`, `grid` and `casino` end so too.
fn numbered(name: &str) -> Option<&str> {
    const THINGS: &str = "order bestel bestelling factuur invoice klant klanten customer debiteur debtor \
        crediteur creditor relatie contact user gebruiker client account accounts lid leden member \
        persoon person visitor bezoeker lead deal company bedrijf bedrijfs organisatie product artikel \
        article polis contract dossier zaak case ticket event transactie transaction betaling \
        betalings payment abonnement subscription campagne campaign zending shipment pakbon bon \
        bonnen offerte quote project respondent respons response device message bericht rekening \
        serie personeels medewerker werknemer employee";
    // Their numbers are positions within a parent.
    const PARENTS: &str = "session sessie visit item regel";
    let last = name.rsplit('_').next()?;
    let thing = |suffix: &&str| last.strip_suffix(suffix);
    let numbered = ["nummer", "number", "nr"].iter().find_map(thing);
    let known = numbered.filter(|thing| is_one_of(thing, THINGS));
    known.or_else(|| {
        last.strip_suffix("id")
            .filter(|thing| is_one_of(thing, THINGS) || is_one_of(thing, PARENTS))
    })
}

/// An amount of money.
pub(crate) fn is_money(name: &str) -> bool {
    const WORDS: &str = "amount price prijs bedrag total totaal subtotal subtotaal cost costs kosten revenue \
        omzet spend fee tax btw vat taxes discount korting shipping verzendkosten margin marge \
        salary balance saldo mrr arr ltv budget paid due";
    has_word(name, WORDS)
        && !has_word(name, "at date count method status quantity qty aantal items")
}

/// A place on the earth.
pub(crate) fn is_coordinate(name: &str) -> bool {
    has_word(name, "lat latitude lng lon longitude")
}

/// A quantity that seldom reaches a thousand and is written with decimals.
pub(crate) fn is_fraction(name: &str) -> bool {
    const WORDS: &str =
        "rate ratio share koers wisselkoers percent percentage perc factor probability kans";
    is_coordinate(name) || has_word(name, WORDS)
}

/// A quantity that is counted or measured.
pub(crate) fn is_measure(name: &str) -> bool {
    const WORDS: &str = "count aantal quantity qty duration seconds second minutes minute hours hour days day \
        months msec ms impressions clicks views visits sessions opens sends bounces score rating \
        progress age leeftijd width height weight size percent percentage rate ratio year level \
        length";
    is_position(name) || is_money(name) || has_word(name, WORDS)
}

/// A point in time.
pub(crate) fn is_time(name: &str) -> bool {
    const WORDS: &str = "at date datum time timestamp ts tijd tijdstip created updated modified changed epoch \
        expires expiry start end since until from to anchor closed opened sent received birth";
    has_word(name, WORDS)
        || ["date", "time", "datum", "timestamp"].iter().any(|word| name.ends_with(word))
}

/// When the record last changed; lower is surer.
pub(crate) fn is_change(name: &str) -> Option<usize> {
    const WORDS: [&str; 5] = [
        "updated modified lastmodifieddate systemmodstamp gewijzigd updatedat",
        "changed modstamp mutatie lastmodified synced version",
        "exported inserted ingested extracted received loaded",
        "recorded processed",
        "finished completed",
    ];
    let ends = |word: &str| word.len() > 7 && name.ends_with(word);
    WORDS.iter().position(|words| has_word(name, words) || words.split_ascii_whitespace().any(ends))
}

/// A truth value.
pub(crate) fn is_flag(name: &str) -> bool {
    const FIRST: &str = "is has was can did accepts allow allows opt";
    const LAST: &str = "flag finished active actief deleted granted enabled disabled verified archived \
        subscribed unsubscribed optin optout consent livemode closed won converted test hidden";
    let first = name.split('_').next().unwrap_or_default();
    is_one_of(first, FIRST) || ends_in(name, LAST)
}

/// The class of personal data that a name suggests.
pub(crate) fn pii(name: &str) -> Option<&'static str> {
    let words = |words: &str| has_word(name, words);
    let no_person = words(
        "company bedrijf product campaign event file page item list plan domain host browser \
        device store pipeline deal template status type count sent opened verified optin consent",
    );
    let company = |class| (!no_person).then_some(class);
    if words("email mail emails emailadres mailadres") || name.contains("email") {
        return company("email");
    }
    if words("phone telephone telefoon telefoonnummer mobile mobiel fax gsm")
        || name.contains("phone")
    {
        return company("phone");
    }
    if words("ip ipaddress ipadres clientip") || name.ends_with("_ip") {
        return Some("ip");
    }
    if words("birth birthday birthdate dob geboortedatum geboren geboortejaar") {
        return Some("birth");
    }
    if words(
        "firstname lastname fullname surname voornaam achternaam naam voorletters tussenvoegsel \
        displayname",
    ) || (ends_in(name, "name")
        && words(
            "first last full middle customer contact person recipient billing shipping consumer \
        respondent family given user",
        ))
    {
        return company("name");
    }
    if words(
        "address adres street straat straatnaam huisnummer huisnr housenumber zip zipcode postcode \
        postalcode city town plaats woonplaats latitude longitude lat lng lon",
    ) || name.contains("postal_code")
        || name.contains("house_number")
    {
        return company("address");
    }
    if words(
        "comment comments opmerking opmerkingen toelichting remarks feedback notes verbatim \
        bericht",
    ) {
        return Some("free_text");
    }
    const PERSONS: &str = "user customer client contact visitor person member klant respondent recipient subscriber \
        anonymous device cookie requester account pseudo distinct debiteur debtor relatie gebruiker lid \
        leden bezoeker persoon";
    (words(PERSONS) && ends_in(name, "id ids number no nr key uuid nummer")
        || numbered(name).is_some_and(|thing| is_one_of(thing, PERSONS))
        || name.contains("klantnummer")
        || matches!(name, "external_reference" | "cookie" | "username" | "login"))
    .then_some("id")
}

/// Whether a column of this name may be what identifies a record.
pub(crate) fn can_identify(name: &str) -> bool {
    const NEVER: &str = "zip postal postcode zipcode phone telephone telefoon mobile fax currency country \
        language lang iban bic vat btw coupon namespace gclid parent referrer house huis housenumber \
        huisnummer huisnr";
    is_identifier(name) && !has_word(name, NEVER)
}

/// How surely an identifier is the record's own, in a source of this name; lower is surer.
pub(crate) fn key_rank(name: &str, source: &str) -> usize {
    let subject = source.rsplit('_').next().unwrap_or(source);
    let singular = subject.strip_suffix("ies").map_or_else(
        || subject.strip_suffix('s').unwrap_or(subject).to_owned(),
        |stem| format!("{stem}y"),
    );
    let is_own = |word: &str| word == singular || word == subject;
    let own = || name.split('_').any(is_own) || numbered(name).is_some_and(is_own);
    match name {
        "id" | "uuid" | "guid" | "key" => 0,
        _ if own() => 1,
        _ if ends_in(name, "uuid guid") => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_known_things_identify() {
        for name in [
            "ordernr",
            "klantnr",
            "debiteurnr",
            "factuurnummer",
            "ordernummer",
            "bestelnummer",
            "orderid",
            "customerid",
            "sessionid",
            "shop_ordernr",
            "order_id",
            "klantnummer",
        ] {
            assert!(is_identifier(name) && can_identify(name), "{name}");
        }
        for name in ["paid", "valid", "grid", "casino", "amount", "sessionnumber", "huisnummer"] {
            assert!(!is_identifier(name), "{name}");
        }
        // `12 A` is no number, and nobody's own.
        for name in ["house_no", "house_number", "huisnummer", "huisnr", "huis_nr"] {
            assert!(!can_identify(name), "{name}");
        }
    }

    #[test]
    fn an_identifier_of_one_word_is_that_of_its_source() {
        assert_eq!(key_rank("ordernr", "shop_orders"), 1);
        assert_eq!(key_rank("klantnr", "shop_orders"), 3);
        assert_eq!(pii("debiteurnr"), Some("id"));
        assert_eq!(pii("customerid"), Some("id"));
        assert_eq!(pii("ordernr"), None);
    }
}
