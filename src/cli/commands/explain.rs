/*!
`journeymart explain CODE`
*/

use serde::Serialize;

use crate::{
    cli::Context,
    error::{Code, Error, Result, codes},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A diagnostic code such as JM0301
    subject: String,
}

#[derive(Serialize)]
struct Explanation {
    code: Code,
    explanation: &'static str,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let code = Code::parse(&arguments.subject).ok_or_else(|| {
        Error::usage(codes::UNKNOWN_NAME, format!("`{}` is no diagnostic code", arguments.subject))
            .hint("codes run from JM0101 to JM0802 and stand in brackets behind `error`")
    })?;
    let explanation = Explanation { code, explanation: code.explanation() };
    context.printer.result(&explanation, |found| format!("{}: {}", found.code, found.explanation))
}
