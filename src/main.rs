/*!
See `journeymart::cli`.
*/

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(journeymart::cli::main())
}
