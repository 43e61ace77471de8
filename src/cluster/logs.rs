//! Logs of pods: which containers a pod has and how they are, the log of one of them, and its lines.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures::{AsyncBufRead, AsyncBufReadExt, TryStreamExt};
use http_body_util::BodyExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as Spec, ContainerState as Reported, ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::connection::Connection;
use super::failure::Failure;
use super::look::{get, request};
use super::send::{in_time, send};
use super::served::escape;
use fluxdeck_model::domain::text::{sanitise, sanitise_line};

/// One container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    pub state: ContainerState,
    /// There was an instance before the present one whose log may be read.
    pub has_previous: bool,
}

/// How a container is, as far as its log goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// It has not started, or not again, and why.
    Waits(String),
    /// Since when; none if that is not reported.
    Runs(Option<Timestamp>),
    /// It has ended, and how; it starts again.
    Restarts(String),
    /// It has ended, and how; nothing starts it again.
    Ended(String),
}

/// Returns a pod's containers, init containers first.
///
/// # Errors
/// As for any request.
pub async fn containers(connection: &Connection, namespace: &str, pod: &str, limit: Duration) -> Result<Vec<Container>, Failure> {
    get::<Pod>(&connection.client, &path(namespace, pod), limit).await.map(|pod| read(&pod))
}

fn path(namespace: &str, pod: &str) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", escape(namespace), escape(pod))
}

fn read(pod: &Pod) -> Vec<Container> {
    let (spec, status) = (pod.spec.as_ref(), pod.status.as_ref());
    // what is deleted or over starts nothing again
    let is_over = pod.metadata.deletion_timestamp.is_some()
        || status.and_then(|status| status.phase.as_deref()).is_some_and(|phase| matches!(phase, "Succeeded" | "Failed"));
    let policy = spec.and_then(|spec| spec.restart_policy.as_deref()).unwrap_or("Always");
    let of = |containers: Option<&Vec<Spec>>, statuses: Option<&Vec<ContainerStatus>>, is_init: bool| {
        let container = |spec: &Spec| {
            let status = statuses.into_iter().flatten().find(|status| status.name == spec.name);
            let restarts = |code| !is_over && restarts(policy, spec.restart_policy.as_deref(), is_init, code);
            Container {
                name: sanitise(&spec.name).into_owned(),
                state: state(status.and_then(|status| status.state.as_ref()), restarts),
                has_previous: status.and_then(|status| status.last_state.as_ref()).is_some_and(|last| last.terminated.is_some()),
            }
        };
        containers.into_iter().flatten().map(container).collect::<Vec<_>>()
    };
    let mut found = of(
        spec.and_then(|spec| spec.init_containers.as_ref()),
        status.and_then(|status| status.init_container_statuses.as_ref()),
        true,
    );
    found.extend(of(spec.map(|spec| &spec.containers), status.and_then(|status| status.container_statuses.as_ref()), false));
    found
}

/// Whether a container that ended with that code is started again (Kubernetes' "Pod Lifecycle": the container's own policy, which makes a
/// sidecar of an init container, before the pod's; an init container that succeeded is over).
fn restarts(pod: &str, own: Option<&str>, is_init: bool, code: i32) -> bool {
    match own.unwrap_or(pod) {
        "Never" => false,
        "Always" if own.is_some() || !is_init => true,
        _ => code != 0,
    }
}

fn state(reported: Option<&Reported>, restarts: impl Fn(i32) -> bool) -> ContainerState {
    let moment = |time: &Time| time.0.to_string().parse::<Timestamp>().ok();
    match reported {
        Some(Reported { terminated: Some(ended), .. }) => {
            let reason = ended.reason.as_deref().filter(|reason| !reason.is_empty());
            let reason = reason.map_or_else(String::new, |reason| format!("{}, ", sanitise(reason)));
            let how = format!("{reason}exit code {}", ended.exit_code);
            if restarts(ended.exit_code) { ContainerState::Restarts(how) } else { ContainerState::Ended(how) }
        }
        Some(Reported { running: Some(running), .. }) => ContainerState::Runs(running.started_at.as_ref().and_then(moment)),
        reported => {
            let reason = reported.and_then(|reported| reported.waiting.as_ref()?.reason.as_deref());
            ContainerState::Waits(sanitise(reason.unwrap_or("not started yet")).into_owned())
        }
    }
}

