//! Writes the log of acts, in the order of what happens: a thread of its own, because a disk may be slow. A request waits until the log
//! knows of it; a program that leaves waits until the log knows how everything stood.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::records::{self, Run};
use fluxdeck_model::state::jobs::Act;

/// How long a disk may hold up a request, or the way out.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Journal {
    acts: mpsc::UnboundedSender<Act>,
    sent: u64,
    written: watch::Receiver<u64>,
}

/// The moment at which everything recorded so far has been written.
pub(super) struct Written {
    until: u64,
    written: watch::Receiver<u64>,
}

impl Journal {
    pub fn open(dir: PathBuf) -> Self {
        let (acts, taken) = mpsc::unbounded_channel();
        let (count, written) = watch::channel(0);
        std::thread::spawn(move || keep(&dir, taken, &count));
        Self { acts, sent: 0, written }
    }

    pub fn record(&mut self, act: Act) {
        // without its thread nothing is counted as written, and whoever waits is let go
        let _ = self.acts.send(act);
        self.sent += 1;
    }

    pub fn written(&self) -> Written {
        Written { until: self.sent, written: self.written.clone() }
    }

    /// Writes what is left, and lets go of the run's lock.
    pub async fn close(self) {
        let Self { acts, mut written, .. } = self;
        drop(acts);
        let ended = async { while written.changed().await.is_ok() {} };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("the log of acts is not written: the disk does not answer");
        }
    }
}

impl Written {
    pub async fn wait(mut self) {
        let until = self.until;
        let waited = tokio::time::timeout(PATIENCE, self.written.wait_for(|written| *written >= until)).await;
        if !matches!(waited, Ok(Ok(_))) {
            tracing::warn!("an act is requested that the log does not know of yet");
        }
    }
}

/// Writes acts down until there will be no more.
fn keep(dir: &Path, mut acts: mpsc::UnboundedReceiver<Act>, count: &watch::Sender<u64>) {
    let run = Run::begin(dir).unwrap_or_else(|error| {
        tracing::warn!(%error, "what is under way cannot be told from what was cut off");
        None
    });
    while let Some(act) = acts.blocking_recv() {
        if let Err(error) = records::record(dir, run.as_ref(), &act) {
            tracing::warn!(%error, "the log of acts cannot be written");
        }
        count.send_modify(|written| *written += 1);
    }
}
