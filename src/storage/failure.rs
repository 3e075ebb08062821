/*!
What a store's error means: missing, denied, worth retrying, or something else.

Messages are made from the status, the store's error code and the kind of failure, never from the
request: a URL may carry a signature and a body may echo a key.
*/

use std::{error::Error as StdError, io, time::Duration};

use object_store::client::{HttpError, HttpErrorKind};

use crate::error::{Code, Error, Kind, codes};

/// What was being done, for the sentence and the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Reading,
    Listing,
    Writing,
    Deleting,
}

impl Doing {
    fn verb(self) -> &'static str {
        match self {
            Self::Reading => "read",
            Self::Listing => "list",
            Self::Writing => "write",
            Self::Deleting => "delete",
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Reading | Self::Listing => codes::STORAGE_READ,
            Self::Writing | Self::Deleting => codes::STORAGE_WRITE,
        }
    }
}

/// What to do about what passes by itself.
const AGAIN: &str = "run again; nothing was published";

/// The error to report for a store's answer.
pub(crate) fn report(error: &object_store::Error, doing: Doing, shown: &str) -> Error {
    // A body that breaks off inside our own reader arrives wrapped, already explained.
    if let Some(known) = chain(error).find_map(|cause| cause.downcast_ref::<Error>()) {
        return known.clone();
    }
    let (cause, reason) = diagnose(error);
    let message = format!("cannot {} `{shown}`: {reason}", doing.verb());
    match cause {
        Cause::Missing if doing == Doing::Writing => {
            let what = if is_remote(shown) { "bucket" } else { "folder above it" };
            Error::usage(codes::STORAGE_MISSING, format!("{message}: is the {what} there?"))
        }
        Cause::Missing => {
            Error::usage(codes::STORAGE_MISSING, format!("`{shown}` does not exist"))
        }
        Cause::Denied if !is_remote(shown) => {
            Error::usage(codes::STORAGE_DENIED, message).hint("check who owns it and may change it")
        }
        Cause::Denied => Error::usage(codes::STORAGE_DENIED, message).hint(
            "check the permissions, and the credentials in the environment (AWS_*, AZURE_*, GOOGLE_*)",
        ),
        Cause::Transient => {
            let mut error = Error::failed(codes::STORAGE_TRANSIENT, message);
            error.kind = Kind::Retryable;
            error.hint(AGAIN)
        }
        Cause::Full => Error::failed(codes::STORAGE_WRITE, message)
            .hint("free some space; nothing was published and running again is safe"),
        Cause::Unsupported => Error::usage(codes::UNSAFE_STORE, message),
        Cause::Other => Error::failed(doing.code(), message),
    }
}

/// The error of a body of which nothing more arrives.
pub(super) fn stalled(waited: Duration, shown: &str) -> Error {
    let message = format!("cannot read `{shown}`: nothing arrived for {} s", waited.as_secs());
    let mut error = Error::failed(codes::STORAGE_TRANSIENT, message);
    error.kind = Kind::Retryable;
    error.hint(AGAIN)
}

/// Whether a place as messages show it is that of a store behind a network.
fn is_remote(shown: &str) -> bool {
    shown.contains("://") && !shown.starts_with("file://")
}

/// The error of a store that could not be set up at all.
pub(super) fn on_connect(error: &object_store::Error, shown: &str) -> Error {
    let (_, reason) = diagnose(error);
    Error::usage(codes::STORAGE_DENIED, format!("cannot connect to `{shown}`: {reason}"))
        .hint("check the settings in the environment (AWS_*, AZURE_*, GOOGLE_*)")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Missing,
    Denied,
    Transient,
    Full,
    Unsupported,
    Other,
}

const FULL: &str = "no space is left";

fn diagnose(error: &object_store::Error) -> (Cause, String) {
    if let object_store::Error::NotFound { .. } = error {
        return (Cause::Missing, "it does not exist".into());
    }
    let status = chain(error).find_map(status_of);
    if let Some((status, code)) = &status {
        let answer = match code {
            Some(code) => format!("the store answered {status} ({code})"),
            None => format!("the store answered {status}"),
        };
        let cause = match status {
            401 | 403 => Cause::Denied,
            404 => Cause::Missing,
            501 => Cause::Unsupported,
            408 | 429 | 500.. => Cause::Transient,
            _ => Cause::Other,
        };
        return (cause, answer);
    }
    if let Some(kind) = chain(error).find_map(|cause| cause.downcast_ref::<HttpError>()) {
        return over_network(kind.kind(), error);
    }
    if let Some(cause) = chain(error).find_map(|cause| cause.downcast_ref::<io::Error>()) {
        return on_disk(cause);
    }
    match error {
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => {
            (Cause::Denied, "permission denied".into())
        }
        object_store::Error::NotImplemented { operation, .. } => {
            (Cause::Unsupported, format!("it cannot {operation}"))
        }
        object_store::Error::Precondition { .. } => {
            (Cause::Transient, "it changed while it was in use".into())
        }
        object_store::Error::AlreadyExists { .. } => (Cause::Other, "it exists already".into()),
        other => {
            let root = chain(other).last().map(ToString::to_string).unwrap_or_default();
            (Cause::Other, without_urls(&root))
        }
    }
}

