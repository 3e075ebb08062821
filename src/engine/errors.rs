/*!
DataFusion's errors in our terms.
*/

use datafusion::{arrow::error::ArrowError, error::DataFusionError};

use crate::error::{Diagnostic, Error, Kind, codes};

/// What helps where intermediate results cannot be written.
pub(super) const ELSEWHERE: &str =
    "free some space there, or point `engine.spill_dir` to another disk";

/// Keeps the cause, drops the wrapping, and says what to do where that is known.
pub fn convert(error: &DataFusionError) -> Error {
    if let DataFusionError::External(inner) = error.find_root()
        && let Some(ours) = inner.downcast_ref::<Error>()
    {
        return ours.clone();
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => Error::new(
            Kind::Failed,
            Diagnostic::error(codes::MEMORY, one_line(message)).hint(
                "raise `engine.memory_limit`, or lower `engine.threads` so that each gets more",
            ),
        ),
        DataFusionError::ObjectStore(inner) => {
            Error::new(Kind::Retryable, Diagnostic::error(codes::STORAGE_READ, inner.to_string()))
        }
        // Sources and marts have their own stores: what is left are intermediate results.
        DataFusionError::IoError(inner) => intermediate(&inner.to_string()),
        DataFusionError::ArrowError(inner, _) if matches!(**inner, ArrowError::IoError(..)) => {
            intermediate(inner.to_string().trim_start_matches("Io error: "))
        }
        root => Error::failed(codes::NODE_FAILED, message(root)),
    }
}

fn intermediate(why: &str) -> Error {
    Error::failed(codes::WORK_FOLDER, format!("cannot keep intermediate results on disk: {why}"))
        .hint(ELSEWHERE)
}

/// The message without DataFusion's class prefix and back trace.
pub fn message(error: &DataFusionError) -> String {
    first_line(&error.strip_backtrace())
        .trim_start_matches("Error during planning: ")
        .trim_start_matches("Execution error: ")
        .trim_start_matches("Arrow error: ")
        .to_owned()
}

/// Who holds the memory stands on lines of its own.
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_full_disk_names_the_folder_that_may_be_moved() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        for error in [
            DataFusionError::IoError(full()),
            ArrowError::from(full()).into(),
            DataFusionError::from(ArrowError::from(full())).context("sorting"),
        ] {
            let converted = convert(&error);
            let text = converted.to_string();
            assert_eq!(converted.diagnostics[0].code, codes::WORK_FOLDER, "{text}");
            let expected = "cannot keep intermediate results on disk: no storage space";
            assert!(text.starts_with(expected) && text.contains("engine.spill_dir"), "{text}");
        }
    }
}
