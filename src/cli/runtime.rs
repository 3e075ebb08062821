/*!
The threads that commands run on, and the signals that stop them.
*/

use std::future::Future;

use tokio::sync::watch;

use crate::error::{Error, Kind, Result, codes};

/// Plans of analysts nest deeply; worker threads get room for that.
const STACK_BYTES: usize = 16 << 20;

/// Runs a future on `threads` worker threads.
pub(crate) fn block_on<T>(threads: usize, future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|error| Error::failed(codes::CLI, format!("cannot start threads: {error}")))?
        .block_on(future)
}

/// Becomes the kind of the first signal that asks the process to stop.
pub(crate) fn signals() -> watch::Receiver<Option<Kind>> {
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        let kind = wait().await;
        sender.send_replace(Some(kind));
        // Keeps the channel open: a closed one would look like "no signal will come".
        std::future::pending::<()>().await;
    });
    receiver
}

#[cfg(unix)]
async fn wait() -> Kind {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupt().await;
    };
    tokio::select! {
        kind = interrupt() => kind,
        _ = terminate.recv() => Kind::Terminated,
    }
}

#[cfg(not(unix))]
async fn wait() -> Kind {
    interrupt().await
}

async fn interrupt() -> Kind {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Kind::Interrupted
}
