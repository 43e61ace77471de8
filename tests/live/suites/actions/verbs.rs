//! Every kind and verb: the object before, our patch, the controller's answer.

use serde_json::Value;

use super::{admin, annotation, is_ours, object, ready, succeeds};
use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::truth::text;

/// Who answers.
#[derive(Clone, Copy, PartialEq)]
enum Controller {
    /// The real one, and the object is ready.
    Runs,
    /// The real one, and the object fails.
    Fails,
    /// The kind has none: it is only read.
    Static,
    /// The bed has none (the Flux Operator): the patch only.
    PatchOnly,
}
use Controller::{Fails, PatchOnly, Runs, Static};

/// How the kind is suspended.
enum By {
    Spec,
    Annotation(&'static str, Option<&'static str>),
}
use By::{Annotation, Spec};

const OPERATOR: By = Annotation("fluxcd.controlplane.io/reconcile", Some("enabled"));
const REQUESTED: &str = "reconcile.fluxcd.io/requestedAt";

/// What `flux` calls it, kubectl's name, an object of the fleet, who answers, how it is suspended, what success is called
/// (a pointer into the object that the message must end with).
const TABLE: &[(&str, &str, &str, &str, Controller, By, &str)] = &[
    ("ks", "kustomizations.kustomize.toolkit.fluxcd.io", "web", "web", Runs, Spec, "/status/lastAppliedRevision"),
    ("hr", "helmreleases.helm.toolkit.fluxcd.io", "shop", "web", Runs, Spec, "/status/history/0/chartVersion"),
    ("source git", "gitrepositories.source.toolkit.fluxcd.io", "flux-apps", "apps", Runs, Spec, "/status/artifact/revision"),
    (
        "source oci",
        "ocirepositories.source.toolkit.fluxcd.io",
        "flux-system",
        "policies",
        Runs,
        Spec,
        "/status/artifact/revision",
    ),
    (
        "source helm",
        "helmrepositories.source.toolkit.fluxcd.io",
        "flux-system",
        "charts",
        Runs,
        Spec,
        "/status/artifact/revision",
    ),
    ("source chart", "helmcharts.source.toolkit.fluxcd.io", "flux-system", "shop-web", Runs, Spec, "/status/artifact/revision"),
    ("source bucket", "buckets.source.toolkit.fluxcd.io", "faults", "unreachable", Fails, Spec, ""),
    ("image repository", "imagerepositories.image.toolkit.fluxcd.io", "flux-system", "frontend", Runs, Spec, ""),
    ("image policy", "imagepolicies.image.toolkit.fluxcd.io", "flux-system", "frontend", Runs, Spec, ""),
    ("image update", "imageupdateautomations.image.toolkit.fluxcd.io", "flux-system", "fleet", Runs, Spec, ""),
    ("receivers", "receivers.notification.toolkit.fluxcd.io", "flux-system", "forge", Runs, Spec, ""),
    ("alerts", "alerts.notification.toolkit.fluxcd.io", "flux-system", "errors", Static, Spec, ""),
    ("alert-provider", "providers.notification.toolkit.fluxcd.io", "flux-system", "chat", Static, Spec, ""),
    ("source helm", "helmrepositories.source.toolkit.fluxcd.io", "flux-system", "charts-oci", Static, Spec, ""),
    (
        "ag",
        "artifactgenerators.source.extensions.fluxcd.io",
        "flux-system",
        "split",
        Runs,
        Annotation("source.extensions.fluxcd.io/reconcile", None),
        "",
    ),
    ("fluxinstance", "fluxinstances.fluxcd.controlplane.io", "flux-system", "flux", PatchOnly, OPERATOR, ""),
    ("fluxreport", "fluxreports.fluxcd.controlplane.io", "flux-system", "flux", PatchOnly, OPERATOR, ""),
    ("resourceset", "resourcesets.fluxcd.controlplane.io", "platform", "tenants", PatchOnly, OPERATOR, ""),
    (
        "resourcesetinputprovider",
        "resourcesetinputproviders.fluxcd.controlplane.io",
        "platform",
        "branches",
        PatchOnly,
        OPERATOR,
        "",
    ),
];

