//! Pod: kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `podConditions`), and one step further, because people look
//! here first: a failed pod is failed (kstatus calls it current), and so is one that waits for something that will not come
//! without help (`ImagePullBackOff`, `CreateContainerConfigError` …), in init containers and sidecars too.

use jiff::SignedDuration;
use serde_json::Value;

use crate::domain::health::{Health, kstatus};
use crate::domain::text::counted;
use crate::domain::{FailingContainer, Str};
use crate::kinds::draft::{list, number, string, time};
use crate::kinds::{Column, Draft, Kind, Role, Trait, Wire};

pub(in crate::kinds) const KIND: Kind = Kind {
    kind: "Pod",
    plural: "pods",
    short: &["po"],
    role: Role::Workload,
    traits: &[Trait::Replaced],
    follow: true,
    columns: &[
        Column::State,
        Column::Replicas,
        Column::Restarts,
        Column::Message,
        Column::Wide("NODE", 0),
        Column::Wide("IP", 1),
    ],
    read,
    ..Kind::BASE
};

/// Reasons for which a container waits in vain (Kubernetes 1.33 `pkg/kubelet/images/types.go`,
/// `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `pkg/kubelet/container/sync_result.go`).
const FAILING: &[&str] = &[
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "ImageInspectError",
    "InvalidImageName",
    "RegistryUnavailable",
    "SignatureValidationFailed",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
];

/// The label by which Flux marks what it is made of (flux2 `pkg/manifestgen/labels.go`).
const PART_OF: &str = "app.kubernetes.io/part-of";

/// How long a pod may look for a node before it counts as failed (kstatus' `scheduleWindow`).
const SCHEDULING: SignedDuration = SignedDuration::from_secs(15);

fn read(wire: &Wire, draft: &mut Draft) {
    let (init, main) = (list(&wire.status, &["initContainerStatuses"]), list(&wire.status, &["containerStatuses"]));
    let restarts: i64 = init.iter().chain(main).filter_map(|container| number(container, &["restartCount"])).sum();
    draft.facts.restarts = u32::try_from(restarts).unwrap_or(u32::MAX);
    let is_initialised = draft.inputs(wire).holds("Initialized").is_some();
    // kubectl counts sidecars too; they are the init containers that still run when initialisation is over
    let sidecars = init.iter().filter(|container| is_initialised && !container["state"]["terminated"].is_object());
    let counted: Vec<_> = sidecars.chain(main).collect();
    if !counted.is_empty() {
        let ready = counted.iter().filter(|container| container["ready"].as_bool() == Some(true)).count();
        draft.facts.ready = Some((u32::try_from(ready).unwrap_or(u32::MAX), u32::try_from(counted.len()).unwrap_or(u32::MAX)));
    }
    if wire.metadata.labels.get(PART_OF).is_some_and(|of| of == "flux" || of == "flux-operator") {
        let manager = main.iter().find(|container| string(container, &["name"]) == "manager").or(main.first());
        draft.runs(manager.map_or("", |container| string(container, &["image"])));
    }
    draft.cells([string(&wire.spec, &["nodeName"]), string(&wire.status, &["podIP"])]);
    if !draft.settle(wire, kstatus::preamble) {
        let (health, reason, message) = judge(wire, draft, init, main);
        draft.verdict(health, &reason, &message);
        if health == Health::Failed
            && let Some(container) = init.iter().chain(main).find(|container| failure(container).is_some())
        {
            draft.fails(failing(container));
        }
    }
}

/// The same container in fields.
fn failing(container: &Value) -> FailingContainer {
    let (waiting, ended) = (&container["state"]["waiting"], &container["state"]["terminated"]);
    let last = if ended.is_object() { ended } else { &container["lastState"]["terminated"] };
    let text = |value: &Value, key: &str| Str::from(string(value, &[key]));
    FailingContainer {
        name: text(container, "name"),
        image: text(container, "image"),
        reason: if waiting.is_object() { text(waiting, "reason") } else { text(ended, "reason") },
        message: text(waiting, "message"),
        exit: number(last, &["exitCode"]),
        ended_by: text(last, "reason"),
        said: said(last).into(),
        restarts: u32::try_from(number(container, &["restartCount"]).unwrap_or(0)).unwrap_or(u32::MAX),
    }
}

type Judged = (Health, String, String);

