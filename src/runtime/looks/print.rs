//! A kind's table for a view: listed, and watched from there on, in each of the namespaces that are looked at. What cannot be watched is
//! listed again and again.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::{BoxStream, once, select_all};

use super::contact::{Asking, LAST_PAUSE, Left, Patience, Refusal, hinted};
use crate::cluster::{Connection, Failure, Served, TableEvent, Tables};
use fluxdeck_model::domain::{ClusterId, Printed, PrintedChange, PrintedNews, PrintedQuery, Str};
use fluxdeck_model::state::Reply;

/// Rows that are read at most: more than anybody looks through, and little memory.
const MOST: usize = 50_000;
/// How often what is not watched is listed again.
const RELIST: Duration = Duration::from_secs(10);
/// How long a watch lasts, in seconds: as those of what is followed.
const LASTS: u32 = 290;
/// The soonest that a list follows another because a watch has ended.
const APART: Duration = Duration::from_secs(5);
/// Namespaces looked into where a kind may not be listed everywhere, as in what is followed.
const MOST_NAMESPACES: usize = 100;
/// Watches of one table: each is a connection of its own.
const MOST_WATCHES: usize = 10;
/// Events that are handed on at once.
const BATCH: usize = 256;

/// What is printed.
pub(super) struct Print {
    pub cluster: ClusterId,
    pub query: PrintedQuery,
    /// Of one request.
    pub limit: Duration,
}

/// Where a list has ended, for a watch to go on.
struct Listed {
    tables: Tables,
    version: String,
}

impl Print {
    /// Prints until the view is gone, through whichever connection stands. Each failure is reported with the time of the next attempt.
    pub async fn follow(&self, asking: &mut Asking) -> Result<(), Left> {
        let mut patience = Patience::new(LAST_PAUSE);
        loop {
            let live = asking.contact.stands().await?;
            let mut has_answered = false;
            let ended = {
                let Asking { contact, answer } = &mut *asking;
                let run = self.over(&live, |news| {
                    has_answered = true;
                    answer.give(Reply::Printed(Box::new(news)))
                });
                contact.unless_replaced(run).await?
            };
            let Some(failure) = ended else { continue };
            if has_answered {
                patience.reset();
            }
            let refusal = Refusal::from(failure);
            let Some(pause) = patience.pause(refusal.again) else {
                asking.answer.give(Reply::Failed(refusal.error)).await;
                asking.contact.replaced().await?;
                continue;
            };
            let why = hinted(&refusal.error, &format!("trying again in {} s", pause.as_secs()));
            asking.answer.give(Reply::Failed(why)).await;
            asking.contact.rest(pause).await?;
        }
    }

    /// Lists and watches over one connection, until something fails: what that is.
    async fn over<F: Future<Output = ()>>(&self, live: &Connection, mut report: impl FnMut(PrintedNews) -> F) -> Failure {
        let Some(served) = live.served(&self.query.gk).cloned() else {
            return Failure::NotFound(format!("the cluster does not serve {}", self.query.gk));
        };
        let mut is_watched = served.watchable;
        loop {
            let began = tokio::time::Instant::now();
            let (mut printed, listed) = match self.list(live, &served).await {
                Ok(listed) => listed,
                Err(failure) => return failure,
            };
            is_watched &= listed.len() <= MOST_WATCHES && listed.iter().all(|listed| !listed.version.is_empty());
            printed.every = (!is_watched).then_some(RELIST.as_secs());
            report(PrintedNews::All(printed)).await;
            if !is_watched {
                tokio::time::sleep(RELIST).await;
                continue;
            }
            match watch(listed, &mut report).await {
                Failure::Gone => tokio::time::sleep_until(began + APART).await,
                // what may be listed may not be watched: it is listed again instead
                Failure::Forbidden(_) => is_watched = false,
                failure => return failure,
            }
        }
    }