/// A verb on one object, as a user types it.
fn act(user: &Fluxdeck, verb: &str, kind: &str, namespace: &str, name: &str, more: &[&str]) -> crate::support::program::Ran {
    let words = std::iter::once(verb).chain(kind.split(' ')).chain([name, "-n", namespace]);
    user.run(&words.chain(more.iter().copied()).collect::<Vec<_>>())
}

fn conditions(object: &Value) -> Vec<[&str; 3]> {
    let conditions = object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().map(|condition| ["/type", "/status", "/reason"].map(|part| text(condition, part))).collect()
}

fn every_kind_is_suspended_and_resumed_as_the_cli_does() {
    let bed = bed::alone();
    let user = admin(&bed);
    for (kind, plural, namespace, name, controller, by, message) in TABLE {
        let see = || object(&bed, plural, namespace, name);
        let before = see();
        // the root's source and instance ask for their names
        let ran = act(&user, "suspend", kind, namespace, name, &["--reason", "a test", "--until", "2h", "--confirm", name]);
        succeeds(&ran);
        let suspended = see();
        match by {
            Spec => {
                assert_eq!(suspended["spec"]["suspend"], true, "{plural}");
                let generation = |object: &Value| object["metadata"]["generation"].as_i64().unwrap_or_default();
                assert_eq!(generation(&suspended), generation(&before) + 1, "{plural}: a change of the spec");
                assert!(is_ours(&suspended, "/f:spec/f:suspend"), "{plural}: {suspended:#}");
            }
            Annotation(key, _) => {
                assert_eq!(annotation(&suspended, key), "disabled", "{plural}");
                assert_eq!(suspended["spec"], before["spec"], "{plural}: the spec stays");
            }
        }
        assert_eq!(annotation(&suspended, "fluxdeck.dev/suspended-by"), "admin", "{plural}");
        assert_eq!(annotation(&suspended, "fluxdeck.dev/suspend-reason"), "a test", "{plural}");
        assert!(annotation(&suspended, "fluxdeck.dev/suspend-until").ends_with('Z'), "{plural}");
        if *controller == Runs {
            assert_eq!(conditions(&suspended), conditions(&before), "{plural}: conditions stay frozen");
        }
        let again = act(&user, "suspend", kind, namespace, name, &["--confirm", name]);
        assert!(again.code == 0 && again.out.contains("already suspended"), "{plural}: {again:?}");
        assert_eq!(
            text(&see(), "/metadata/resourceVersion"),
            text(&suspended, "/metadata/resourceVersion"),
            "{plural}: nothing was sent"
        );
        let refused = act(&user, "reconcile", kind, namespace, name, &[]);
        let is_reconciled = *controller != Static;
        assert!(refused.code == i32::from(is_reconciled || *kind != "source helm"), "{plural}: {refused:?}");
        assert!(!is_reconciled || refused.err.contains("suspended: resume it first"), "{plural}: {refused:?}");

        let waits: &[&str] = if *controller == PatchOnly { &["--wait=false"] } else { &[] };
        let ran = act(&user, "resume", kind, namespace, name, waits);
        let resumed = see();
        match controller {
            Fails => assert!(ran.code == 1 && ran.out.contains("its controller tries again"), "{plural}: {ran:?}"),
            _ => succeeds(&ran),
        }
        if *controller == Runs {
            let said = if message.is_empty() {
                text(ready(&resumed).expect("it is ready"), "/message")
            } else {
                text(&resumed, message)
            };
            assert!(ran.out.contains(said) || ran.out.contains("revision"), "{plural}: {ran:?} says {said}");
        }
        check_resumed(plural, by, &before, &resumed);
        restore(&bed, plural, namespace, name);
    }
}

