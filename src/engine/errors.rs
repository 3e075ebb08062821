/*!
DataFusion's errors in our terms.
*/

use datafusion::error::DataFusionError;

use crate::error::{Diagnostic, Error, Kind, codes};

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
        root => Error::failed(codes::NODE_FAILED, message(root)),
    }
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
