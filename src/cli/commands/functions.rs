/*!
`journeymart functions [NAME]`: the SQL functions beyond DataFusion's own.
*/

use crate::{
    cli::Context,
    error::{Diagnostic, Error, Kind, Result, codes},
    functions::{self, FunctionDoc},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A function; without it all are listed
    name: Option<String>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let Some(name) = arguments.name else {
        let docs: Vec<&FunctionDoc> = functions::ALL.iter().map(|function| &function.doc).collect();
        return context.printer.result(&docs, |docs| {
            let width = docs.iter().map(|doc| doc.name.len()).max().unwrap_or(0);
            docs.iter().map(|doc| format!("{:width$}  {}\n", doc.name, doc.summary)).collect()
        });
    };
    let Some(function) = functions::find(&name) else {
        let names: Vec<&str> = functions::ALL.iter().map(|function| function.doc.name).collect();
        let unknown =
            Diagnostic::error(codes::UNKNOWN_NAME, format!("there is no function `{name}`"))
                .did_you_mean(&name, names);
        return Err(Error::new(Kind::Usage, unknown));
    };
    context.printer.result(&function.doc, |doc| {
        format!(
            "{} ({})\n\n{}\n\n{}\n\nCost: {}\n\nExample: {}\n\nSource: {}\n",
            doc.syntax,
            function.kind(),
            doc.summary,
            doc.semantics,
            doc.complexity,
            doc.example,
            doc.source
        )
    })
}
