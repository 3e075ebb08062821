/*!
Which of the files that a pattern matches are the source's.
*/

use crate::{
    config::source::Source,
    error::{Error, Result, codes},
    storage::{Found, Glob},
};

/// Takes out what the source excludes, and what lies beside its files and is excluded too.
pub(crate) fn exclude(source: &Source, found: &mut Found) -> Result<()> {
    let glob = |text: &String| {
        Glob::parse(text).map_err(|why| {
            let message = format!("`exclude` of source `{}`: `{text}`: {why}", source.name);
            Error::usage(codes::INVALID_VALUE, message)
        })
    };
    let globs = source.exclude.iter().map(glob).collect::<Result<Vec<_>>>()?;
    let stays = |path: &str| !globs.iter().any(|glob| glob.matches(path));
    found.files.retain(|file| stays(&file.path));
    found.unmatched.retain(|path| stays(path));
    Ok(())
}
