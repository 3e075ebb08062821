/*!
Advertising cost per day and campaign: a CSV with a byte order mark and thousands separators.
*/

use std::path::Path;

use crate::error::Result;

use super::{
    World,
    files::{Lines, csv},
    rng::{Rng, Stream},
    truth::{Books, Fault},
};

const SOURCE: &str = "ads";

/// Channel, campaign and the usual cost of a day in cents.
const CAMPAIGNS: [(&str, &str, i64); 3] = [
    ("Paid Search", "brand_nl", 4_000),
    ("Paid Search", "coffee_generic", 95_000),
    ("Paid Social", "spring_box", 22_000),
];

pub(crate) fn write(world: &World, root: &Path, books: &mut Books) -> Result<()> {
    let mut file = Lines::create(root, "ads/spend.csv")?;
    file.record("\u{feff}date,channel,campaign,impressions,clicks,cost,currency".as_bytes())?;
    for day in 0..world.calendar.days() {
        let date = world.calendar.date(day).format("%Y-%m-%d").to_string();
        let mut rng = Rng::new(world.seed, Stream::Spend, u64::from(day));
        for (channel, campaign, usual) in CAMPAIGNS {
            let cost = usual * rng.between(60, 140) / 100;
            let clicks = cost / rng.between(45, 90);
            let is_unreadable = rng.chance(4);
            let impressions =
                if is_unreadable { "n/a".to_owned() } else { thousands(clicks * 40, "") };
            let cost = thousands(cost / 100, &format!(".{:02}", cost % 100));
            let cells = [&date, channel, campaign, &impressions, &clicks.to_string(), &cost, "EUR"];
            let line = file.record(csv(',', &cells).as_bytes())?;
            books.read(SOURCE);
            if is_unreadable {
                books.fault(Fault {
                    source: SOURCE,
                    file: file.name().to_owned(),
                    line,
                    column: Some("impressions"),
                    raw: impressions,
                    quarantines_row: false,
                });
            }
        }
    }
    file.finish()
}

/// A whole number with a comma between thousands.
fn thousands(number: i64, rest: &str) -> String {
    if number < 1_000 {
        return format!("{number}{rest}");
    }
    format!("{},{:03}{rest}", number / 1_000, number % 1_000)
}
