//! What the texts of Flux, Helm, Kubernetes and kustomize name. They write for people: what is found here is found as far as it is
//! written, and a text of another version finds nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::revision;
use crate::domain::width::{Cut, cut};
use crate::kinds::{self, Kind};

/// Columns of a text inside a sentence: a line of the narrowest screen, and a half.
const LONGEST: usize = 120;

/// An object that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedObject {
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

/// Health checks that did not end well (fluxcd/pkg `ssa/manager_wait.go`): `[Deployment/web/web status: 'InProgress', …]`.
static CHECKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"([A-Za-z]+)/(?:([a-z0-9.-]+)/)?([a-zA-Z0-9.:-]+) status: '"));
/// kustomize-controller and helm-controller: `dependency 'ns/name' is not ready`; `… not found`.
static DEPENDENCY: LazyLock<Regex> = LazyLock::new(|| pattern(r"dependency '([^'/]+)/([^']+)'"));
/// The directory into which kustomize-controller unpacks an artifact.
static UNPACKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"/[^ ':]*/kustomization-\d+/"));
/// What an API server says of what is not there: `secrets "web" not found`.
static ABSENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)\b(secret|configmap|serviceaccount|persistentvolumeclaim|namespace|priorityclass)s?(?:\.[a-z0-9.]+)? ["']([^"']+)["'] (?:is )?not found"#,
    )
});
/// Kubelet: `couldn't find key password in Secret web/db`.
static KEY: LazyLock<Regex> = LazyLock::new(|| pattern(r"couldn't find key (\S+) in (Secret|ConfigMap) (\S+)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that does not change")
}

/// The first thing that a pattern captures.
pub fn captured<'t>(pattern: &Regex, text: &'t str) -> Option<&'t str> {
    pattern.captures(text).and_then(|found| found.get(1)).map(|found| found.as_str())
}

/// Whether a text holds one of these, in whatever case.
pub fn says(text: &str, any: &[&str]) -> bool {
    let text = text.to_lowercase();
    any.iter().any(|needle| text.contains(needle))
}

/// The objects whose health a message says was not what was waited for.
pub fn checked(message: &str) -> Vec<NamedObject> {
    let object = |found: regex::Captures| NamedObject {
        kind: found[1].to_owned(),
        namespace: found.get(2).map_or("", |it| it.as_str()).to_owned(),
        name: found[3].to_owned(),
    };
    // Helm 4 (`pkg/kube/statuswait.go`): `resource Deployment/apps/web not ready. status: InProgress, message: …`
    static WAITED: LazyLock<Regex> = LazyLock::new(|| pattern(r"resource ([A-Za-z]+)/([a-z0-9.-]*)/([a-zA-Z0-9.:-]+) not ready"));
    CHECKED.captures_iter(message).chain(WAITED.captures_iter(message)).take(64).map(object).collect()
}

/// The hook or the test of a chart that a message says failed: `job web-migrate failed: BackoffLimitExceeded` (Helm `pkg/kube/wait.go`).
pub fn hooked(message: &str) -> Option<(&'static Kind, &str)> {
    static HOOK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(job|pod) ([a-z0-9.-]+) failed"));
    static WAITED: LazyLock<Regex> = LazyLock::new(|| pattern(r"resource (Job|Pod)/[a-z0-9.-]*/([a-z0-9.-]+) not ready"));
    let found = HOOK.captures(message).or_else(|| WAITED.captures(message))?;
    let kind = if found[1].eq_ignore_ascii_case("job") { kinds::JOB } else { kinds::POD };
    Some((kind, found.get(2)?.as_str()))
}

/// The namespace that a message says is being deleted (k8s.io/apiserver `plugin/namespace/lifecycle`).
pub fn ending_namespace(message: &str) -> Option<&str> {
    static ENDING: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"unable to create new content in namespace (\S+) because it is being terminated"));
    captured(&ENDING, message)
}

/// Namespace and name of the dependency that a message names.
pub fn dependency(message: &str) -> Option<(&str, &str)> {
    let found = DEPENDENCY.captures(message)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str()))
}

