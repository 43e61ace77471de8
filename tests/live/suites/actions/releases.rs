//! HelmReleases: their sources in every form, force, reset, and uninstalling.

use serde_json::{Value, json};

use super::{Sandbox, admin, annotation, exists, object, succeeds};
use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::truth::text;

const HR: &str = "helmreleases.helm.toolkit.fluxcd.io";
const GROUP: &str = "helm.toolkit.fluxcd.io/v2";

/// Objects by kind and name.
type Named<'a> = &'a [(&'a str, &'a str)];

fn handled(bed: &Bed, kind: &str, namespace: &str, name: &str) -> String {
    text(&object(bed, kind, namespace, name), "/status/lastHandledReconcileAt").to_owned()
}

fn a_release_is_reconciled_after_its_source_in_every_form() {
    let bed = bed::alone();
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "acts-releases");
    let source = |kind: &str, name: &str| json!({"kind": kind, "name": name, "namespace": "flux-system"});
    let template = |kind: &str, name: &str| json!({"chart": {"spec": {"chart": "web", "version": "1.4.x", "sourceRef": source(kind, name)}}});
    let forms: &[(&str, Value, Named)] = &[
        (
            "template",
            template("HelmRepository", "charts"),
            &[
                ("helmrepositories.source.toolkit.fluxcd.io", "charts"),
                ("helmcharts.source.toolkit.fluxcd.io", "acts-releases-template"),
            ],
        ),
        // a static source is left out
        ("static", template("HelmRepository", "charts-oci"), &[("helmcharts.source.toolkit.fluxcd.io", "acts-releases-static")]),
        (
            "oci",
            json!({"chartRef": source("OCIRepository", "web-chart")}),
            &[("ocirepositories.source.toolkit.fluxcd.io", "web-chart")],
        ),
        (
            "chart",
            json!({"chartRef": source("HelmChart", "platform-metrics")}),
            &[
                ("helmrepositories.source.toolkit.fluxcd.io", "charts"),
                ("helmcharts.source.toolkit.fluxcd.io", "platform-metrics"),
            ],
        ),
    ];
    for (name, spec, sources) in forms {
        let mut spec = spec.clone();
        (spec["interval"], spec["timeout"]) = ("1h".into(), "1m".into());
        sandbox.flux(GROUP, "HelmRelease", name, &spec);
        sandbox.settled(HR, name);
        let before: Vec<_> = sources.iter().map(|(kind, source)| handled(&bed, kind, "flux-system", source)).collect();
        let ran = user.run(&["reconcile", "hr", name, "-n", sandbox.name, "--with-source"]);
        succeeds(&ran);
        let after: Vec<_> = sources.iter().map(|(kind, source)| handled(&bed, kind, "flux-system", source)).collect();
        assert!(
            before.iter().zip(&after).all(|(before, after)| before != after && !after.is_empty()),
            "{name}: {before:?} {after:?}"
        );
        let release = object(&bed, HR, sandbox.name, name);
        assert_eq!(
            text(&release, "/status/lastHandledReconcileAt"),
            annotation(&release, "reconcile.fluxcd.io/requestedAt"),
            "{name}"
        );
        let untouched = object(&bed, "helmrepositories.source.toolkit.fluxcd.io", "flux-system", "charts-oci");
        assert_eq!(annotation(&untouched, "reconcile.fluxcd.io/requestedAt"), "", "nobody asks what is static");
    }
    check_force_and_reset(&bed, &sandbox);
    let ran = user.run(&["delete", "hr", "oci", "-n", sandbox.name, "--yes", "--wait"]);
    succeeds(&ran);
    assert!(ran.err.contains("Helm uninstalls the release") && !exists(&bed, HR, sandbox.name, "oci"), "{ran:?}");
}

/// Each is one patch with one text, which the controller handles under both names.
fn check_force_and_reset(bed: &Bed, sandbox: &Sandbox) {
    let user = admin(bed);
    let see = || object(bed, HR, sandbox.name, "oci");
    let version = |release: &Value| release["status"]["history"][0]["version"].as_i64().unwrap_or_default();
    let before = see();
    succeeds(&user.run(&["reconcile", "hr", "oci", "-n", sandbox.name, "--force"]));
    let forced = see();
    let token = annotation(&forced, "reconcile.fluxcd.io/requestedAt");
    assert_eq!(annotation(&forced, "reconcile.fluxcd.io/forceAt"), token);
    assert_eq!(text(&forced, "/status/lastHandledForceAt"), token, "the controller was forced");
    assert_eq!(version(&forced), version(&before) + 1, "one upgrade although nothing changed");

    succeeds(&user.run(&["reconcile", "hr", "oci", "-n", sandbox.name, "--reset"]));
    let reset = see();
    let token = annotation(&reset, "reconcile.fluxcd.io/requestedAt");
    assert_eq!((annotation(&reset, "reconcile.fluxcd.io/resetAt"), text(&reset, "/status/lastHandledResetAt")), (token, token));
    assert_eq!(version(&reset), version(&forced), "nothing is upgraded");
}

fn force_and_reset_are_refused_where_no_controller_reads_them() {
    let bed = bed::alone();
    for flag in ["--force", "--reset"] {
        let ran = admin(&bed).run(&["reconcile", "ks", "web", "-n", "web", flag]);
        assert!(ran.code == 1 && ran.err.contains("Kustomization"), "{ran:?}");
    }
}

trials![a_release_is_reconciled_after_its_source_in_every_form, force_and_reset_are_refused_where_no_controller_reads_them,];
