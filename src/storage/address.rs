/*!
What a user may write for a place, split into a scheme, a root to connect to and a path below it.

The text that is shown in messages never holds a user name, a password or a query string.
*/

use std::path::{Component, Path as FilePath, PathBuf};

use object_store::path::Path;
use url::Url;

use crate::error::{Diagnostic, Error, Kind, Result, codes};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    File,
    S3,
    Gcs,
    Azure,
    Http,
    Memory,
}

const SCHEMES: [&str; 6] = ["file", "s3", "gs", "az", "https", "memory"];

#[derive(Debug)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    /// What to connect to, and the key under which the connection is kept: `s3://bucket`.
    pub(super) root: String,
    pub(super) path: Path,
    /// As the user wrote it, without secrets.
    pub(super) shown: String,
}

impl Address {
    pub(super) fn parse(text: &str, project_dir: &FilePath) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::file(&project_dir.join(text), text);
        };
        match scheme {
            "file" => {
                let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
                let path = path.ok_or_else(|| {
                    malformed(text, "needs an absolute path").hint("write file:///folder/file")
                })?;
                Self::file(&path, text)
            }
            "s3" => Self::bucket(Scheme::S3, text, rest),
            "gs" => Self::bucket(Scheme::Gcs, text, rest),
            "az" => Self::bucket(Scheme::Azure, text, rest),
            "memory" => Self::bucket(Scheme::Memory, text, rest),
            "https" | "http" => Self::web(text),
            _ => {
                let message = format!("`{scheme}://` is not a supported kind of location");
                let diagnostic = Diagnostic::error(codes::STORAGE_URL, message);
                Err(Error::new(Kind::Usage, diagnostic.did_you_mean(scheme, SCHEMES)))
            }
        }
    }

    fn file(path: &FilePath, text: &str) -> Result<Self> {
        let path = Path::from_absolute_path(without_dots(path))
            .map_err(|_| malformed(text, "is not a path that can be read"))?;
        Ok(Self { scheme: Scheme::File, root: "file://".into(), path, shown: text.into() })
    }

    fn bucket(scheme: Scheme, text: &str, rest: &str) -> Result<Self> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains(['@', ':']) {
            return Err(malformed(text, "holds credentials")
                .hint("credentials come from the environment; write scheme://bucket/key"));
        }
        if bucket.is_empty() {
            return Err(malformed(text, "names no bucket").hint("write scheme://bucket/key"));
        }
        let path = Path::parse(key).map_err(|_| {
            malformed(text, "holds an empty, `.` or `..` part, or control characters")
        })?;
        let prefix = &text[..text.len() - rest.len()];
        Ok(Self { scheme, root: format!("{prefix}{bucket}"), path, shown: text.into() })
    }

    fn web(text: &str) -> Result<Self> {
        let mut url = Url::parse(text).map_err(|_| malformed(text, "is not a valid URL"))?;
        let host = url.host_str().unwrap_or_default();
        let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if url.scheme() == "http" && !loopback {
            return Err(malformed(text, "is not encrypted").hint("write https://"));
        }
        let path = Path::from_url_path(url.path())
            .map_err(|_| malformed(text, "holds an empty or unreadable part"))?;
        // The query stays with the root, so that presigned URLs work.
        url.set_path("");
        url.set_fragment(None);
        Ok(Self { scheme: Scheme::Http, root: url.into(), path, shown: redact(text) })
    }
}

/// The path without `.` and `..`, which mean what they mean to the system: `..` after a link is
/// above the link's target.
fn without_dots(path: &FilePath) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                resolved = resolved.canonicalize().unwrap_or(resolved);
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    resolved
}

/// The text without user name, password, query and fragment.
pub(super) fn redact(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let rest = match scheme {
        "http" | "https" => rest.split(['?', '#']).next().unwrap_or_default(),
        _ => rest,
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn malformed(text: &str, why: &str) -> Error {
    Error::usage(codes::STORAGE_URL, format!("location `{}` {why}", redact(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address> {
        Address::parse(text, FilePath::new("/project"))
    }

    #[test]
    fn every_scheme_has_a_root_and_a_path() {
        for (text, scheme, root, path) in [
            ("exports/web", Scheme::File, "file://", "project/exports/web"),
            ("./exports/../out", Scheme::File, "file://", "project/out"),
            ("/data/a b.csv", Scheme::File, "file://", "data/a b.csv"),
            ("file:///data/a%20b.csv", Scheme::File, "file://", "data/a b.csv"),
            ("s3://acme/crm/a%20b.csv", Scheme::S3, "s3://acme", "crm/a%20b.csv"),
            ("gs://acme", Scheme::Gcs, "gs://acme", ""),
            ("az://container/x/", Scheme::Azure, "az://container", "x"),
            ("memory://test/x", Scheme::Memory, "memory://test", "x"),
            ("https://h.example/a/b?sig=1", Scheme::Http, "https://h.example/?sig=1", "a/b"),
        ] {
            let address = parse(text).unwrap();
            assert_eq!(address.scheme, scheme, "{text}");
            assert_eq!(address.root, root, "{text}");
            assert_eq!(address.path.as_ref(), path, "{text}");
        }
    }

    #[test]
    fn secrets_are_neither_shown_nor_repeated() {
        let address = parse("https://me:hunter2@h.example/a.csv?sig=hunter2").unwrap();
        assert_eq!(address.shown, "https://h.example/a.csv");
        for text in ["s3://KEY:hunter2@bucket/x", "http://me:hunter2@h.example/a?hunter2"] {
            let message = parse(text).unwrap_err().to_string();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_a_location_says_what_could() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert_eq!(
            message("s4://acme/x"),
            "`s4://` is not a supported kind of location (hint: did you mean `s3`?)"
        );
        assert!(message("ftp://acme/x").contains("valid names are `file`, `s3`"));
        assert!(message("s3:///x").contains("names no bucket"));
        assert!(message("s3://acme/a//b").contains("empty"));
        assert!(message("http://h.example/a").contains("not encrypted"));
    }
}
