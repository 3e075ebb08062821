/*!
What a syntax error of the parser means to the person who wrote the line.
*/

use granit_parser::{ErrorKind, ScanError};

/// The message, and a hint where one mistake is the usual one. `before` is the text up to the place.
pub(super) fn explain(error: &ScanError, before: &str) -> (String, Option<&'static str>) {
    const QUOTE_BRACE: &str = "quote a value that begins with `{` or `[` and goes on after it";
    let own = |message: &str, hint| (message.to_owned(), Some(hint));
    match error.kind() {
        ErrorKind::UnknownAnchor => {
            own("the alias names no anchor above it", "quote a value that begins with `*`")
        }
        ErrorKind::MissingAnchorOrAliasName => {
            own("an anchor or alias without a name", "quote a value that begins with `*` or `&`")
        }
        ErrorKind::ExpectedBlockMappingKey if before.ends_with(['}', ']']) => {
            own("more text after the end of the value", QUOTE_BRACE)
        }
        ErrorKind::ExpectedBlockMappingKey => own(
            "the line is no key of the mapping above",
            "indent it as far as the keys it belongs to",
        ),
        ErrorKind::MappingValueNotAllowed => {
            own("a second `: ` in one value", "quote a text that holds `: `")
        }
        ErrorKind::SimpleKeyExpected => own(
            "the line is no key with a value",
            "write `key: value`, with a space after the colon",
        ),
        ErrorKind::InvalidColonPlacement => {
            own("`:` does not belong here", "a `[` or `{` further up may not be closed")
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            (error.info().to_lowercase(), Some("quote a value that begins with a sign"))
        }
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation => own("a tab in the indentation", "indent with spaces"),
        _ => (error.info().to_lowercase(), None),
    }
}
