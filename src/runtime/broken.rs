//! Tasks that break: a fault in one is an answer to who waits for it and a notice to the user, never the end of the program, and never
//! silence. What it was is in the log, by the panic hook.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tokio::sync::mpsc;

use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Intent, Message};

/// Does something to its end.
///
/// # Errors
/// It broke: `what`, in words.
pub(super) async fn caught<T>(what: &str, work: impl Future<Output = T>) -> Result<T, Error> {
    // nothing of what broke is used afterwards
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.map_err(|_| Error::failed(format!("{what} broke down"), "this is a fault of fluxdeck: the log says more"))
}

/// Does something for the engine. Where it breaks, who waits for it gets its answer, and the user a notice.
pub(super) async fn noticed(
    what: &str,
    inbox: mpsc::Sender<Message>,
    answer: impl FnOnce(&Error) -> Option<Message> + Send,
    work: impl Future<Output = ()> + Send,
) {
    let Err(error) = caught(what, work).await else { return };
    for message in answer(&error).into_iter().chain([Message::Do(Intent::Complain(error))]) {
        // nobody listens when the program leaves
        let _ = inbox.send(message).await;
    }
}

#[cfg(test)]
#[path = "tests/broken.rs"]
mod tests;
