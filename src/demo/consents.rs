/*!
Consents: a CSV of decisions with Dutch yes and no, every decision kept.
*/

use std::path::Path;

use crate::error::Result;

use super::{
    World,
    calendar::iso,
    files::{Lines, csv},
    person::Person,
    rng::{Rng, Stream},
    truth::Books,
};

const SOURCE: &str = "consents";

pub(crate) struct Consents(Lines);

impl Consents {
    pub(crate) fn create(root: &Path) -> Result<Self> {
        let mut file = Lines::create(root, "consents/consents.csv")?;
        file.record(b"email,purpose,granted,decided_at")?;
        Ok(Self(file))
    }

    pub(crate) fn add(&mut self, world: &World, person: &Person, books: &mut Books) -> Result<()> {
        let mut rng = Rng::new(world.seed, Stream::Consents, u64::from(person.index));
        let day = rng.below(u64::from(world.calendar.days()));
        let decided_at = world.calendar.start(day as u32) + rng.between(8 * 3_600, 20 * 3_600);
        for purpose in ["analytics", "marketing"] {
            if rng.chance(300) {
                continue;
            }
            let is_granted = rng.chance(800);
            let mut decisions = vec![(is_granted, decided_at)];
            let later = decided_at + rng.between(86_400, 90 * 86_400);
            if is_granted && rng.chance(100) && later < world.calendar.end() {
                decisions.push((false, later));
            }
            for (is_granted, at) in decisions {
                let granted = if is_granted { "ja" } else { "nee" };
                self.0.record(csv(',', &[&person.email, purpose, granted, &iso(at)]).as_bytes())?;
                books.read(SOURCE);
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}
