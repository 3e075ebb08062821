/*!
Runs the nodes of a graph: each after its inputs, small ones beside each other, heavy ones alone.

Knows nothing about tables; a node is a number, its work a future.
*/

use std::{collections::BTreeSet, future::Future, sync::Arc};

use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use crate::error::{Diagnostic, Error, Kind, Result, codes};

/// How a node ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Failed(Error),
    /// Not started, because an input failed or the run stopped early.
    Skipped,
}

/// What is asked of whoever does the work.
pub(crate) trait Work: Send + Sync + 'static {
    /// Whether the node needs the machine for itself; asked when its inputs are ready.
    fn is_heavy(&self, node: usize) -> bool;

    fn execute(self: Arc<Self>, node: usize) -> impl Future<Output = Result<()>> + Send;

    /// Told after every node, in the order they end.
    fn ended(&self, node: usize, how: &Ended);
}

/// Runs all nodes of `inputs` (per node, the nodes it waits for; these have lower numbers).
///
/// A failure skips what depends on it and, with `fail_fast`, whatever has not started. `stop` ends
/// the run at once with the kind it carries.
pub(crate) async fn run<W: Work>(
    work: Arc<W>,
    inputs: &[BTreeSet<usize>],
    threads: usize,
    fail_fast: bool,
    mut stop: watch::Receiver<Option<Kind>>,
) -> Result<Vec<Ended>> {
    let permits = u32::try_from(threads.max(1)).unwrap_or(u32::MAX);
    let semaphore = Arc::new(Semaphore::new(permits as usize));
    let mut waiting_for: Vec<BTreeSet<usize>> = inputs.to_vec();
    let mut ended: Vec<Option<Ended>> = vec![None; inputs.len()];
    let mut started = vec![false; inputs.len()];
    let mut running = JoinSet::new();
    let mut stopped_early = false;
    loop {
        for node in 0..inputs.len() {
            if started[node] || ended[node].is_some() {
                continue;
            }
            let input_lost = inputs[node]
                .iter()
                .any(|input| matches!(ended[*input], Some(Ended::Failed(_) | Ended::Skipped)));
            if input_lost || stopped_early {
                work.ended(node, &Ended::Skipped);
                ended[node] = Some(Ended::Skipped);
            } else if waiting_for[node].is_empty() {
                started[node] = true;
                let (work, semaphore) = (Arc::clone(&work), Arc::clone(&semaphore));
                running.spawn(async move {
                    let share = if work.is_heavy(node) { permits } else { 1 };
                    let result = match semaphore.acquire_many(share).await {
                        Ok(_permit) => work.execute(node).await,
                        Err(closed) => Err(Error::failed(codes::NODE_FAILED, closed.to_string())),
                    };
                    (node, result)
                });
            }
        }
        let joined = tokio::select! {
            joined = running.join_next() => joined,
            kind = stopped(&mut stop) => {
                running.shutdown().await;
                return Err(interrupted(kind));
            }
        };
        let Some(joined) = joined else { break };
        let (node, result) = joined.map_err(|panic| {
            Error::failed(codes::NODE_FAILED, format!("a worker stopped: {panic}"))
        })?;
        let how = result.map_or_else(Ended::Failed, |()| Ended::Done);
        stopped_early |= fail_fast && how != Ended::Done;
        for waits in &mut waiting_for {
            waits.remove(&node);
        }
        work.ended(node, &how);
        ended[node] = Some(how);
    }
    Ok(ended.into_iter().map(|how| how.unwrap_or(Ended::Skipped)).collect())
}

