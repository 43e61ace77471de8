//! An image that cannot be pulled (Kubernetes `pkg/kubelet/images/types.go`).

use super::{CauseRule, certificate};
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "image", doc: "the image of a container cannot be pulled", find };

const REASONS: &[&str] = &[
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "ImageInspectError",
    "InvalidImageName",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let container = clue.container().filter(|container| REASONS.contains(&&*container.reason))?;
    // the back-off says only that it waits; what the registry said is in the event
    let event = clue.warning(&["Failed", "InspectFailed", "ErrImageNeverPull"]).filter(|event| says(&event.message, &["image"]));
    let registry = event.map_or(&*container.message, |event| &event.message);
    let why = match () {
        () if &*container.reason == "InvalidImageName" => Some("this is not the name of an image"),
        () if certificate::trouble(registry).is_some() => Some("the certificate of the registry is not accepted"),
        () if says(registry, &["toomanyrequests", "too many requests", "rate limit"]) => {
            Some("the registry limits how often it is asked")
        }
        () if says(registry, &["not found", "manifest unknown", "manifest_unknown", "name_unknown"]) => {
            Some("the registry has no such image or tag")
        }
        () if says(registry, &["unauthorized", "authentication required", "denied", "forbidden", "no basic auth"]) => {
            Some("the registry refuses the credentials, or wants some")
        }
        () if says(registry, &["no such host", "dial tcp", "timeout", "connection refused", "tls", "x509", "eof"]) => {
            Some("the registry cannot be reached")
        }
        () if says(registry, &["no match for platform", "exec format"]) => Some("it is not made for the platform of the node"),
        () if &*container.reason == "ErrImageNeverPull" => Some("it is not on the node, and its policy is never to pull it"),
        () => None,
    };
    let why = match (why, event) {
        (Some(why), _) => format!(": {why}"),
        (None, Some(event)) => format!(": {}", brief(&event.message)),
        (None, None) => String::new(),
    };
    let found = clue.diagnose(format!("container {}: image {} cannot be pulled{why}", container.name, container.image));
    let found = found.keyed(container.image.to_string()).press(&[Remedy::File, Remedy::Events]);
    Some(match event {
        Some(event) => found.by_event(event),
        None => found,
    })
}