fn judge(wire: &Wire, draft: &Draft, init: &[Value], main: &[Value]) -> Judged {
    let inputs = draft.inputs(wire);
    let phase = string(&wire.status, &["phase"]);
    let failure = init.iter().chain(main).find_map(failure);
    match phase {
        "Succeeded" => return (Health::Ready, "Completed".into(), String::new()),
        "Failed" => return failed(wire, failure),
        "Running" if inputs.holds("Ready").is_some() => return (Health::Ready, String::new(), String::new()),
        _ => {}
    }
    if let Some((reason, message)) = failure {
        return (Health::Failed, reason, message);
    }
    let unscheduled = inputs.condition("PodScheduled").filter(|condition| &*condition.status == "False");
    if let Some(condition) = unscheduled.filter(|_| phase == "Pending") {
        let created = time(wire.metadata.creation_timestamp.as_deref());
        let is_new = created.is_some_and(|created| draft.now.duration_since(created) < SCHEDULING);
        let health = if &*condition.reason == "Unschedulable" && !is_new { Health::Failed } else { Health::Progressing };
        return (health, condition.reason.to_string(), condition.message.to_string());
    }
    let done = init.iter().filter(|container| number(container, &["state", "terminated", "exitCode"]) == Some(0)).count();
    let waiting =
        main.iter().map(|container| string(container, &["state", "waiting", "reason"])).find(|reason| !reason.is_empty());
    match phase {
        "Unknown" => (Health::Unknown, "Unknown".into(), "its node does not answer".into()),
        "Pending" if done < init.len() => (Health::Progressing, "PodInitializing".into(), format!("init: {done}/{}", init.len())),
        "Running" => {
            let unready = inputs.condition("Ready").map_or("not ready yet", |ready| &*ready.message);
            (Health::Progressing, "NotReady".into(), unready.to_owned())
        }
        _ => (Health::Progressing, waiting.unwrap_or("Pending").to_owned(), String::new()),
    }
}

/// A pod in phase Failed: evicted and the like (`status.reason`), else by the container that failed.
fn failed(wire: &Wire, failure: Option<(String, String)>) -> Judged {
    let (reason, message) = (string(&wire.status, &["reason"]), string(&wire.status, &["message"]));
    match failure {
        _ if !reason.is_empty() => (Health::Failed, reason.to_owned(), message.to_owned()),
        Some((reason, details)) => (Health::Failed, reason, details),
        None => (Health::Failed, "Failed".into(), message.to_owned()),
    }
}

/// Why a container fails: reason and message. `None` where it does not.
fn failure(container: &Value) -> Option<(String, String)> {
    let name = string(container, &["name"]);
    let (waiting, ended) = (&container["state"]["waiting"], &container["state"]["terminated"]);
    let code = |state: &Value| number(state, &["exitCode"]).filter(|code| *code != 0);
    let reason = string(waiting, &["reason"]);
    if FAILING.contains(&reason) {
        let last = &container["lastState"]["terminated"];
        let exit = exit(code(last), last, container);
        let details = match said(last) {
            // what the program said as it ended is worth more than how long the kubelet waits now
            text if !text.is_empty() && !exit.is_empty() => vec![format!("{exit}: {text}")],
            _ => vec![exit, string(waiting, &["message"]).to_owned()],
        };
        return Some((reason.to_owned(), sentence(name, &details)));
    }
    let code = code(ended)?;
    let reason = Some(string(ended, &["reason"])).filter(|reason| !reason.is_empty()).unwrap_or("Error");
    let exit = exit(Some(code), ended, container);
    let details = if said(ended).is_empty() { exit } else { format!("{exit}: {}", said(ended)) };
    let details = [details];
    Some((reason.to_owned(), sentence(name, &details)))
}

/// The last line of what a container left as it ended: its `terminationMessagePath`, or with `FallbackToLogsOnError` the end of its log.
fn said(state: &Value) -> &str {
    string(state, &["message"]).lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

/// `exit 137 (OOMKilled), 3 restarts`.
fn exit(code: Option<i64>, state: &Value, container: &Value) -> String {
    let Some(code) = code else { return String::new() };
    let why = Some(string(state, &["reason"])).filter(|reason| !matches!(*reason, "" | "Error"));
    let why = why.map(|reason| format!(" ({reason})")).unwrap_or_default();
    match number(container, &["restartCount"]).unwrap_or(0) {
        0 => format!("exit {code}{why}"),
        restarts => format!("exit {code}{why}, {}", counted(restarts, "restart")),
    }
}

fn sentence(name: &str, parts: &[String]) -> String {
    let details: Vec<_> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    format!("{name}: {}", details.join("; ")).trim_end_matches(": ").to_owned()
}

#[cfg(test)]
mod tests;
