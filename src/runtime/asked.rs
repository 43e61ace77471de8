//! What views ask of changes and pull requests: tasks that end with the view, and what is sent although it closes.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use futures::StreamExt as _;
use jiff::Timestamp;

use super::{Answered, Origin, Runtime, looks};
use crate::cluster::Connection;
use crate::files::Disk;
use crate::records;
use fluxdeck_model::change::{ChangeOrder, OpenedFile, Opening, PullPlace};
use fluxdeck_model::domain::ClusterId;
use fluxdeck_model::domain::published::Offered;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::playbooks;
use fluxdeck_model::state::pulls::PullRemark;
use fluxdeck_model::state::{ChangeQuery, Manuscript, Message, Reply, Terminal, Ticket};

impl Runtime {
    /// Plans a change for a view, then asks others about it: a task that ends with the view.
    pub(super) fn propose(&mut self, ticket: Ticket, query: ChangeQuery, is_readonly: bool, context: String) -> Option<Terminal> {
        let changes = self.changes.clone();
        self.about(ticket, query, move |live, query, answer| async move {
            match changes.propose(live.as_ref(), query, is_readonly, &context).await {
                Err(error) => answer.give(Reply::Failed(error)).await,
                Ok((proposed, asking)) => {
                    answer.give(Reply::Proposed(Box::new(proposed))).await;
                    let mut answers = pin!(changes.ask(live.as_ref(), &asking));
                    while let Some(answered) = answers.next().await {
                        let reply = match answered {
                            Answered::Check(check) => Reply::Checked(check),
                            Answered::Rendered(rendered) => Reply::Rendered(rendered),
                            Answered::Competing(pulls) => Reply::Competing(pulls),
                        };
                        answer.give(reply).await;
                    }
                }
            }
        })
    }

    /// Reads a pull request for a view: a task that ends with it.
    pub(super) fn read_pull(&mut self, ticket: Ticket, cluster: ClusterId, place: PullPlace) -> Option<Terminal> {
        let (changes, inbox) = (self.changes.clone(), self.inbox.clone());
        let live = self.session(cluster).map(|session| session.live.clone());
        self.looks.about(ticket, cluster, live, inbox, move |live, answer| async move {
            let read = changes.review_pull(live.as_ref(), cluster, place).await;
            answer.give(read.map_or_else(Reply::Failed, |review| Reply::Pull(Box::new(review)))).await;
        });
        None
    }

    /// Sends a comment or an approval: a task that no view can end.
    pub(super) fn remark(&mut self, at: Timestamp, remark: PullRemark) -> Option<Terminal> {
        let (changes, inbox) = (self.changes.clone(), self.inbox.clone());
        let unsent = {
            let remark = remark.clone();
            move |error: &Error| Some(Message::Remarked(at, Box::new(remark), Err(error.clone())))
        };
        self.errand("sending to the forge", unsent, async move {
            let answer = changes.remark(&remark).await;
            let _ = inbox.send(Message::Remarked(at, Box::new(remark), answer)).await;
        });
        None
    }

    /// Asks a catalogue what it has, for a view.
    pub(super) fn look_up(&mut self, ticket: Ticket, cluster: ClusterId, offered: Offered) -> Option<Terminal> {
        let live = self.session(cluster).map(|session| session.live.clone());
        let (offers, limit) = (self.changes.offers().clone(), self.options.request_timeout);
        self.looks.about(ticket, cluster, live, self.inbox.clone(), move |live, answer| async move {
            let found = offers.offered(live.as_ref(), &offered, limit).await;
            answer.give(found.map_or_else(Reply::Failed, Reply::Published)).await;
        });
        None
    }

    pub(super) fn manuscript(&mut self, ticket: Ticket, query: ChangeQuery) -> Option<Terminal> {
        let (changes, disk, dir) = (self.changes.clone(), self.options.disk.clone(), self.sheets());
        self.about(ticket, query, |live, query, answer| async move {
            let name = query.object.as_ref().map(ToString::to_string).unwrap_or_default();
            let is_file = playbooks::find(&query.order.playbook) == Some(playbooks::file_editor());
            let written = async {
                if is_file {
                    let (opening, order) = changes.opening(live.as_ref(), query).await?;
                    return opened(opening, order, &name, disk, dir).await;
                }
                let (text, line, order) = changes.manuscript(live.as_ref(), query).await?;
                let path = put(disk, dir, format!("{name}.yaml"), text.clone()).await?;
                Ok(Reply::Manuscript(Box::new(Manuscript { text, path, line, order })))
            };
            answer.give(written.await.unwrap_or_else(Reply::Failed)).await;
        })
    }

