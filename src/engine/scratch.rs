/*!
A folder for what does not fit in memory, gone with its session.

A process that is killed leaves its folder behind. The next session removes it: it can lock what the
owner of a folder keeps locked while it lives.
*/

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use tempfile::TempDir;

/// How the folders are named, which may stand among those of other programs.
const PREFIX: &str = "journeymart-";
const LOCK: &str = "lock";

/// The session's own folder below `within`, made when it is first asked for.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) within: PathBuf,
    own: Mutex<Option<Own>>,
}

#[derive(Debug)]
struct Own {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    pub(super) fn new(within: PathBuf) -> Self {
        Self { within, own: Mutex::default() }
    }

    pub(super) fn folder(&self) -> io::Result<PathBuf> {
        let mut own = self.own.lock();
        if let Some(own) = &*own {
            return Ok(own.folder.path().to_owned());
        }
        fs::create_dir_all(&self.within)?;
        sweep(&self.within);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&self.within)?;
        let path = folder.path().to_owned();
        *own = Some(Own { folder, _lock: lock(&path)? });
        Ok(path)
    }
}

/// Locks a folder. Its lock has its name only once it is held; where a file system knows no locks, it
/// never has, and nobody takes the folder for abandoned.
fn lock(folder: &Path) -> io::Result<File> {
    let unlocked = folder.join("unlocked");
    let file = File::create(&unlocked)?;
    if file.try_lock().is_ok() {
        fs::rename(unlocked, folder.join(LOCK))?;
    }
    Ok(file)
}

/// Removes folders whose owners are gone. What cannot be removed stays for the next session.
fn sweep(within: &Path) {
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner_or_with_the_next_session() {
        let within = tempfile::tempdir().unwrap();
        let session = || Scratch::new(within.path().to_owned());
        let folders = || fs::read_dir(within.path()).unwrap().count();
        let first = session();
        assert_eq!(folders(), 0, "nothing is made before it is asked for");
        let own = first.folder().unwrap();
        assert_eq!(first.folder().unwrap(), own);
        // As a killed process leaves it, and as someone else's might look.
        let abandoned = within.path().join("journeymart-gone");
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join("rows.arrow"), "rows").unwrap();
        fs::write(abandoned.join(LOCK), "").unwrap();
        let unlocked = within.path().join("journeymart-unlocked");
        fs::create_dir(&unlocked).unwrap();
        let second = session();
        second.folder().unwrap();
        assert!(own.exists() && unlocked.exists() && !abandoned.exists());
        drop((first, second));
        assert_eq!(folders(), 1);
    }
}
