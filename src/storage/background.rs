/*!
A thread of its own for the network.

Requests run here whoever makes them. A connection belongs to the runtime that opened it: were that a
query's, a thread that waits for bytes could keep the very connection from being served, and a busy
query would time its own requests out.
*/

use std::{io, sync::OnceLock};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result, codes};

/// Lives as long as the program.
pub(super) fn handle() -> Result<Handle> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("network").enable_all().build()
    });
    match runtime {
        Ok(runtime) => Ok(runtime.handle().clone()),
        Err(error) => Err(Error::failed(
            codes::STORAGE_READ,
            format!("cannot start a thread for the network: {error}"),
        )),
    }
}
