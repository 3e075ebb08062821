/*!
Named places at which tests end the program.

`JOURNEYMART_FAILPOINT=publish.before_commit journeymart run` aborts there as `kill -9` would: no
clean-up runs. `publish.before_commit:wait` stays there instead, until a signal ends the run. For
tests of what is left behind; it has no other use.
*/

const VARIABLE: &str = "JOURNEYMART_FAILPOINT";

/// A mart's version file is complete.
pub(super) const AFTER_VERSION: &str = "publish.after_version";
/// All files are checked, the commit record is not yet written.
pub(super) const BEFORE_COMMIT: &str = "publish.before_commit";
/// The commit stands, no stable file follows it yet.
pub(super) const AFTER_COMMIT: &str = "publish.after_commit";
/// A stable file is replaced, its record is not.
pub(super) const BEFORE_CURRENT: &str = "publish.before_current";
/// One mart is up to date with the newest commit, the next is not.
pub(super) const BETWEEN_STABLE_FILES: &str = "publish.between_stable_files";

pub(super) async fn reach(name: &str) {
    let Ok(wanted) = std::env::var(VARIABLE) else { return };
    match wanted.strip_prefix(name) {
        Some("") => std::process::abort(),
        Some(":wait") => std::future::pending().await,
        _ => {}
    }
}
