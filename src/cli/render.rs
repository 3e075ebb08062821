/*!
Diagnostics as a reader sees them: message, place, snippet, hint.
*/

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::error::{Diagnostic, Location, Severity};

/// Renders one finding with its snippet.
pub(crate) fn diagnostic(found: &Diagnostic, colored: bool) -> String {
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(found.message.as_str()).id(found.code.as_str());
    let mut group = match &found.location {
        Some(at) => match range(at) {
            Some((text, range)) => Group::with_title(title).element(
                Snippet::source(text)
                    .path(at.file.as_str())
                    .annotation(AnnotationKind::Primary.span(range)),
            ),
            None => Group::with_title(title).element(
                annotate_snippets::Origin::path(at.file.as_str())
                    .line(at.line as usize)
                    .char_column(at.column as usize),
            ),
        },
        None => Group::with_title(title),
    };
    if let Some(hint) = &found.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    renderer.render(&[group])
}

/// The text around a location and the byte range to underline in it.
fn range(at: &Location) -> Option<(&str, std::ops::Range<usize>)> {
    let text = at.text.as_deref()?;
    let line_start = text.split_inclusive('\n').take(at.line as usize - 1).map(str::len).sum();
    let line = text.get(line_start..)?.lines().next().unwrap_or("");
    let byte = |characters: usize| {
        line.char_indices().nth(characters).map_or(line.len(), |(offset, _)| offset)
    };
    let start = line_start + byte(at.column as usize - 1);
    let end = line_start + byte(at.column as usize - 1 + at.length.max(1) as usize);
    Some((text, start..end.max(start)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::codes;

    #[test]
    fn a_finding_shows_its_line_and_hint() {
        let text: Arc<str> = "version: 1\nsorces: {}\n".into();
        let found = Diagnostic::error(codes::UNKNOWN_KEY, "unknown key `sorces`")
            .at(Location::span("pipelines/a.yaml", &text, 11, 17))
            .did_you_mean("sorces", ["sources", "marts"]);
        let rendered = diagnostic(&found, false);
        for part in
            ["error[JM0102]: unknown key `sorces`", "pipelines/a.yaml:2:1", "^^^^^^", "sources"]
        {
            assert!(rendered.contains(part), "{part} is missing in:\n{rendered}");
        }
    }

    #[test]
    fn a_place_without_text_is_still_named() {
        let found = Diagnostic::error(codes::BAD_CELL, "`x` is no date")
            .at(Location::line("exports/a.csv", 7));
        assert!(diagnostic(&found, false).contains("exports/a.csv:7"));
    }
}
