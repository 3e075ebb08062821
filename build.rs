/*!
What the crate knows about itself: a digest of its code, and in release builds the standard library.

Debug builds read `sql/` at run time, so that editing SQL neither recompiles nor relinks.
*/

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    println!("cargo::rustc-check-cfg=cfg(embedded_library)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.lock");

    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo::rustc-env=CODE_DIGEST={}", code_digest(&root)?);

    if env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::rerun-if-changed=sql");
        println!("cargo::rustc-cfg=embedded_library");
        let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
        fs::write(target.join("library.zst"), library(&root)?)?;
    }
    Ok(())
}

/// SHA-256 over the paths and contents of `src/` and `Cargo.lock`: other code, other results.
fn code_digest(root: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    collect(root, &root.join("src"), &mut files)?;
    let lock = root.join("Cargo.lock");
    if lock.exists() {
        files.push(("Cargo.lock".to_owned(), fs::read(lock)?));
    }
    let mut digest = Sha256::new();
    for (path, content) in files {
        digest.update(path.len().to_le_bytes());
        digest.update(path);
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `sql/` as one archive: path and content of every file, each behind its length, compressed.
/// The same files give the same bytes. `catalog/library.rs` reads it.
fn library(root: &Path) -> io::Result<Vec<u8>> {
    let folder = root.join("sql");
    let mut files = Vec::new();
    collect(&folder, &folder, &mut files)?;
    let mut archive = Vec::new();
    for (path, content) in files {
        for part in [path.as_bytes(), &content] {
            let length = u32::try_from(part.len()).expect("no SQL file has 4 GB");
            archive.extend(length.to_le_bytes());
            archive.extend(part);
        }
    }
    zstd::bulk::compress(&archive, 19)
}

/// Every file below `folder` with its path relative to `root`, sorted, `/` between the parts.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            let relative = path.strip_prefix(root).expect("below the root").to_string_lossy();
            files.push((relative.replace('\\', "/"), fs::read(&path)?));
        }
    }
    Ok(())
}