    pub(super) fn versions(&mut self, ticket: Ticket, query: ChangeQuery) -> Option<Terminal> {
        let changes = self.changes.clone();
        self.about(ticket, query, |live, query, answer| async move {
            let found = changes.versions(live.as_ref(), query).await;
            answer.give(found.map_or_else(Reply::Failed, |versions| Reply::Versions(Arc::new(versions)))).await;
        })
    }

    /// Where texts are written down for the editor; none where nothing is kept.
    fn sheets(&self) -> Option<PathBuf> {
        match &self.options.origin {
            // it leaves nothing behind
            Origin::Demo(guest) => guest.company.folder().ok(),
            _ => self.options.state_dir.clone(),
        }
    }

    /// Writes a text down for the editor.
    pub(super) fn write_down(&mut self, ticket: Ticket, name: String, text: String) -> Option<Terminal> {
        let (disk, dir, inbox) = (self.options.disk.clone(), self.sheets(), self.inbox.clone());
        self.errand("writing the text down", failed(ticket), async move {
            let reply = put(disk, dir, name, text).await.map_or_else(Reply::Failed, Reply::Written);
            let _ = inbox.send(Message::Reply(ticket, reply)).await;
        });
        None
    }

    /// The editor is through with a file: hands its text to the view that waits for it.
    pub fn edited(&mut self, ticket: Ticket, path: String) {
        let (disk, inbox) = (self.options.disk.clone(), self.inbox.clone());
        self.errand("reading the text", failed(ticket), async move {
            let at = std::path::PathBuf::from(&path);
            let read = tokio::task::spawn_blocking(move || records::manuscripts::read(&*disk, &at)).await;
            let reply = match read.map_err(std::io::Error::other).flatten() {
                Ok(text) => Reply::Edited(text),
                Err(error) => Reply::Failed(Error::failed(format!("{path} cannot be read: {error}"), "")),
            };
            let _ = inbox.send(Message::Reply(ticket, reply)).await;
        });
    }

    /// Answers what a view asks of a change.
    fn about<F: Future<Output = ()> + Send>(
        &mut self,
        ticket: Ticket,
        query: ChangeQuery,
        work: impl FnOnce(Option<Connection>, ChangeQuery, looks::Answer) -> F + Send + 'static,
    ) -> Option<Terminal> {
        let cluster = query.object.as_ref().map(|object| object.cluster);
        let live = cluster.and_then(|cluster| self.session(cluster)).map(|session| session.live.clone());
        let inbox = self.inbox.clone();
        self.looks.about(ticket, cluster.unwrap_or_default(), live, inbox, |live, answer| work(live, query, answer));
        None
    }
}

/// The answer of a task that broke to the view that waits for it.
fn failed(ticket: Ticket) -> impl FnOnce(&Error) -> Option<Message> + Send + 'static {
    move |error| Some(Message::Reply(ticket, Reply::Failed(error.clone())))
}

/// Writes an opened file down, with what was typed into it before; or says which there are.
async fn opened(opening: Opening, order: ChangeOrder, object: &str, disk: Arc<dyn Disk>, dir: Option<PathBuf>) -> Result<Reply> {
    let OpenedFile { at, text } = match opening {
        Opening::File(file) => file,
        Opening::Several(choices) => return Ok(Reply::Files(choices)),
    };
    let begun = order.by_hand.as_ref().map_or_else(|| text.clone(), |edit| edit.merged(&text).0);
    let path = put(disk, dir, format!("{object} {}", at.file), begun).await?;
    Ok(Reply::Manuscript(Box::new(Manuscript { text, path, line: at.line, order })))
}

/// Writes a text under a name. Returns the file.
async fn put(disk: Arc<dyn Disk>, dir: Option<PathBuf>, name: String, text: String) -> Result<String> {
    let failed = |why: String| Error::failed(format!("the text cannot be written down for the editor: {why}"), "");
    let dir = dir.ok_or_else(|| failed("nothing is kept by this run".to_owned()))?;
    let put = tokio::task::spawn_blocking(move || records::manuscripts::put(&*disk, &dir, &name, &text)).await;
    let path = put.map_err(std::io::Error::other).flatten().map_err(|error| failed(error.to_string()))?;
    Ok(path.to_string_lossy().into_owned())
}