/// Ends when a stop is asked for.
pub(crate) async fn stopped(stop: &mut watch::Receiver<Option<Kind>>) -> Kind {
    loop {
        if let Some(kind) = *stop.borrow_and_update() {
            return kind;
        }
        if stop.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The errors of all nodes that failed, with the kind of the first.
pub(crate) fn first_failure(ended: &[Ended]) -> Result<()> {
    let mut failures = ended.iter().filter_map(|how| match how {
        Ended::Failed(error) => Some(error),
        _ => None,
    });
    let Some(first) = failures.next() else { return Ok(()) };
    let mut all = first.clone();
    for other in failures {
        all.diagnostics.extend(other.diagnostics.iter().cloned());
    }
    Err(all)
}

/// The error of a run that a signal ended before it published anything.
pub(crate) fn interrupted(kind: Kind) -> Error {
    Error::new(
        kind,
        Diagnostic::error(codes::INTERRUPTED, "the run was stopped; nothing was published")
            .hint("`journeymart retry` goes on from here"),
    )
}

/// The error of a run that a signal ended while the files of the marts followed its commit.
pub(crate) fn interrupted_after(kind: Kind, commit: u64) -> Error {
    let message = format!("the run was stopped when commit {commit} was published");
    let hint = "the next run, rollback or vacuum brings the files of the marts up to it";
    Error::new(kind, Diagnostic::error(codes::INTERRUPTED, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use parking_lot::Mutex;

    use super::*;

    #[derive(Default)]
    struct Recorder {
        heavy: BTreeSet<usize>,
        failing: BTreeSet<usize>,
        running: AtomicUsize,
        most_beside_heavy: AtomicUsize,
        order: Mutex<Vec<usize>>,
    }

    impl Work for Recorder {
        fn is_heavy(&self, node: usize) -> bool {
            self.heavy.contains(&node)
        }

        async fn execute(self: Arc<Self>, node: usize) -> Result<()> {
            let beside = self.running.fetch_add(1, Ordering::SeqCst);
            if self.heavy.contains(&node) {
                self.most_beside_heavy.fetch_max(beside, Ordering::SeqCst);
            }
            tokio::task::yield_now().await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            if self.failing.contains(&node) {
                return Err(Error::failed(codes::NODE_FAILED, "no"));
            }
            Ok(())
        }

        fn ended(&self, node: usize, _: &Ended) {
            self.order.lock().push(node);
        }
    }

    /// 0 and 1 are roots, 2 reads both, 3 reads 2, 4 reads 1.
    fn diamond() -> Vec<BTreeSet<usize>> {
        vec![[].into(), [].into(), [0, 1].into(), [2].into(), [1].into()]
    }

    fn never() -> watch::Receiver<Option<Kind>> {
        watch::channel(None).1
    }

    #[tokio::test]
    async fn inputs_come_first() {
        let recorder = Arc::new(Recorder { heavy: [0, 3].into(), ..Recorder::default() });
        let ended = run(Arc::clone(&recorder), &diamond(), 4, false, never()).await.unwrap();
        assert!(ended.iter().all(|how| *how == Ended::Done));
        let order = recorder.order.lock().clone();
        let at = |node| order.iter().position(|found| *found == node).unwrap();
        assert!(at(0) < at(2) && at(1) < at(2) && at(2) < at(3) && at(1) < at(4));
        assert_eq!(recorder.most_beside_heavy.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_failure_skips_only_what_depends_on_it() {
        let recorder = Arc::new(Recorder { failing: [0].into(), ..Recorder::default() });
        let ended = run(recorder, &diamond(), 1, false, never()).await.unwrap();
        assert!(matches!(ended[0], Ended::Failed(_)));
        assert_eq!(ended[1], Ended::Done);
        assert_eq!(ended[2..4], [Ended::Skipped, Ended::Skipped]);
        assert_eq!(ended[4], Ended::Done);
    }

    #[tokio::test]
    async fn fail_fast_starts_nothing_more() {
        let recorder = Arc::new(Recorder { failing: [0, 1].into(), ..Recorder::default() });
        let ended = run(recorder, &diamond(), 1, true, never()).await.unwrap();
        assert_eq!(ended[2..], [Ended::Skipped, Ended::Skipped, Ended::Skipped]);
    }

    #[tokio::test]
    async fn a_signal_ends_the_run() {
        let (sender, receiver) = watch::channel(None);
        sender.send(Some(Kind::Terminated)).unwrap();
        let error =
            run(Arc::new(Recorder::default()), &diamond(), 1, false, receiver).await.unwrap_err();
        assert_eq!(error.kind, Kind::Terminated);
    }
}
