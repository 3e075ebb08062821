/*!
`journeymart init DIR`: a small project that runs.
*/

use std::{fs, path::PathBuf};

use serde::Serialize;

use crate::{
    cli::Context,
    error::{Error, Result, codes},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder to write to; files that are there already stop it
    dir: PathBuf,
}

/// The files of a new project.
const FILES: [(&str, &str); 7] = [
    ("README.md", include_str!("../../../templates/init/README.md")),
    (".gitignore", include_str!("../../../templates/init/gitignore")),
    ("exports/orders.csv", include_str!("../../../templates/init/exports/orders.csv")),
    ("pipelines/shop.yaml", include_str!("../../../templates/init/pipelines/shop.yaml")),
    ("sql/inbound/shop.sql", include_str!("../../../templates/init/sql/inbound/shop.sql")),
    (
        "sql/marts/orders_daily.sql",
        include_str!("../../../templates/init/sql/marts/orders_daily.sql"),
    ),
    (
        "tests/sql/marts/orders_daily/two_days.yaml",
        include_str!("../../../templates/init/tests/sql/marts/orders_daily/two_days.yaml"),
    ),
];

#[derive(Serialize)]
struct Written {
    dir: PathBuf,
    files: Vec<&'static str>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let dir = arguments.dir;
    if let Some((taken, _)) = FILES.iter().find(|(path, _)| dir.join(path).exists()) {
        return Err(Error::usage(
            codes::EXISTS,
            format!("{} exists already", dir.join(taken).display()),
        )
        .hint("choose an empty folder"));
    }
    for (path, text) in FILES {
        let file = dir.join(path);
        let written =
            file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, text));
        written.map_err(|error| {
            Error::failed(codes::CLI, format!("cannot write {}: {error}", file.display()))
        })?;
    }
    let written = Written { files: FILES.iter().map(|(path, _)| *path).collect(), dir };
    context.printer.result(&written, |written| {
        let dir = written.dir.display();
        format!("wrote {} files to {dir}; try `cd {dir} && journeymart run`", written.files.len())
    })
}