fn check_resumed(plural: &str, by: &By, before: &Value, resumed: &Value) {
    match by {
        Spec => {
            assert!(resumed["spec"].get("suspend").is_none(), "{plural}: the key is gone, not false");
            if let Some(ready) = ready(resumed).filter(|ready| !ready["observedGeneration"].is_null()) {
                assert_eq!(
                    ready["observedGeneration"], resumed["metadata"]["generation"],
                    "{plural}: waited for the new generation"
                );
            }
            assert_eq!(resumed["spec"], before["spec"], "{plural}: as it was");
        }
        Annotation(key, on) => {
            assert_eq!(annotation(resumed, key), on.unwrap_or_default(), "{plural}");
            assert!(!annotation(resumed, REQUESTED).is_empty(), "{plural}: it is asked to go on at once");
        }
    }
    for key in ["suspended-by", "suspend-reason", "suspend-until"] {
        assert_eq!(annotation(resumed, &format!("fluxdeck.dev/{key}")), "", "{plural}");
    }
}

fn every_kind_is_reconciled_and_followed_to_its_end() {
    let bed = bed::alone();
    let user = admin(&bed);
    for (kind, plural, namespace, name, controller, _, _) in TABLE {
        let see = || object(&bed, plural, namespace, name);
        let before = see();
        let waits: &[&str] = if *controller == PatchOnly { &["--wait=false"] } else { &[] };
        let ran = act(&user, "reconcile", kind, namespace, name, waits);
        let after = see();
        let (asked, handled) = (annotation(&after, REQUESTED), text(&after, "/status/lastHandledReconcileAt"));
        match controller {
            Runs => {
                succeeds(&ran);
                assert!(asked != annotation(&before, REQUESTED), "{plural}: a new request");
                assert_eq!(handled, asked, "{plural}: the controller has handled this very request");
                assert_eq!(ready(&after).map(|ready| text(ready, "/status")), Some("True"), "{plural}");
                assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"], "{plural}: the spec stays");
            }
            Fails => {
                let why = text(ready(&after).expect("it says why"), "/message").to_owned();
                assert!(ran.code == 1 && ran.out.contains(why.split(':').next().unwrap_or_default()), "{plural}: {ran:?}");
                assert_eq!(handled, asked, "{plural}");
                assert!(
                    ran.took < std::time::Duration::from_secs(60),
                    "{plural}: reported as soon as the attempt had failed: {ran:?}"
                );
            }
            // the CLI has no such verb, or says that there is nothing to do (OCI HelmRepository) and succeeds
            Static => {
                assert_eq!(ran.code, i32::from(*kind != "source helm"), "{plural}: {ran:?}");
                assert_eq!(
                    text(&after, "/metadata/resourceVersion"),
                    text(&before, "/metadata/resourceVersion"),
                    "{plural}: nothing was sent"
                );
            }
            PatchOnly => {
                succeeds(&ran);
                assert!(!asked.is_empty() && asked != annotation(&before, REQUESTED), "{plural}: patch only, no controller here");
            }
        }
        restore(&bed, plural, namespace, name);
    }
}

fn an_external_artifact_has_none_of_these_verbs() {
    let bed = bed::alone();
    let user = admin(&bed);
    for verb in ["suspend", "resume", "reconcile", "delete"] {
        let ran = user.run(&[verb, "externalartifacts", "reports", "-n", "flux-system", "--yes"]);
        assert!(ran.code == 1 && ran.out.is_empty() && ran.err.contains("cannot"), "{verb}: {ran:?}");
    }
}

/// Takes away what requests leave behind where no controller answers them.
fn restore(bed: &Bed, plural: &str, namespace: &str, name: &str) {
    if plural.ends_with("controlplane.io") {
        bed.kubectl(&["annotate", plural, "-n", namespace, name, &format!("{REQUESTED}-"), "fluxcd.controlplane.io/reconcile-"]);
    }
}

trials![
    every_kind_is_suspended_and_resumed_as_the_cli_does,
    every_kind_is_reconciled_and_followed_to_its_end,
    an_external_artifact_has_none_of_these_verbs,
];
