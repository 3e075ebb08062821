/*!
Answers to the satisfaction survey and requests for support.
*/

use super::{
    World,
    person::Person,
    rng::{Rng, Stream},
};

/// One response to the survey.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) id: String,
    pub(crate) started_at: i64,
    pub(crate) recorded_at: i64,
    /// None where the question was seen and skipped.
    pub(crate) score: Option<i64>,
    pub(crate) comment: &'static str,
    /// Whether the response says who answered.
    pub(crate) is_signed: bool,
    pub(crate) kind: AnswerKind,
    /// The response was first exported half finished.
    pub(crate) was_partial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    Real,
    Preview,
    Test,
}

const COMMENTS: [&str; 6] = [
    "",
    "",
    "Snelle levering, lekkere koffie!",
    "De verpakking was kapot,\nmaar goed opgelost.",
    "Prijs is \"aan de hoge kant\"",
    "Crème de la crème",
];

#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    pub(crate) opened_at: i64,
    pub(crate) replied_at: Option<i64>,
    pub(crate) solved_at: Option<i64>,
    pub(crate) reopens: u64,
    pub(crate) topic: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) agent: u64,
    pub(crate) satisfaction: &'static str,
    pub(crate) is_deleted: bool,
}

impl World {
    pub(crate) fn answers(&self, person: &Person) -> Vec<Answer> {
        let mut rng = Rng::new(self.seed, Stream::Answers, u64::from(person.index));
        // Who shares a device could be taken for one respondent; they are not asked.
        if !rng.chance(300) || person.device_is_shared {
            return Vec::new();
        }
        let mood = rng.between(4, 10);
        (0..1 + rng.below(3))
            .map(|_| {
                let day = rng.below(u64::from(self.calendar.days())) as u32;
                let started_at = self.calendar.start(day) + rng.between(9 * 3_600, 20 * 3_600);
                Answer {
                    id: format!("R_{}", rng.code(15)),
                    started_at,
                    recorded_at: started_at + rng.between(20, 600),
                    score: (!rng.chance(40)).then(|| (mood + rng.between(-3, 2)).clamp(0, 10)),
                    comment: rng.pick(&COMMENTS),
                    is_signed: rng.chance(850),
                    kind: match rng.below(60) {
                        0 => AnswerKind::Preview,
                        1 => AnswerKind::Test,
                        _ => AnswerKind::Real,
                    },
                    was_partial: rng.chance(80),
                }
            })
            .collect()
    }

    pub(crate) fn tickets(&self, person: &Person) -> Vec<Ticket> {
        let mut rng = Rng::new(self.seed, Stream::Tickets, u64::from(person.index));
        if !rng.chance(160) {
            return Vec::new();
        }
        (0..1 + rng.below(3))
            .map(|number| {
                let day = rng.below(u64::from(self.calendar.days())) as u32;
                let opened_at = self.calendar.start(day) + rng.between(8 * 3_600, 22 * 3_600);
                let known = |at: i64| (at < self.calendar.end()).then_some(at);
                let replied_at = known(opened_at + rng.between(120, 2 * 86_400));
                let solved_at = known(opened_at + rng.between(2 * 86_400 + 600, 9 * 86_400))
                    .filter(|_| replied_at.is_some());
                Ticket {
                    id: 1_000 + u64::from(person.index) * 4 + number,
                    opened_at,
                    replied_at,
                    solved_at,
                    reopens: u64::from(rng.chance(100)),
                    topic: rng.pick(&["delivery", "billing", "product", "account"]),
                    channel: rng.pick(&["email", "email", "web", "chat", "phone"]),
                    agent: 9_000 + rng.below(6),
                    satisfaction: match solved_at {
                        Some(_) => rng.pick(&["good", "good", "bad", "offered", "unoffered"]),
                        None => "unoffered",
                    },
                    is_deleted: rng.chance(15),
                }
            })
            .collect()
    }
}
