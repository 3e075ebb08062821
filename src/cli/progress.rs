/*!
Progress of a run on standard error: bars on a terminal, a line per step where someone asked for it.
*/

use std::{collections::BTreeMap, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use super::printer::Printer;
use crate::{
    error::Diagnostic,
    run::{
        artifacts::{NodeResult, NodeStatus},
        observer::Observer,
    },
};

/// Draws what a run tells.
pub(crate) struct Progress {
    printer: Printer,
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Progress {
    pub(crate) fn new(printer: &Printer) -> Self {
        let bars = printer.shows_progress().then(|| {
            let all = MultiProgress::new();
            let total = all.add(
                ProgressBar::new(0).with_style(style("{bar:30} {pos}/{len} steps, {elapsed}")),
            );
            Bars { all, total, running: Mutex::default() }
        });
        Self { printer: printer.clone(), bars }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Observer for Progress {
    fn planned(&self, steps: usize) {
        if let Some(bars) = &self.bars {
            bars.total.set_length(steps as u64);
        }
    }

    fn started(&self, name: &str) {
        if let Some(bars) = &self.bars {
            let bar = bars.all.insert_before(
                &bars.total,
                ProgressBar::new_spinner().with_style(style("{spinner} {msg} {elapsed}")),
            );
            bar.set_message(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bars.running.lock().insert(name.to_owned(), bar);
        }
        self.printer.detail(&format!("{name}: started"));
    }

    fn ended(&self, result: &NodeResult) {
        if let Some(bars) = &self.bars {
            if let Some(bar) = bars.running.lock().remove(&result.name) {
                bar.finish_and_clear();
            }
            bars.total.inc(1);
            if bars.total.length() == Some(bars.total.position()) {
                bars.total.finish_and_clear();
            }
        }
        let status = match result.status {
            NodeStatus::Success => "done",
            NodeStatus::Reused => "reused",
            NodeStatus::Error => "failed",
            NodeStatus::Skipped => "skipped",
            NodeStatus::Pending | NodeStatus::Running => "running",
        };
        let rows = result.rows.map(|rows| format!(", {rows} rows")).unwrap_or_default();
        let seconds = result.seconds.map(|seconds| format!(", {seconds:.2} s")).unwrap_or_default();
        self.printer.detail(&format!("{}: {status}{rows}{seconds}", result.name));
    }

    fn warned(&self, warning: &Diagnostic) {
        let show = || self.printer.diagnostics(std::slice::from_ref(warning));
        match &self.bars {
            Some(bars) => bars.all.suspend(show),
            None => show(),
        }
    }

    fn noted(&self, message: &str) {
        let show = || self.printer.note(message);
        match &self.bars {
            Some(bars) => bars.all.suspend(show),
            None => show(),
        }
    }
}
