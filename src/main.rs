/*!
See `journeymart::cli`.
*/

use std::process::ExitCode;

/// The system's allocator holds on to what operators have freed: a run that may use 1 GB grew to 1.5.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(journeymart::cli::main())
}
