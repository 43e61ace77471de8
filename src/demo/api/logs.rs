//! Logs of pods: lines that a container of that name could have written since it started, the same every time they are asked for.

use bytes::Bytes;
use futures::stream;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::broken::Broken;
use super::{Answer, Asked, Call, Refusal, Reply, Result, is_true};
use crate::demo::controllers::log::ControllerLog;
use crate::demo::faults::End;
use crate::demo::objects::{list, scatter, text};
use crate::demo::world::{Cluster, Mark, World};

/// How often a container writes a line, on average.
const EVERY: i64 = 7;
/// How many lines are kept: older ones are rotated away.
const KEPT: usize = 2000;

const PATHS: &[&str] = &["/", "/healthz", "/cart", "/checkout", "/static/app.js", "/api/items?page=3", "/api/items?page=27"];

/// An open log.
pub(super) struct Log {
    writer: Writer,
    lines: Vec<String>,
    follow: bool,
    timestamps: bool,
    sent: Timestamp,
    mark: Mark,
    path: String,
}

/// What a container writes, and when.
struct Writer {
    /// Distinguishes the lines of containers.
    seed: u64,
    started: Timestamp,
    /// When it ended; none when it runs.
    ended: Option<Timestamp>,
    /// What it wrote when it crashed.
    last: Option<String>,
    /// The controller of Flux that it is.
    component: Option<String>,
}

