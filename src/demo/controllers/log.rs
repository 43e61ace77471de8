//! What the controllers of Flux write into their logs: a line for each thing that they also say in an event, in the form of theirs
//! (fluxcd/pkg `runtime/logger`, controller-runtime `pkg/internal/controller`).

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::scene::{HOUR, go, span};
use crate::demo::objects::{self, Store, text};

/// The controllers that write so.
const COMPONENTS: &[&str] = &[
    "helm-controller",
    "image-automation-controller",
    "image-reflector-controller",
    "kustomize-controller",
    "notification-controller",
    "source-controller",
    "source-watcher",
];
/// How many lines are kept of all together: older ones are rotated away.
const KEPT: usize = 20_000;

/// The lines in the order in which they were written, each with the controller that wrote it.
#[derive(Default)]
pub(in crate::demo) struct ControllerLog(VecDeque<Entry>);

struct Entry {
    at: Timestamp,
    component: &'static str,
    line: String,
}

/// What a line says.
pub(super) struct Said<'a> {
    pub component: &'a str,
    pub is_warning: bool,
    pub message: &'a str,
}

impl ControllerLog {
    /// What the recorded events say that was written.
    pub fn of(store: &Store) -> Self {
        let mut found = Self::default();
        let events = store.kind_of("", "Event").into_iter().flat_map(|kind| store.of_kind(kind));
        for (_, event) in events {
            let involved = &event["involvedObject"];
            let (kind, namespace, name) = (text(involved, "/kind"), text(involved, "/namespace"), text(involved, "/name"));
            let group = text(involved, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
            let object = store.find(group, kind, namespace, name);
            let Some(object) = object.filter(|object| object["metadata"]["uid"] == involved["uid"]) else { continue };
            let said = Said {
                component: text(event, "/source/component"),
                is_warning: text(event, "/type") == "Warning",
                message: text(event, "/message"),
            };
            let moment = |field: &str| text(event, field).parse::<Timestamp>().ok();
            let mut moments: Vec<_> = [moment("/firstTimestamp"), moment("/lastTimestamp")].into_iter().flatten().collect();
            moments.dedup();
            for at in moments {
                // events know seconds only
                let part = i64::try_from(objects::scatter(at.as_second().unsigned_abs()) % 1000).unwrap_or_default();
                found.write(at.saturating_add(SignedDuration::from_millis(part)).unwrap_or(at), object, &said);
            }
        }
        found.0.make_contiguous().sort_by_key(|entry| entry.at);
        found
    }

    /// Writes a line about an object; who is not a controller of Flux writes none.
    pub(super) fn write(&mut self, at: Timestamp, of: &Value, said: &Said) {
        let Some(component) = COMPONENTS.iter().find(|known| **known == said.component) else { return };
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Entry { at, component, line: line(at, of, said) });
    }

    /// What a controller wrote after one moment and until another.
    pub fn lines(&self, component: &str, after: Timestamp, until: Timestamp) -> Vec<(Timestamp, String)> {
        let is_meant = |entry: &&Entry| entry.component == component && entry.at > after && entry.at <= until;
        self.0.iter().filter(is_meant).map(|entry| (entry.at, entry.line.clone())).collect()
    }

