//! Acts on the real cluster: what we send, what the API server and the controllers make of it, compared with what the `flux` CLI does
//! (flux2 2.9 `cmd/flux/{suspend,resume,reconcile,delete}.go`).

pub mod bulk;
pub mod deleting;
mod halted;
pub mod leaving;
pub mod lost;
pub mod offered;
pub mod refused;
pub mod releases;
pub mod taken_up;
pub mod undone;
pub mod unrecorded;
pub mod verbs;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bed::Bed;
use crate::support::program::{Fluxdeck, Ran};
use crate::support::within;
use crate::truth::text;

/// Long enough for any controller of the bed.
const SETTLED: Duration = Duration::from_secs(60);

pub(super) fn admin(bed: &Bed) -> Fluxdeck {
    Fluxdeck::with(&bed.kubeconfig("admin"))
}

/// One object as kubectl gives it, managed fields included.
fn object(bed: &Bed, kind: &str, namespace: &str, name: &str) -> Value {
    let text = bed.kubectl(&["get", kind, "-n", namespace, name, "-o", "json", "--show-managed-fields"]);
    serde_json::from_str(&text).expect("JSON")
}

fn exists(bed: &Bed, kind: &str, namespace: &str, name: &str) -> bool {
    !bed.kubectl(&["get", kind, "-n", namespace, name, "--ignore-not-found", "-o", "name"]).trim().is_empty()
}

fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"]["annotations"][key].as_str().unwrap_or_default()
}

fn ready(object: &Value) -> Option<&Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == "Ready")
}

/// Whether our field manager set this field of the object, and nobody else.
fn is_ours(object: &Value, pointer: &str) -> bool {
    let managers = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let owners: Vec<_> = managers
        .iter()
        .filter(|entry| entry["fieldsV1"].pointer(pointer).is_some())
        .map(|entry| text(entry, "/manager"))
        .collect();
    owners == ["fluxdeck"]
}

#[track_caller]
fn succeeds(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// A namespace of our own, removed with everything in it.
pub(super) struct Sandbox<'a> {
    pub(super) bed: &'a Bed,
    pub(super) name: &'static str,
}

impl<'a> Sandbox<'a> {
    pub(super) fn new(bed: &'a Bed, name: &'static str) -> Self {
        let sandbox = Self { bed, name };
        bed.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}), &[]);
        sandbox
    }

    /// Applies an object of Flux into it.
    pub(super) fn flux(&self, group: &str, kind: &str, name: &str, spec: &Value) {
        self.bed.apply(
            &json!({"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": self.name}, "spec": spec}),
            &[],
        );
    }

    /// A Kustomization of that path of the repository of apps, in this namespace.
    fn kustomization(&self, name: &str, path: &str) {
        let spec = json!({
            "interval": "1h", "retryInterval": "1h", "prune": true, "path": path, "targetNamespace": self.name,
            "nameSuffix": format!("-{name}"), "sourceRef": {"kind": "GitRepository", "name": "apps", "namespace": "flux-apps"},
        });
        self.flux("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, &spec);
    }

    /// Waits until an object has come to an end.
    pub(super) fn settled(&self, kind: &str, name: &str) -> Value {
        let look = || {
            let object = object(self.bed, kind, self.name, name);
            let is_over = ready(&object).is_some_and(|ready| ready["status"] != "Unknown");
            is_over.then_some(object)
        };
        within(SETTLED, look).unwrap_or_else(|| panic!("{kind} {}/{name} does not settle", self.name))
    }
}

impl Drop for Sandbox<'_> {
    fn drop(&mut self) {
        // a panic while panicking ends the process: kubectl's failure says nothing new then
        let mut command = self.bed.kubectl_as("admin");
        let _ = command
            .args([
                "delete",
                "kustomizations.kustomize.toolkit.fluxcd.io,helmreleases.helm.toolkit.fluxcd.io",
                "--all",
                "-n",
                self.name,
            ])
            .output();
        let mut command = self.bed.kubectl_as("admin");
        let _ = command.args(["delete", "namespace", self.name]).output();
    }
}

/// Requests of a user in the audit log since a mark: verb, URI, code.
fn requests(bed: &Bed, since: usize) -> Vec<(String, String, u64, String)> {
    let log = std::fs::read_to_string(bed.value("BED_AUDIT_LOG")).expect("the audit log");
    let lines = log.get(since..).unwrap_or_default().lines();
    let read = |line: &str| {
        let request: Value = serde_json::from_str(line).ok()?;
        let code = request["responseStatus"]["code"].as_u64().unwrap_or_default();
        let part = |pointer: &str| text(&request, pointer).to_owned();
        Some((part("/verb"), part("/requestURI"), code, part("/user/username")))
    };
    lines.filter_map(read).collect()
}

/// The end of the audit log now.
fn mark(bed: &Bed) -> usize {
    std::fs::metadata(bed.value("BED_AUDIT_LOG")).map_or(0, |meta| usize::try_from(meta.len()).unwrap_or(0))
}

/// Writes that our field manager made since a mark.
fn our_patches(bed: &Bed, since: usize) -> Vec<String> {
    let is_ours = |(verb, uri, ..): &(String, String, u64, String)| verb == "patch" && uri.contains("fieldManager=fluxdeck");
    requests(bed, since).into_iter().filter(is_ours).map(|(_, uri, code, _)| format!("{code} {uri}")).collect()
}
