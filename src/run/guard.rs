/*!
Guards against publishing something that is right by itself but wrong beside what is published.
*/

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{mart::Staged, project::Project};
use crate::{
    catalog::TableName,
    error::{Diagnostic, Error, Kind, Result, codes},
    publish::Commit,
};

/// A mart may lose this share of its rows before somebody has to look.
const SHRINK_LIMIT: f64 = 0.5;

/// Refuses to replace a later day by an earlier one.
pub(crate) fn as_of_date(project: &Project, head: Option<&Commit>, allowed: bool) -> Result<()> {
    let (Some(ours), Some(head)) = (project.as_of_date(), head) else { return Ok(()) };
    match head.as_of_date.as_ref().and_then(|date| date.parse::<NaiveDate>().ok()) {
        Some(published) if ours < published && !allowed => Err(Error::new(
            Kind::Checks,
            Diagnostic::error(
                codes::OLDER,
                format!("as_of_date {ours} lies before the published {published}"),
            )
            .hint("`--allow-older` publishes it all the same"),
        )),
        _ => Ok(()),
    }
}

/// Refuses marts that lost most of their rows.
pub(crate) fn shrink(
    head: Option<&Commit>,
    staged: &BTreeMap<TableName, Staged>,
    allowed: bool,
) -> Result<()> {
    let Some(head) = head.filter(|_| !allowed) else { return Ok(()) };
    let diagnostics: Vec<Diagnostic> = staged
        .iter()
        .filter_map(|(name, staged)| {
            let before = head.marts.get(&name.name)?.rows;
            let after = staged.mart.entry.rows;
            ((after as f64) < before as f64 * (1.0 - SHRINK_LIMIT)).then(|| {
                Diagnostic::error(
                    codes::SHRUNK,
                    format!("{name} would go from {before} to {after} rows"),
                )
                .hint("`--allow-shrink` publishes it all the same")
            })
        })
        .collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(Error { kind: Kind::Checks, diagnostics }) }
}
