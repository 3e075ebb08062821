/*!
A folder for what does not fit in memory, gone with its session.

A process that is killed leaves its folder behind. The next session removes it: it can lock what the
owner of a folder keeps locked while it lives. Machines that share a folder have to share its locks.
*/

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;

/// How the folders are named, which may stand among those of other programs.
const PREFIX: &str = ".journeymart-spill-";
const LOCK: &str = "session.lock";

/// The session's own folder below `within`, made when it is first asked for.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) within: PathBuf,
    own: Mutex<Option<Own>>,
}

impl Scratch {
    pub(super) fn new(within: PathBuf) -> Self {
        Self { within, own: Mutex::default() }
    }

    pub(super) fn folder(&self) -> io::Result<PathBuf> {
        let mut own = self.own.lock();
        if let Some(own) = &*own {
            return Ok(own.folder.clone());
        }
        fs::create_dir_all(&self.within).map_err(|error| {
            io::Error::new(error.kind(), format!("{error} at path {:?}", self.within))
        })?;
        sweep(&self.within);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&self.within)?;
        let lock = lock(folder.path())?;
        let folder = folder.keep();
        *own = Some(Own { folder: folder.clone(), lock: Some(lock) });
        Ok(folder)
    }
}

#[derive(Debug)]
struct Own {
    folder: PathBuf,
    lock: Option<File>,
}

impl Drop for Own {
    fn drop(&mut self) {
        // What cannot be removed the next session takes.
        drop(self.lock.take().map(|lock| remove(&self.folder, lock)));
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

/// Removes a folder, its lock last: what a removal that was cut short left is swept like the rest.
fn remove(folder: &Path, lock: File) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    // Some file systems keep a file that is open.
    drop(lock);
    fs::remove_dir_all(folder)
}

/// Removes folders whose owners are gone.
fn sweep(within: &Path) {
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        let lock = entry.path().join(LOCK);
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs::symlink_metadata(&lock).is_ok_and(|lock| lock.is_file());
        if !is_one {
            continue;
        }
        // NFS locks only what is open for writing.
        let Ok(lock) = File::options().write(true).open(lock) else { continue };
        if lock.try_lock().is_ok() {
            drop(remove(&entry.path(), lock));
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
        // As a killed process leaves it: everything is there, and nobody holds the lock.
        let killed = session();
        let abandoned = killed.folder().unwrap();
        fs::create_dir(abandoned.join("folder")).unwrap();
        fs::write(abandoned.join("folder/rows.arrow"), "rows").unwrap();
        killed.own.lock().as_mut().unwrap().lock = None;
        drop(killed);
        assert!(abandoned.join(LOCK).exists());
        let of_others =
            [PREFIX, "journeymart-"].map(|prefix| within.path().join(format!("{prefix}x")));
        of_others.iter().for_each(|folder| fs::create_dir(folder).unwrap());
        fs::write(of_others[1].join(LOCK), "").unwrap();
        let second = session();
        second.folder().unwrap();
        assert!(own.exists() && !abandoned.exists());
        drop((first, second));
        assert!(folders() == 2 && of_others.iter().all(|folder| folder.exists()));
    }
}
