//! What a stream of logs says: lines, and words of its own between them, handed on in batches.

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::contact::Answer;
use fluxdeck_model::error::Error;
use fluxdeck_model::state::Reply;

/// Lines of logs handed on at once, and their bytes: what waits to be taken is bounded whatever is written.
pub(super) const BATCH: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;

/// A part of the stream, in its order.
pub(super) enum Piece {
    /// With when it was written.
    Line(Option<Timestamp>, String),
    Note(String),
    Failed(Error),
    Containers(Vec<String>),
}

/// Hands pieces on in batches.
pub(super) async fn hand_on(mut taken: mpsc::Receiver<Piece>, answer: &Answer) {
    let mut lines = Vec::new();
    while let Some(first) = taken.recv().await {
        let (mut next, mut bytes) = (Some(first), 0);
        while let Some(piece) = next {
            let reply = match piece {
                Piece::Line(at, line) => {
                    bytes += line.len();
                    lines.push((at, line));
                    None
                }
                Piece::Note(text) => Some(Reply::Note(text)),
                Piece::Failed(error) => Some(Reply::Failed(error)),
                Piece::Containers(names) => Some(Reply::Containers(names)),
            };
            if let Some(reply) = reply {
                report(&mut lines, answer).await;
                answer.give(reply).await;
            }
            next = if lines.len() < BATCH && bytes < BATCH_BYTES { taken.try_recv().ok() } else { None };
        }
        report(&mut lines, answer).await;
    }
}

/// Sends the lines of a batch, ordered by time if all have one.
async fn report(lines: &mut Vec<(Option<Timestamp>, String)>, answer: &Answer) {
    if lines.is_empty() {
        return;
    }
    if lines.iter().all(|(at, _)| at.is_some()) {
        lines.sort_by_key(|(at, _)| *at);
    }
    answer.give(Reply::Log(lines.drain(..).map(|(_, line)| line).collect())).await;
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