    /// Lists everywhere, or in the namespaces that are asked for; where it may not be listed everywhere, in those that are known. Refused
    /// where all of that is.
    async fn list(&self, live: &Connection, served: &Served) -> Result<(Printed, Vec<Listed>), Failure> {
        let names = self.query.namespaces.as_ref().filter(|_| served.namespaced);
        let known: Vec<_> = self.query.known.iter().take(MOST_NAMESPACES).map(|name| Some(&**name)).collect();
        match names {
            Some(names) => self.list_in(live, served, &names.iter().map(|name| Some(&**name)).collect::<Vec<_>>()).await,
            None => match self.list_in(live, served, &[None]).await {
                Err(Failure::Forbidden(why)) if served.namespaced && !known.is_empty() => {
                    let (mut printed, listed) = self.list_in(live, served, &known).await.map_err(|failure| match failure {
                        Failure::Forbidden(_) => Failure::Forbidden(why),
                        other => other,
                    })?;
                    printed.refused.insert(0, "".into());
                    Ok((printed, listed))
                }
                listed => listed,
            },
        }
    }

    async fn list_in(
        &self,
        live: &Connection,
        served: &Served,
        places: &[Option<&str>],
    ) -> Result<(Printed, Vec<Listed>), Failure> {
        let (mut printed, mut listed, mut refusal) = (Printed::default(), Vec::new(), None);
        for namespace in places {
            let tables = Tables::new(live, served, (self.cluster, self.query.gk.clone()), *namespace, self.limit);
            let tables = match &self.query.about {
                Some(object) => tables.about(object),
                None => tables,
            };
            match pages(&tables, &mut printed).await {
                Ok(version) => listed.push(Listed { tables, version }),
                Err(failure @ Failure::Forbidden(_)) => {
                    printed.refused.extend(namespace.map(Str::from));
                    refusal = Some(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        match refusal.filter(|_| listed.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok((printed, listed)),
        }
    }
}

/// Adds all pages of a table. Returns where a watch may start; nothing where none can keep it up.
async fn pages(tables: &Tables, printed: &mut Printed) -> Result<String, Failure> {
    let mut start = String::new();
    loop {
        let page = tables.page(&start).await?;
        printed.rows.extend(page.rows);
        if !page.columns.is_empty() {
            printed.columns = page.columns;
        }
        printed.is_cut |= printed.rows.len() >= MOST && !page.next.is_empty();
        if page.next.is_empty() || page.next == start || printed.is_cut {
            // a plain list says nothing by which a table could be kept up
            return Ok(if page.is_table { page.version } else { String::new() });
        }
        start = page.next;
    }
}

/// Hands on what happens, until a watch ends: why. A watch that has lived its time has not failed: it is listed again.
async fn watch<F: Future<Output = ()>>(listed: Vec<Listed>, report: &mut impl FnMut(PrintedNews) -> F) -> Failure {
    let mut streams: Vec<BoxStream<'static, Result<TableEvent, Failure>>> = Vec::new();
    for Listed { tables, version } in listed {
        match tables.watch(&version, LASTS).await {
            Ok(events) => streams.push(events.chain(once(async { Err(Failure::Gone) })).boxed()),
            Err(failure) => return failure,
        }
    }
    let mut batches = select_all(streams).ready_chunks(BATCH);
    while let Some(batch) = batches.next().await {
        let (mut changes, mut ended) = (Vec::new(), None);
        for event in batch {
            match event {
                Ok(TableEvent::There(rows)) => changes.extend(rows.into_iter().map(PrintedChange::Row)),
                Ok(TableEvent::Gone(rows)) => changes.extend(rows.into_iter().map(|row| PrintedChange::Gone(row.key))),
                Err(failure) => ended = Some(failure),
            }
        }
        if !changes.is_empty() {
            report(PrintedNews::Changed(changes)).await;
        }
        if let Some(failure) = ended {
            return failure;
        }
    }
    Failure::Gone
}