    /// What every controller writes when it starts; the library that elects the leader writes in a form of its own (klog).
    pub fn start(component: &str, at: Timestamp) -> Vec<(Timestamp, String)> {
        let later = |millis: i64| at.saturating_add(SignedDuration::from_millis(millis)).unwrap_or(at);
        let plain = |millis: i64, logger: &str, message: &str| {
            let ts = later(millis).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
            (later(millis), format!(r#"{{"level":"info","ts":"{ts}","logger":"{logger}","msg":"{message}"}}"#))
        };
        let klog = |millis: i64, place: &str, message: String| {
            (later(millis), format!("{}       1 {place}] {message}", later(millis).strftime("I%m%d %H:%M:%S.%6f")))
        };
        let lease = format!("flux-system/{component}-leader-election");
        vec![
            plain(10, "setup", "starting manager"),
            plain(40, "controller-runtime.metrics", "Starting metrics server"),
            klog(60, "leaderelection.go:257", format!("attempting to acquire leader lease {lease}...")),
            klog(410, "leaderelection.go:271", format!("successfully acquired lease {lease}")),
        ]
    }
}

fn line(at: Timestamp, of: &Value, said: &Said) -> String {
    let quoted = |text: &str| json!(text).to_string();
    let (kind, name, namespace) = (text(of, "/kind"), text(of, "/metadata/name"), text(of, "/metadata/namespace"));
    let group = text(of, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let is_kustomize = said.component == "kustomize-controller";
    let output = if said.is_warning { None } else { output(said) };
    let (level, message) = match &output {
        Some((message, _)) => ("info", message.clone()),
        None if said.is_warning && is_kustomize => {
            let next = span(of, "/spec/retryInterval").or_else(|| span(of, "/spec/interval")).unwrap_or(HOUR);
            ("error", format!("Reconciliation failed after {}ms, next try in {}", 20 + at.as_millisecond() % 900, go(next)))
        }
        // controller-runtime `pkg/internal/controller/controller.go`
        None if said.is_warning => ("error", "Reconciler error".to_owned()),
        None => ("info", said.message.to_owned()),
    };
    let seed = text(of, "/metadata/uid")
        .bytes()
        .fold(at.as_second().unsigned_abs(), |seed, byte| objects::scatter(seed ^ u64::from(byte)));
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        seed >> 32,
        seed & 0xffff,
        (seed >> 16) & 0xfff,
        (seed >> 20) & 0xfff,
        seed >> 16
    );
    let mut line = format!(
        r#"{{"level":"{level}","ts":"{}","msg":{},"controller":"{}","controllerGroup":"{group}","controllerKind":"{kind}","{kind}":{{"name":{n},"namespace":{s}}},"namespace":{s},"name":{n},"reconcileID":"{id}""#,
        at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"),
        quoted(&message),
        kind.to_lowercase(),
        n = quoted(name),
        s = quoted(namespace),
    );
    let revision = text(of, "/status/lastAttemptedRevision");
    if is_kustomize && !revision.is_empty() {
        line.push_str(&format!(r#","revision":{}"#, quoted(revision)));
    }
    if let Some((_, output)) = output {
        line.push_str(&format!(r#","output":{output}"#));
    }
    if said.is_warning {
        line.push_str(&format!(r#","error":{}"#, quoted(said.message)));
    }
    line.push('}');
    line
}

/// What an apply or a prune has done, object by object.
fn output(said: &Said) -> Option<(String, Value)> {
    let entry = |line: &str| {
        let (subject, verb) = line.rsplit_once(' ')?;
        let is_one = subject.contains('/') && matches!(verb, "created" | "configured" | "deleted");
        is_one.then(|| (subject.to_owned(), Value::from(verb)))
    };
    let entries = said.message.lines().map(entry).collect::<Option<serde_json::Map<_, _>>>()?;
    let is_prune = entries.values().all(|verb| verb == "deleted");
    let message = match (entries.is_empty(), is_prune) {
        (true, _) => return None,
        (_, true) => "garbage collection completed".to_owned(),
        (_, false) => "server-side apply completed".to_owned(),
    };
    Some((message, entries.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_the_event_says_in_the_form_of_a_controller() {
        let at: Timestamp = "2026-01-01T00:00:00.025Z".parse().expect("a time");
        let object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "apps", "namespace": "web", "uid": "u"},
            "spec": {"interval": "10m"}, "status": {"lastAttemptedRevision": "main@sha1:1"},
        });
        let said = |is_warning, message| Said { component: "kustomize-controller", is_warning, message };
        let read = |said: &Said| serde_json::from_str::<Value>(&line(at, &object, said)).expect("JSON");

        let failed = read(&said(true, "it \"fails\""));
        assert_eq!(
            (&failed["level"], &failed["error"], &failed["revision"]),
            (&json!("error"), &json!("it \"fails\""), &json!("main@sha1:1"))
        );
        assert_eq!(failed["msg"], "Reconciliation failed after 45ms, next try in 10m0s");
        assert_eq!(failed["Kustomization"], json!({"name": "apps", "namespace": "web"}));
        let applied = read(&said(false, "Deployment/web/web configured\nService/web/web created"));
        assert_eq!(applied["output"], json!({"Deployment/web/web": "configured", "Service/web/web": "created"}));
        let finished = read(&said(false, "Reconciliation finished in 1s, next run in 10m0s"));
        assert_eq!(
            (&finished["level"], &finished["msg"]),
            (&json!("info"), &json!("Reconciliation finished in 1s, next run in 10m0s"))
        );

        let mut log = ControllerLog::default();
        log.write(at, &object, &said(false, "m"));
        log.write(at, &object, &Said { component: "default-scheduler", ..said(false, "m") });
        assert_eq!(log.lines("kustomize-controller", Timestamp::MIN, at).len(), 1);
        assert!(
            log.lines("kustomize-controller", at, Timestamp::MAX).is_empty()
                && log.lines("helm-controller", Timestamp::MIN, at).is_empty()
        );
    }
}