/// Kinds that others need, and that are missed.
static NEEDED: [&Kind; 6] = [
    kinds::SECRET,
    kinds::CONFIG_MAP,
    kinds::SERVICE_ACCOUNT,
    kinds::PERSISTENT_VOLUME_CLAIM,
    kinds::NAMESPACE,
    kinds::PRIORITY_CLASS,
];

/// What a message says does not exist.
pub fn absent(message: &str) -> Option<(&'static Kind, &str)> {
    // Kubernetes `plugin/pkg/admission/priority`
    static PRIORITY: LazyLock<Regex> = LazyLock::new(|| pattern(r"no PriorityClass with name (\S+) was found"));
    if let Some(name) = captured(&PRIORITY, message) {
        return Some((kinds::PRIORITY_CLASS, name));
    }
    let found = ABSENT.captures(message)?;
    let kind = NEEDED.into_iter().find(|kind| kind.kind.eq_ignore_ascii_case(&found[1]))?;
    Some((kind, found.get(2)?.as_str()))
}

/// The key that a volume asks for in vain: `references non-existent secret key: tls.key` (Kubernetes `pkg/volume/secret`, `configmap`).
pub fn absent_volume_key(message: &str) -> Option<(&'static str, &str)> {
    static MOUNTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"references non-existent (secret|config) key: (\S+)"));
    let found = MOUNTED.captures(message)?;
    Some((if &found[1] == "secret" { kinds::SECRET.kind } else { kinds::CONFIG_MAP.kind }, found.get(2)?.as_str()))
}

/// The key that a message says something lacks, and what lacks it: kind and `namespace/name`.
pub fn absent_key(message: &str) -> Option<(&str, &str, &str)> {
    let found = KEY.captures(message)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?.as_str()))
}

/// Host names and addresses between `//` and what follows, or behind `dial tcp` and `lookup`.
pub fn host(message: &str) -> Option<String> {
    static HOST: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?:://(?:[^/@ ]+@)?|dial tcp: lookup |lookup |dial tcp )([A-Za-z0-9.\-]+(?::\d+)?)"));
    captured(&HOST, message).map(|found| found.trim_end_matches(['.', ':']).to_owned())
}

/// Which probe failed, and what it got (Kubernetes `pkg/kubelet/prober`): `Readiness probe failed: HTTP probe failed with statuscode: 500`.
pub fn probe(message: &str) -> Option<(&str, &str)> {
    static PROBE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\w+) probe (?:failed|errored): ?(.*)"));
    let found = PROBE.captures(message)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str()))
}

/// The first container that is not ready: `containers with unready status: [web proxy]`.
pub fn unready(message: &str) -> Option<&str> {
    static UNREADY: LazyLock<Regex> = LazyLock::new(|| pattern(r"unready status: \[([^\] ]+)"));
    captured(&UNREADY, message)
}

/// Why no node takes a pod, without what preemption would change: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated
/// taint {…}. preemption: …`.
pub fn unfit(message: &str) -> &str {
    static UNFIT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"nodes are available: (.*?)(?: *(?:preemption:|no new claims|Preemption is not helpful).*)?$"));
    captured(&UNFIT, message).unwrap_or(message)
}

/// A message as part of a sentence: no long checksum, no directory of a controller's, its beginning and end around a `…` where it is
/// longer than a line and a half.
pub fn brief(message: &str) -> String {
    let text = plain(message);
    cut(text.trim().trim_end_matches(['.', ':']), LONGEST, Cut::Middle).into_owned()
}

/// The same in full.
pub fn plain(message: &str) -> Cow<'_, str> {
    match revision::shortened_in(message) {
        Cow::Borrowed(text) => UNPACKED.replace_all(text, ""),
        Cow::Owned(text) => Cow::Owned(UNPACKED.replace_all(&text, "").into_owned()),
    }
}

/// What Helm says of a release that failed, without the names of the release and its chart: the object itself has them
/// (helm-controller `internal/reconcile`).
pub fn of_release(message: &str) -> Cow<'_, str> {
    static LEAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(Helm \w+ failed) for release \S+ with chart \S+: "));
    LEAD.replace(message, "$1: ")
}

/// What follows the last of these words.
pub fn after<'t>(text: &'t str, any: &[&str]) -> Option<&'t str> {
    any.iter().filter_map(|word| text.rfind(word).map(|at| text[at + word.len()..].trim())).find(|rest| !rest.is_empty())
}
