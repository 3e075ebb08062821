/*!
Standard output for results, standard error for everything else. The only place that prints.
*/

use std::io::{IsTerminal, Write, stderr, stdout};

use serde::Serialize;

use super::{
    args::{GlobalArgs, LogFormat, Output},
    render,
};
use crate::error::{Diagnostic, Error, Result, codes};

#[derive(Debug, Clone)]
pub(crate) struct Printer {
    output: Output,
    log_format: LogFormat,
    quiet: bool,
    verbose: bool,
    colored: bool,
}

impl Printer {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let plain = global.no_color
            || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || !stderr().is_terminal();
        Self {
            output: global.output,
            log_format: global.log_format,
            quiet: global.quiet,
            verbose: global.verbose,
            colored: !plain,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Whether moving progress bars may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && self.log_format == LogFormat::Text && stderr().is_terminal()
    }

    /// A result: JSON if asked for, else the text.
    pub(crate) fn result<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<()> {
        let mut rendered = match self.output {
            Output::Json => serde_json::to_string_pretty(value)
                .map_err(|error| Error::failed(codes::CLI, error.to_string()))?,
            Output::Text => text(value),
        };
        if !rendered.is_empty() && !rendered.ends_with('\n') {
            rendered.push('\n');
        }
        self.text(&rendered)
    }

    /// Text for standard output, as it is. A reader that went away is no failure.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        match stdout().lock().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::failed(codes::CLI, format!("cannot write the result: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// A message for whoever watches.
    pub(crate) fn note(&self, message: &str) {
        if !self.quiet {
            self.log("info", message);
        }
    }

    /// A message for whoever asked for more.
    pub(crate) fn detail(&self, message: &str) {
        if self.verbose {
            self.log("debug", message);
        }
    }

    fn log(&self, level: &str, message: &str) {
        let line = match self.log_format {
            LogFormat::Text => message.to_owned(),
            LogFormat::Json => serde_json::json!({"level": level, "message": message}).to_string(),
        };
        // Nobody is left to tell when standard error is closed.
        drop(writeln!(stderr(), "{line}"));
    }

    pub(crate) fn diagnostics(&self, found: &[Diagnostic]) {
        for diagnostic in found {
            if self.quiet && diagnostic.severity == crate::error::Severity::Warning {
                continue;
            }
            let rendered = match self.log_format {
                LogFormat::Text => render::diagnostic(diagnostic, self.colored) + "\n",
                LogFormat::Json => serde_json::to_string(diagnostic).unwrap_or_default(),
            };
            drop(writeln!(stderr(), "{rendered}"));
        }
    }
}
