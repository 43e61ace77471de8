//! What a stream of logs says: lines, and words of its own between them, handed on in batches.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::contact::Answer;
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::controller_log::LogRecord;
use fluxdeck_model::state::Reply;

/// Lines of logs handed on at once, and their bytes: what waits to be taken is bounded whatever is written.
pub(super) const BATCH: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;

/// A part of the stream, in its order.
pub(super) enum Piece {
    Line(Spoken),
    Note(String),
    Failed(Error),
    Containers(Vec<String>),
}

/// A line of one of the logs that are read together.
pub(super) struct Spoken {
    /// When it was written.
    pub at: Option<Timestamp>,
    /// What it begins with where several logs are read: who wrote it.
    pub prefix: Arc<str>,
    pub text: String,
}

/// How a batch of lines is handed on; none where none of them is wanted.
pub(super) type Shape<'a> = &'a (dyn Fn(Vec<Spoken>) -> Option<Reply> + Send + Sync);

/// The lines as they were written.
pub(super) fn plain(lines: Vec<Spoken>) -> Option<Reply> {
    Some(Reply::Log(lines.into_iter().map(|line| format!("{}{}", line.prefix, line.text)).collect()))
}

/// The same as records, each with its time and who wrote it.
pub(super) fn records(lines: Vec<Spoken>) -> Option<Reply> {
    let read = lines.len();
    let record = |line: Spoken| LogRecord { origin: line.prefix.trim_end().into(), ..LogRecord::plain(line.text, line.at) };
    Some(Reply::Records(lines.into_iter().map(record).collect(), read))
}

/// Hands pieces on in batches, of a shape.
pub(super) async fn hand_on(mut taken: mpsc::Receiver<Piece>, answer: &Answer, shape: Shape<'_>) {
    let mut lines = Vec::new();
    while let Some(first) = taken.recv().await {
        let (mut next, mut bytes) = (Some(first), 0);
        while let Some(piece) = next {
            let reply = match piece {
                Piece::Line(line) => {
                    bytes += line.text.len();
                    lines.push(line);
                    None
                }
                Piece::Note(text) => Some(Reply::Note(text)),
                Piece::Failed(error) => Some(Reply::Failed(error)),
                Piece::Containers(names) => Some(Reply::Containers(names)),
            };
            if let Some(reply) = reply {
                report(&mut lines, answer, shape).await;
                answer.give(reply).await;
            }
            next = if lines.len() < BATCH && bytes < BATCH_BYTES { taken.try_recv().ok() } else { None };
        }
        report(&mut lines, answer, shape).await;
    }
}

/// Sends the lines of a batch, ordered by time if all have one.
async fn report(lines: &mut Vec<Spoken>, answer: &Answer, shape: Shape<'_>) {
    if lines.is_empty() {
        return;
    }
    if lines.iter().all(|line| line.at.is_some()) {
        lines.sort_by_key(|line| line.at);
    }
    if let Some(reply) = shape(std::mem::take(lines)) {
        answer.give(reply).await;
    }
}

/// What a stream says of itself between its lines, each thing once until there are lines again.
pub(super) struct Voice {
    pub who: String,
    /// It is the only stream of the view: what is wrong with it is wrong with the view.
    pub is_alone: bool,
    pub pieces: mpsc::Sender<Piece>,
    pub said: Option<String>,
}

impl Voice {
    pub async fn send(&self, piece: Piece) {
        // nobody listens when the view is gone
        let _ = self.pieces.send(piece).await;
    }

    pub async fn say(&mut self, what: &str) {
        if self.said.as_deref() != Some(what) {
            self.said = Some(what.to_owned());
            self.send(Piece::Note(format!("{}: {what}", self.who))).await;
        }
    }

    pub async fn complain(&mut self, error: Error) {
        let what = error.to_string();
        if !self.is_alone {
            self.say(&what).await;
        } else if self.said.as_ref() != Some(&what) {
            self.said = Some(what);
            self.send(Piece::Failed(error)).await;
        }
    }
}
