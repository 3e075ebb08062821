/*!
The Qualtrics export of the satisfaction survey: three header rows, cells over several lines, local
times without zone.
*/

use std::path::Path;

use crate::error::Result;

use super::{
    World,
    answers::{Answer, AnswerKind},
    calendar::local,
    dirt::{Blemish, Export, blemish},
    person::Person,
    records::{BadCell, CsvExport, Layout},
    truth::Books,
};

const ANSWERS: Layout = Layout {
    source: "nps",
    delimiter: ',',
    encoding: "utf-8",
    columns: &[
        "StartDate",
        "EndDate",
        "Status",
        "IPAddress",
        "Progress",
        "Duration (in seconds)",
        "Finished",
        "RecordedDate",
        "ResponseId",
        "RecipientLastName",
        "RecipientFirstName",
        "RecipientEmail",
        "ExternalReference",
        "DistributionChannel",
        "UserLanguage",
        "Q1",
        "Q1_NPS_GROUP",
        "Q2",
    ],
    bad_required: BadCell { header: "RecordedDate", column: "recorded_at", raw: "gisteren" },
    bad_optional: BadCell {
        header: "Duration (in seconds)",
        column: "duration_seconds",
        raw: "lang",
    },
};

const QUESTIONS: [&str; 18] = [
    "Start Date",
    "End Date",
    "Response Type",
    "IP Address",
    "Progress",
    "Duration (in seconds)",
    "Finished",
    "Recorded Date",
    "Response ID",
    "Recipient Last Name",
    "Recipient First Name",
    "Recipient Email",
    "External Data Reference",
    "Distribution Channel",
    "User Language",
    "Hoe waarschijnlijk is het dat je ons aanbeveelt?\n(0 = zeker niet, 10 = zeker wel)",
    "Hoe waarschijnlijk is het dat je ons aanbeveelt? - Groep",
    "Wil je dat toelichten?",
];

const IMPORT_IDS: [&str; 18] = [
    "startDate",
    "endDate",
    "status",
    "ipAddress",
    "progress",
    "duration",
    "finished",
    "recordedDate",
    "_recordId",
    "recipientLastName",
    "recipientFirstName",
    "recipientEmail",
    "externalDataReference",
    "distributionChannel",
    "userLanguage",
    "QID1",
    "QID1_NPS_GROUP",
    "QID2_TEXT",
];

pub(crate) struct Qualtrics(CsvExport);

impl Qualtrics {
    pub(crate) fn create(root: &Path) -> Result<Self> {
        let mut file = CsvExport::create(root, "survey/nps.csv", &ANSWERS)?;
        file.header(&QUESTIONS.map(str::to_owned))?;
        file.header(&IMPORT_IDS.map(|id| format!("{{\"ImportId\":\"{id}\"}}")))?;
        Ok(Self(file))
    }

    pub(crate) fn add(
        &mut self,
        world: &World,
        person: &Person,
        answers: &[Answer],
        books: &mut Books,
    ) -> Result<()> {
        for (number, answer) in answers.iter().enumerate() {
            let cells = answer_cells(person, answer, false);
            let drawn =
                blemish(world.seed, Export::Answers, u64::from(person.index), number as u64);
            if answer.was_partial {
                self.0.row(&answer_cells(person, answer, true), books)?;
                self.0.row(&cells, books)?;
                books.superseded(ANSWERS.source);
                continue;
            }
            let drawn = if drawn == Blemish::Updated { Blemish::None } else { drawn };
            self.0.add(&cells, drawn, books)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}

fn answer_cells(person: &Person, answer: &Answer, is_partial: bool) -> Vec<String> {
    let time = |second: i64| local(second).format("%Y-%m-%d %H:%M:%S").to_string();
    let recorded_at = if is_partial { answer.started_at } else { answer.recorded_at };
    let score = match answer.score {
        Some(score) if !is_partial => score.to_string(),
        Some(_) => String::new(),
        // Seen, and not answered.
        None => "-99".to_owned(),
    };
    let group = match answer.score {
        Some(score) if !is_partial => match score {
            9.. => "3",
            7..=8 => "2",
            _ => "1",
        },
        _ => "",
    };
    let signed = |text: &str| if answer.is_signed { text.to_owned() } else { String::new() };
    vec![
        time(answer.started_at),
        time(recorded_at),
        match answer.kind {
            AnswerKind::Real => "0",
            AnswerKind::Preview => "1",
            AnswerKind::Test => "2",
        }
        .to_owned(),
        format!("192.0.2.{}", person.index % 250),
        if is_partial { "50" } else { "100" }.to_owned(),
        (recorded_at - answer.started_at).to_string(),
        if is_partial { "0" } else { "1" }.to_owned(),
        time(recorded_at),
        answer.id.clone(),
        signed(person.family),
        signed(person.given),
        signed(&person.email),
        signed(person.login.as_deref().unwrap_or_default()),
        if answer.is_signed { "email" } else { "anonymous" }.to_owned(),
        "NL".to_owned(),
        score,
        group.to_owned(),
        if is_partial { "" } else { answer.comment }.to_owned(),
    ]
}
