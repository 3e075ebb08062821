/*!
`journeymart test`: the SQL unit tests of the project.
*/

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    checks::cases::{self, CaseOutcome},
    cli::{Context, runtime},
    error::{Diagnostic, Error, Kind, Result, codes},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run only cases whose table or file contains one of these words
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let dir = context.global.project_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let chosen: Vec<_> = cases::discover(&dir)?
        .into_iter()
        .filter(|case| {
            let table = case.table.to_string();
            arguments.words.is_empty()
                || arguments
                    .words
                    .iter()
                    .any(|word| table.contains(word.as_str()) || case.file.contains(word.as_str()))
        })
        .collect();
    let outcomes = runtime::block_on(1, cases::run_all(&dir, &chosen))?;
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    context.printer.result(&outcomes, |outcomes| summary(outcomes))?;
    if failed == 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Checks,
        Diagnostic::error(
            codes::CHECK_FAILED,
            format!("{failed} of {} cases failed", outcomes.len()),
        ),
    ))
}

/// A line per table, and every difference.
fn summary(outcomes: &[CaseOutcome]) -> String {
    let mut tables: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut text = String::new();
    for outcome in outcomes {
        let (passed, all) = tables.entry(&outcome.table).or_default();
        *all += 1;
        *passed += usize::from(outcome.passed);
        if !outcome.passed {
            text += &format!("{}\n{}\n\n", outcome.file, outcome.difference);
        }
    }
    for (table, (passed, all)) in tables {
        text += &format!("{table}: {passed} of {all} cases passed\n");
    }
    text
}