/// Which log is asked for.
#[derive(Clone, Copy, Debug)]
pub struct LogAsk<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub container: &'a str,
    /// The instance before the present one: it does not go on.
    pub previous: bool,
    /// Also what is written from now on; a previous instance writes nothing.
    pub follows: bool,
    pub start: Start,
}

/// Where a log is read from; by default its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// That second. The API takes whole seconds only (`PodLogOptions.sinceTime`).
    pub since: Option<Timestamp>,
    /// At most so many lines before its end.
    pub tail: Option<u32>,
}

impl Start {
    /// So many lines before the end.
    pub fn tail(lines: u32) -> Self {
        Self { since: None, tail: Some(lines) }
    }
}

/// A log that is read line by line.
pub type Log = Pin<Box<dyn AsyncBufRead + Send>>;

/// Opens the log of one container, each line with its time; followed, it goes on until the container ends.
///
/// # Errors
/// As for any request: a container that has not started yet has no log. Also when opening takes longer than `limit`.
pub async fn logs(connection: &Connection, ask: &LogAsk<'_>, limit: Duration) -> Result<Log, Failure> {
    let uri = log_uri(ask);
    let body = in_time(&uri, limit, send(&connection.client, request(&uri)?)).await?.into_body();
    Ok(Box::pin(body.into_data_stream().map_err(io::Error::other).into_async_read()))
}

fn log_uri(ask: &LogAsk) -> String {
    let mut uri = format!("{}/log?container={}&timestamps=true", path(ask.namespace, ask.pod), escape(ask.container));
    if ask.previous {
        uri.push_str("&previous=true");
    } else if ask.follows {
        uri.push_str("&follow=true");
    }
    if let Some(at) = ask.start.since {
        let second = Timestamp::from_second(at.as_second()).unwrap_or(at);
        uri.push_str(&format!("&sinceTime={}", escape(&second.to_string())));
    }
    if let Some(lines) = ask.start.tail {
        uri.push_str(&format!("&tailLines={lines}"));
    }
    uri
}

/// Longest line kept, in bytes: the rest of a longer one is dropped. The runtime's own lines are as long (CRI `maxLineSize`).
pub const LONGEST_LINE: usize = 16 * 1024;

/// One line of a log, fit for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    /// When it was written; none where the server has not said.
    pub at: Option<Timestamp>,
    /// With the time as the server wrote it.
    whole: String,
    /// Where the container's own text begins.
    from: usize,
}

impl Line {
    fn read(bytes: &[u8], is_cut: bool) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end();
        let stamp = text.split(' ').next().unwrap_or_default();
        let at = stamp.parse::<Timestamp>().ok();
        let mut whole = sanitise_line(text).into_owned();
        let from = if at.is_some() { (stamp.len() + 1).min(whole.len()) } else { 0 };
        if is_cut {
            whole.push('…');
        }
        Self { at, whole, from }
    }

    /// What the container wrote, with or without its time.
    pub fn text(&self, with_time: bool) -> &str {
        if with_time { &self.whole } else { &self.whole[self.from..] }
    }
}

/// Reads lines, and holds no more than [`LONGEST_LINE`] bytes of one.
pub struct Lines<R> {
    log: R,
    line: Vec<u8>,
    /// The line was cut and returned: the rest of it is dropped.
    is_skipping: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub fn new(log: R) -> Self {
        Self { log, line: Vec::new(), is_skipping: false }
    }

    /// Waits for the next line; none at the end that the server sends. Safe to drop in between.
    ///
    /// # Errors
    /// The connection broke. What was there of a line is dropped: who reads the log again gets all of it.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let chunk = self.log.fill_buf().await?;
            if chunk.is_empty() {
                let last = std::mem::take(&mut self.line);
                return Ok((!last.is_empty()).then(|| Line::read(&last, false)));
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let was_skipping = self.is_skipping;
            let mut is_cut = false;
            if !was_skipping {
                let kept = part.len().min(LONGEST_LINE - self.line.len());
                is_cut = kept < part.len();
                self.line.extend_from_slice(&part[..kept]);
            }
            let used = part.len() + usize::from(end.is_some());
            self.log.consume_unpin(used);
            self.is_skipping = end.is_none() && (was_skipping || is_cut);
            if !was_skipping && (is_cut || end.is_some()) {
                let line = Line::read(&self.line, is_cut);
                self.line.clear();
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/logs.rs"]
mod tests;
