/*!
`channel_group(source, medium, campaign)`: the channel that led to a visit, by Google Analytics' rules.
*/

use std::{collections::HashMap, sync::Arc, sync::LazyLock};

use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::ScalarUDF,
};
use regex::Regex;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "channel_group",
        syntax: "channel_group(source, medium, campaign)",
        summary: "Default channel group of a visit: one of the 19 of Google Analytics 4.",
        semantics: "The first rule that fits, in this order: Direct, Cross-network, Paid Shopping, Paid \
                    Search, Paid Social, Paid Video, Display, Paid Other, Organic Shopping, Organic \
                    Social, Organic Video, Organic Search, Referral, Email, Affiliates, Audio, SMS, \
                    Mobile Push Notifications, Unassigned. Upper and lower case do not matter; a null \
                    is an empty text. Direct is the source '(direct)' or none, with the medium \
                    '(none)', '(not set)' or none. A source is a search, shopping, social or video \
                    site if it is a name or host of the list of public sites that comes with this \
                    function, with or without 'www.', 'm.' or 'l.'.",
        complexity: "O(length) once for each different combination of a batch, no state.",
        example: "select channel_group(utm_source, utm_medium, utm_campaign) as channel, count(*) from core.sessions group by 1",
        source: "Google Analytics Help 9756891, [GA4] Default channel group, rules for manual traffic; list of sites: own.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Text; 3]),
        returns: DataType::Utf8,
        kernel,
    }
    .into()
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let texts = [arguments.text(0)?, arguments.text(1)?, arguments.text(2)?];
    let mut known: HashMap<[&str; 3], &'static str> = HashMap::new();
    let groups = (0..arguments.rows).map(|row| {
        let given = texts.each_ref().map(|text| text.at(row).unwrap_or_default());
        *known.entry(given).or_insert_with(|| group(given))
    });
    Ok(Arc::new(StringArray::from_iter_values(groups)))
}

/// What people do on a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Site {
    Search,
    Shopping,
    Social,
    Video,
}

static SITES: LazyLock<HashMap<&'static str, Site>> = LazyLock::new(|| {
    let mut sites = HashMap::new();
    let mut kind = Site::Search;
    for line in include_str!("channel_group/sources.txt").lines() {
        match line {
            "" => {}
            "[search]" => kind = Site::Search,
            "[shopping]" => kind = Site::Shopping,
            "[social]" => kind = Site::Social,
            "[video]" => kind = Site::Video,
            comment if comment.starts_with('#') => {}
            name => {
                sites.insert(name, kind);
            }
        }
    }
    sites
});

/// Of a source in lower case.
fn site(source: &str) -> Option<Site> {
    if let Some(site) = SITES.get(source) {
        return Some(*site);
    }
    // A host: itself, and every part of it from some dot on.
    let below = source.match_indices('.').map(|(dot, _)| &source[dot + 1..]);
    let hosts = || below.clone().filter(|host| host.contains('.'));
    if let Some(site) = hosts().find_map(|host| SITES.get(host)) {
        return Some(*site);
    }
    // A name and the ending of a country: google.nl, www.google.co.uk.
    let bare = ["www.", "m.", "l.", "lm."].iter().find_map(|prefix| source.strip_prefix(prefix));
    let mut labels = bare.unwrap_or(source).split('.');
    let (name, top, country) = (labels.next()?, labels.next()?, labels.next());
    let is_ending = match country {
        None => top.len() >= 2,
        Some(country) => top.len() <= 3 && country.len() == 2 && labels.next().is_none(),
    };
    SITES.get(name).copied().filter(|_| is_ending)
}

static SHOP_CAMPAIGN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("([^a-df-z]|^)shop|shopping").expect("a fixed pattern"));

/// The rules in their order. A medium such as `cpm` fits several; the first one decides.
fn group(given: [&str; 3]) -> &'static str {
    let [source, medium, campaign] = given.map(|text| text.trim().to_lowercase());
    let (source, medium) = (source.as_str(), medium.as_str());
    let site = site(source);
    let is_shopping = site == Some(Site::Shopping) || SHOP_CAMPAIGN.is_match(&campaign);
    let is_paid = medium.contains("cp")
        || ["ppc", "retargeting"].contains(&medium)
        || medium.starts_with("paid");
    const MAIL: [&str; 4] = ["email", "e-mail", "e_mail", "e mail"];
    match (medium, site) {
        ("" | "(none)" | "(not set)", _) if ["", "(direct)"].contains(&source) => "Direct",
        _ if campaign.contains("cross-network") => "Cross-network",
        _ if is_paid && is_shopping => "Paid Shopping",
        (_, Some(Site::Search)) if is_paid => "Paid Search",
        (_, Some(Site::Social)) if is_paid => "Paid Social",
        (_, Some(Site::Video)) if is_paid => "Paid Video",
        ("display" | "banner" | "expandable" | "interstitial" | "cpm", _) => "Display",
        _ if is_paid => "Paid Other",
        _ if is_shopping => "Organic Shopping",
        (_, Some(Site::Social)) => "Organic Social",
        (
            "social" | "social-network" | "social-media" | "sm" | "social network" | "social media",
            _,
        ) => "Organic Social",
        (_, Some(Site::Video)) => "Organic Video",
        _ if medium.contains("video") => "Organic Video",
        (_, Some(Site::Search)) | ("organic", _) => "Organic Search",
        ("referral" | "app" | "link", _) => "Referral",
        _ if MAIL.contains(&source) || MAIL.contains(&medium) => "Email",
        ("affiliate" | "affiliates", _) => "Affiliates",
        ("audio", _) => "Audio",
        _ if source == "sms" || medium == "sms" => "SMS",
        _ if medium.ends_with("push")
            || medium.contains("mobile")
            || medium.contains("notification")
            || source == "firebase" =>
        {
            "Mobile Push Notifications"
        }
        _ => "Unassigned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name in two lists, or twice in one, would be decided by its place.
    #[test]
    fn every_site_is_listed_once_in_lower_case() {
        let text = include_str!("channel_group/sources.txt");
        let names: Vec<&str> =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])).collect();
        assert_eq!(names.len(), SITES.len());
        assert!(names.iter().all(|name| *name == name.trim().to_lowercase()));
    }
}
