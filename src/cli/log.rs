//! The log of the program, for those who look for a fault in it.

use crate::config::Places;
use fluxdeck_model::domain::text::{redact, sanitise_line};

/// Logs go to a file in the state directory, by FLUXDECK_LOG (`info`, `debug` …); never to the screen. The guard writes the rest when it is dropped.
pub(super) fn to_file(places: Option<&Places>) -> Option<tracing_appender::non_blocking::WorkerGuard> {
    let filter = std::env::var("FLUXDECK_LOG").ok().filter(|level| !level.is_empty())?;
    let dir = &places?.state;
    crate::files::REAL.make_dir(dir).ok()?;
    let (writer, guard) = tracing_appender::non_blocking(tracing_appender::rolling::daily(dir, "fluxdeck.log"));
    let filter = tracing_subscriber::EnvFilter::try_new(filter).ok()?;
    let writer = move || Clean(writer.clone());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).try_init().ok()?;
    Some(guard)
}

/// A log without credentials and escape sequences: libraries log the addresses that they connect to. Takes one event at a time, as
/// tracing-subscriber writes them.
struct Clean<W>(W);

impl<W: std::io::Write> std::io::Write for Clean<W> {
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let clean = sanitise_line(&redact(text.trim_end_matches('\n'))).into_owned() + "\n";
        self.0.write_all(clean.as_bytes()).map(|()| event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::Clean;

    #[test]
    fn the_log_holds_no_credential_and_an_event_stays_a_line() {
        let mut clean = Clean(Vec::new());
        clean.write_all(b"DEBUG requesting url=https://me:hunter2@10.0.0.1/api \x1b[2J\nforged\n").expect("written");

        assert_eq!(clean.0, "DEBUG requesting url=https://***@10.0.0.1/api \u{fffd}[2J\u{fffd}forged\n".as_bytes());
    }
}