pub(super) fn open(cluster: &Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let kind = cluster.store.kind(asked.kind);
    let pod = cluster.store.get(&asked.key()).ok_or_else(|| Refusal::not_found(kind, &asked.name))?;
    if cluster.is_recording {
        return Err(Refusal::new(404, "NotFound", format!("the log of {} was not recorded", asked.name)));
    }
    let parameter = |name: &str| call.query.get(name).map(String::as_str).unwrap_or_default();
    let container = chosen(pod, parameter("container"), &asked.name)?;
    let previous = is_true(call.query.get("previous"));
    let writer = Writer::of(pod, &container, previous, &asked.name)?;
    let timestamps = is_true(call.query.get("timestamps"));
    let since = parameter("sinceSeconds").parse().ok().map(SignedDuration::from_secs);
    let from = since.and_then(|since| cluster.now.checked_sub(since).ok()).or_else(|| parameter("sinceTime").parse().ok());
    let mut lines = writer.lines(from, cluster, timestamps);
    if let Ok(tail) = parameter("tailLines").parse::<usize>() {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let follow = is_true(call.query.get("follow")) && !previous && writer.ended.is_none();
    Ok(Reply::Log(Log { writer, lines, follow, timestamps, sent: cluster.now, mark: cluster.mark(), path: call.path.clone() }))
}

/// The container that is meant (kubelet and `pkg/registry/core/pod/strategy.go`).
fn chosen(pod: &Value, wanted: &str, name: &str) -> Result<String> {
    let names =
        |pointer: &str| list(pod, pointer).iter().map(|container| text(container, "/name").to_owned()).collect::<Vec<_>>();
    let (init, main) = (names("/spec/initContainers"), names("/spec/containers"));
    match (main.as_slice(), init.is_empty()) {
        ([only], true) if wanted.is_empty() => Ok(only.clone()),
        _ if wanted.is_empty() => {
            let or =
                if init.is_empty() { String::new() } else { format!(" or one of the init containers: [{}]", init.join(" ")) };
            let main = main.join(" ");
            Err(Refusal::bad(format!("a container name must be specified for pod {name}, choose one of: [{main}]{or}")))
        }
        _ if init.iter().chain(&main).any(|known| known == wanted) => Ok(wanted.to_owned()),
        _ => Err(Refusal::bad(format!("container {wanted} is not valid for pod {name}"))),
    }
}

impl Writer {
    fn of(pod: &Value, container: &str, previous: bool, name: &str) -> Result<Self> {
        let statuses = list(pod, "/status/containerStatuses").iter().chain(list(pod, "/status/initContainerStatuses"));
        let status = statuses.into_iter().find(|status| text(status, "/name") == container).cloned().unwrap_or_default();
        let seed = text(pod, "/metadata/uid").bytes().chain(container.bytes());
        let seed = seed.fold(7, |seed, byte| scatter(seed ^ u64::from(byte)));
        let run = |state: &str| {
            let state = status.pointer(state)?;
            let at = |field: &str| text(state, field).parse::<Timestamp>().ok();
            let (started, code) = (at("/startedAt")?, state["exitCode"].as_i64());
            let ended = at("/finishedAt").or(Some(started)).filter(|_| code.is_some());
            let last = code.filter(|code| *code != 0).map(|_| last_line(text(state, "/message")));
            let labels = &pod["metadata"]["labels"];
            let is_flux = labels["app.kubernetes.io/part-of"] == "flux";
            let component = labels["app.kubernetes.io/component"].as_str().filter(|_| is_flux).map(str::to_owned);
            Some(Self { seed: seed ^ u64::from(last.is_some()), started, ended, last, component })
        };
        let (last, namespace) = (run("/lastState/terminated"), text(pod, "/metadata/namespace"));
        if previous {
            let why =
                format!("previous terminated container \"{container}\" in pod \"{name}\" not found in namespace \"{namespace}\"");
            return last.ok_or_else(|| Refusal::bad(why));
        }
        let waiting = text(&status, "/state/waiting/reason");
        // between two attempts, what the last one wrote is there
        let last = last.filter(|_| waiting == "CrashLoopBackOff");
        let why = match waiting {
            "" => "ContainerCreating",
            "ErrImagePull" | "ImagePullBackOff" => "trying and failing to pull image",
            reason => reason,
        };
        let refused = || Refusal::bad(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {why}"));
        run("/state/running").or_else(|| run("/state/terminated")).or(last).ok_or_else(refused)
    }

    /// The lines written from one moment until now.
    fn lines(&self, from: Option<Timestamp>, cluster: &Cluster, timestamps: bool) -> Vec<String> {
        let until = self.ended.map_or(cluster.now, |ended| ended.min(cluster.now));
        let lines = match &self.component {
            Some(component) => self.of_controller(component, from, until, cluster),
            None => self.of_container(from, until),
        };
        let stamp = |(at, line): (Timestamp, String)| if timestamps { format!("{at} {line}\n") } else { format!("{line}\n") };
        lines.into_iter().map(stamp).collect()
    }

    /// What a controller of Flux has written.
    fn of_controller(
        &self,
        component: &str,
        from: Option<Timestamp>,
        until: Timestamp,
        cluster: &Cluster,
    ) -> Vec<(Timestamp, String)> {
        let from = from.unwrap_or(self.started).max(self.started);
        let first = ControllerLog::start(component, self.started).into_iter().filter(|(at, _)| (from..=until).contains(at));
        // that moment is part of what is asked for
        let after = from.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(from);
        first.chain(cluster.controllers.log.lines(component, after, until)).collect()
    }

    fn of_container(&self, from: Option<Timestamp>, until: Timestamp) -> Vec<(Timestamp, String)> {
        let last = until.duration_since(self.started).as_secs().max(-1) / EVERY;
        let first = from.map_or(0, |from| (from.duration_since(self.started).as_secs() + EVERY - 1).max(0) / EVERY);
        let kept = i64::try_from(KEPT).unwrap_or(i64::MAX);
        let mut lines: Vec<_> = (first.max(last - kept)..=last)
            .filter(|_| until >= self.started)
            .map(|number| {
                let at = self.started.saturating_add(SignedDuration::from_secs(number * EVERY)).unwrap_or(until);
                (at, self.line(number))
            })
            .collect();
        if let Some(last) = self.last.as_ref().filter(|_| until == self.ended.unwrap_or(until)) {
            lines.push((until, last.clone()));
        }
        lines
    }

    fn line(&self, number: i64) -> String {
        if number == 0 && self.ended == Some(self.started) {
            return "level=info msg=starting".to_owned();
        }
        if number == 0 {
            return "level=info msg=listening addr=:8080".to_owned();
        }
        let dice = scatter(self.seed ^ number.unsigned_abs());
        let path = PATHS[(dice % PATHS.len() as u64) as usize];
        let (level, status) = match (dice >> 8) % 40 {
            0 => ("error", 500),
            1 => ("info", 404),
            _ => ("info", 200),
        };
        format!("level={level} method=GET path={path} status={status} ms={}", 4 + (dice >> 16) % 180)
    }
}

/// The last line of a program that crashes: what it left for the kubelet, or else what most of them say.
fn last_line(message: &str) -> String {
    match message.lines().next_back().unwrap_or_default() {
        "" => "level=fatal msg=\"cannot reach the database\" error=\"dial tcp 10.96.0.41:5432: connect: connection refused\""
            .to_owned(),
        said => format!("level=fatal msg=\"{said}\""),
    }
}

impl Log {
    pub fn open(self, world: &World) -> Answer {
        let first: Vec<_> = self.lines.iter().map(String::as_str).collect();
        let first = Bytes::from(first.concat());
        let pulse = world.listen();
        let state = (Some(first), self, world.clone(), pulse);
        let frames = stream::unfold(state, |(mut first, mut log, world, mut pulse)| async move {
            if let Some(first) = first.take() {
                return Some((Ok::<_, Broken>(Frame::data(first)), (None, log, world, pulse)));
            }
            loop {
                if !log.follow || pulse.changed().await.is_err() {
                    return None;
                }
                // a container writes at whole seconds
                let step =
                    if log.writer.component.is_some() { SignedDuration::from_nanos(1) } else { SignedDuration::from_secs(1) };
                let from = log.sent.saturating_add(step).unwrap_or(Timestamp::MAX);
                let (now, end, is_mute, lines) = {
                    let cluster = world.lock();
                    let is_due = cluster.now >= from;
                    let lines =
                        if is_due { log.writer.lines(Some(from), &cluster, log.timestamps).concat() } else { String::new() };
                    (cluster.now, cluster.ended(log.mark, &log.path), cluster.is_mute(log.mark, &log.path), lines)
                };
                if is_mute {
                    return std::future::pending().await;
                }
                match end {
                    Some(End::Reset) => {
                        log.follow = false;
                        return Some((Err(Broken), (None, log, world, pulse)));
                    }
                    Some(End::InOrder) => return None,
                    None => {}
                }
                if now < from {
                    continue;
                }
                log.sent = now;
                if !lines.is_empty() {
                    return Some((Ok(Frame::data(Bytes::from(lines))), (None, log, world, pulse)));
                }
            }
        });
        let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
        answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain"));
        answer
    }
}
