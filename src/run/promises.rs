/*!
What a run holds against its sources: what of them could not be read, and what they promised.
*/

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    artifacts::{RunResults, RunStatus, SourceResult},
    expectations::{self, Observed},
    job::Job,
};
use crate::{error::Result, sources};

impl Job {
    /// Says what did not become a value of a table, and where it is.
    pub(super) fn note_losses(&self, books: &[SourceResult]) {
        let rows: u64 = books.iter().map(|books| books.rows_quarantined).sum();
        let cells: u64 = books.iter().map(|books| books.cells_nulled).sum();
        if rows + cells > 0 {
            self.observer.noted(&format!(
                "{rows} rows and {cells} cells could not be read: \
                 see quarantine.rows and quarantine.cells, by source quarantine.books"
            ));
        }
    }

    /// Every source keeps its promises, or the run ends here. Of sources that this run did not have
    /// to load the last run that did knows.
    pub(super) fn hold_to_promises(
        &self,
        mut loaded: Vec<SourceResult>,
        days: &BTreeMap<String, Vec<NaiveDate>>,
    ) -> Result<()> {
        let runs = self.project.runs();
        let earlier: Vec<&RunResults> =
            runs.iter().filter(|run| run.run_id != self.run_id.to_string()).collect();
        let mut judged = Vec::new();
        for (name, source) in &self.project.pipeline.sources {
            let of_run = |run: &'_ RunResults| -> Option<SourceResult> {
                run.sources.iter().find(|result| result.source == *name).cloned()
            };
            let published: Vec<SourceResult> = earlier
                .iter()
                .filter(|run| run.status != RunStatus::NoOp && run.commit.is_some())
                .filter_map(|run| of_run(run))
                .collect();
            let at = loaded.iter().position(|result| result.source == *name);
            let Some(result) = at.map(|at| &loaded[at]).or(published.first()) else { continue };
            let results = expectations::judge(&Observed {
                source,
                result,
                days: days.get(name).cloned().unwrap_or_default(),
                earlier: published.iter().collect(),
                now: self.artifacts.results().started_at,
            });
            if let Some(at) = at {
                loaded[at].expectations.clone_from(&results);
                let before = published.first().and_then(|last| last.undeclared.as_ref());
                if let (Some(now), Some(before)) = (&loaded[at].undeclared, before) {
                    let new = sources::new_since(source, &loaded[at].drift, now, before);
                    loaded[at].drift.extend(new);
                }
                for drifted in loaded[at].drift.iter().filter(|drifted| drifted.warned) {
                    let mut warning = drifted.diagnostic(name);
                    warning.location = self.project.pipeline.source_places.get(name).cloned();
                    self.observer.warned(&warning);
                }
            } else if !results.is_empty() {
                loaded.push(SourceResult { expectations: results.clone(), ..result.clone() });
            }
            judged.extend(results.into_iter().map(|result| (name.as_str(), result)));
        }
        self.artifacts.update(|results| results.sources = loaded)?;
        for warning in expectations::enforce(&judged, &self.project.pipeline.source_places)? {
            self.observer.warned(&warning);
        }
        Ok(())
    }
}
