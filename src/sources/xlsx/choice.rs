/*!
Which sheets of a workbook are read.
*/

use globset::GlobBuilder;

use crate::{
    error::{Error, Result, codes},
    sources::fault::file_error,
};

/// The sheets that hold rows, in the order of the workbook.
pub(super) fn worksheets(sheets: &[calamine::Sheet]) -> Vec<&calamine::Sheet> {
    sheets.iter().filter(|sheet| sheet.typ == calamine::SheetType::WorkSheet).collect()
}

pub(super) fn visible<'a>(sheets: &[&'a calamine::Sheet]) -> Vec<&'a calamine::Sheet> {
    let is_visible = |sheet: &&calamine::Sheet| sheet.visible == calamine::SheetVisible::Visible;
    sheets.iter().copied().filter(is_visible).collect()
}

/// The names of the sheets that are read, in the order of the workbook.
pub(super) fn chosen(
    sheets: &[calamine::Sheet],
    wanted: &[String],
    file: &str,
) -> Result<Vec<String>> {
    let sheets = worksheets(sheets);
    let listed = |sheets: &[&calamine::Sheet]| {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        format!("`{}`", names.join("`, `"))
    };
    if wanted.is_empty() {
        let visible = visible(&sheets);
        return match visible[..] {
            [one] => Ok(vec![one.name.clone()]),
            [] => Err(file_error(codes::NO_FILES, file, "holds no sheet that is visible")),
            [first, ..] => {
                let what = format!("holds several sheets: {}", listed(&visible));
                let hint = format!("say which are meant: `xlsx: {{sheet: {}}}`", first.name);
                Err(file_error(codes::MALFORMED, file, what).hint(hint))
            }
        };
    }
    let mut takes = vec![false; sheets.len()];
    for wanted in wanted {
        let found = matching(&sheets, wanted)?;
        if found.is_empty() {
            return Err(file_error(codes::NO_FILES, file, format!("holds no sheet `{wanted}`"))
                .hint(format!("its sheets are {}", listed(&sheets))));
        }
        found.into_iter().for_each(|at| takes[at] = true);
    }
    let taken = sheets.iter().zip(takes).filter(|(_, takes)| *takes);
    Ok(taken.map(|(sheet, _)| sheet.name.clone()).collect())
}

/// The places of the sheets that are called so, else of the one with that number, else of those
/// that match the pattern.
fn matching(sheets: &[&calamine::Sheet], wanted: &str) -> Result<Vec<usize>> {
    if let Some(named) = sheets.iter().position(|sheet| sheet.name == wanted) {
        return Ok(vec![named]);
    }
    let number = wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    if let Some(number) = number.filter(|number| *number < sheets.len()) {
        return Ok(vec![number]);
    }
    let glob = GlobBuilder::new(wanted)
        .build()
        .map_err(|error| Error::usage(codes::INVALID_VALUE, format!("`xlsx.sheet`: {error}")))?;
    let glob = glob.compile_matcher();
    Ok((0..sheets.len()).filter(|at| glob.is_match(&sheets[*at].name)).collect())
}