fn over_network(kind: HttpErrorKind, error: &object_store::Error) -> (Cause, String) {
    // Without any credentials the last resort is the metadata service of a cloud machine.
    if chain(error).any(|cause| cause.to_string().contains("169.254.169.254")) {
        return (Cause::Denied, "no credentials were found".into());
    }
    let reason = match kind {
        HttpErrorKind::Connect => "no connection",
        HttpErrorKind::Timeout => "timed out",
        HttpErrorKind::Decode | HttpErrorKind::Interrupted => "the connection broke off",
        HttpErrorKind::Request => "the connection was closed",
        _ => return (Cause::Other, "the request failed".into()),
    };
    (Cause::Transient, reason.into())
}

fn on_disk(error: &io::Error) -> (Cause, String) {
    use io::ErrorKind::*;
    match error.kind() {
        NotFound => (Cause::Missing, "it does not exist".into()),
        PermissionDenied => (Cause::Denied, "permission denied".into()),
        ReadOnlyFilesystem => (Cause::Denied, "the file system is read-only".into()),
        StorageFull | QuotaExceeded | FileTooLarge => {
            (Cause::Full, format!("{FULL} on the device"))
        }
        IsADirectory => (Cause::Other, "it is a folder".into()),
        NotADirectory => (Cause::Other, "a part of its path is a file".into()),
        TimedOut
        | Interrupted
        | ConnectionReset
        | ConnectionAborted
        | BrokenPipe
        | UnexpectedEof
        | StaleNetworkFileHandle
        | ResourceBusy => (Cause::Transient, error.kind().to_string()),
        kind => (Cause::Other, kind.to_string()),
    }
}

/// The HTTP status in an error's text and the store's own error code. The type that holds them is
/// private to object_store.
fn status_of(error: &(dyn StdError + 'static)) -> Option<(u16, Option<String>)> {
    let text = error.to_string();
    let rest = text.strip_prefix("Server returned non-2xx status code: ")?;
    let status = rest.get(..3)?.parse().ok()?;
    let code = rest.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map(|(code, _)| code).filter(|code| {
        code.len() <= 64 && code.chars().all(|letter| letter.is_ascii_alphanumeric())
    });
    Some((status, code.map(Into::into)))
}

fn without_urls(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.contains("://") {
        true => "…",
        false => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    // An io::Error hides what it wraps from `source` when both would print the same text.
    std::iter::successors(Some(error), |&cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => cause.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<Box<dyn StdError + Send + Sync>>) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: source.into() }
    }

    fn shown(error: &object_store::Error) -> (Kind, &'static str, String) {
        let error = report(error, Doing::Writing, "s3://bucket/key");
        (error.kind, error.diagnostics[0].code.as_str(), error.diagnostics[0].message.clone())
    }

    #[test]
    fn answers_of_a_store_are_told_apart_without_repeating_the_request() {
        let status = |status: &str, body: &str| {
            shown(&generic(format!("Server returned non-2xx status code: {status}: {body}")))
        };
        let body = "<Error><Code>SlowDown</Code><Message>key hunter2</Message></Error>";
        assert_eq!(
            status("503 Service Unavailable", body),
            (
                Kind::Retryable,
                "JM0205",
                "cannot write `s3://bucket/key`: the store answered 503 (SlowDown)".into()
            )
        );
        let body = "<Error><Code>NoSuchBucket</Code></Error>";
        assert_eq!(status("404 Not Found", body).1, "JM0206");
        assert_eq!(status("403 Forbidden", "").1, "JM0204");
        assert_eq!(status("400 Bad Request", "hunter2").2.matches("hunter2").count(), 0);
        assert_eq!(status("501 Not Implemented", "").1, "JM0702");
    }

    #[test]
    fn disks_say_full_denied_or_missing() {
        for (kind, code, exit) in [
            (io::ErrorKind::StorageFull, "JM0203", Kind::Failed),
            (io::ErrorKind::ReadOnlyFilesystem, "JM0204", Kind::Usage),
            (io::ErrorKind::PermissionDenied, "JM0204", Kind::Usage),
            (io::ErrorKind::NotFound, "JM0206", Kind::Usage),
            (io::ErrorKind::TimedOut, "JM0205", Kind::Retryable),
        ] {
            let (found, name, _) = shown(&generic(io::Error::from(kind)));
            assert_eq!((found, name), (exit, code), "{kind}");
        }
    }

    #[test]
    fn urls_never_reach_a_message() {
        let (_, _, message) = shown(&generic("failed at https://h.example/?sig=hunter2 twice"));
        assert_eq!(message, "cannot write `s3://bucket/key`: failed at … twice");
    }
}
