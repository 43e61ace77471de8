//! Every action against every kind, and what a confirmation says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::testing::{allowed, case, confirmed, confirmed_with, object, put, ready, reference, store, uid};
use super::{ALL, Ask, Demand, Fit, Grade, Request, Rights, Skip, Step, Target, Until};
use crate::domain::{Changes, Coverage, Delta, ObjectRef, Policy, Scope, Store};
use crate::error::ErrorKind;
use crate::forms::{self, Answers};
use crate::kinds;

/// What an action sends to one object of that kind.
fn steps(name: &str, kind: &str, body: &Value, answers: &Answers) -> Vec<Step> {
    let object = object(kind, body);
    let id = object.id.clone();
    let store = store([object]);
    let case = case(&store, &id);
    let action = super::testing::action(name);
    assert_eq!((action.fits)(&case, &Answers::default()), Fit::Yes, "{name} {kind}");
    (action.steps)(&case, answers)
}

/// The patch of the only step.
fn patch(name: &str, kind: &str, body: &Value) -> Value {
    let steps = steps(name, kind, body, &Answers::default().with("replicas", forms::FieldValue::Number(5)));
    assert_eq!(steps.len(), 1);
    match &steps[0].request {
        Request::Merge(patch) => patch.clone(),
        Request::Delete => json!("DELETE"),
    }
}

const NOW: &str = "2026-01-01T00:10:00Z";
const BY_SPEC: &[&str] = &[
    "gitrepo",
    "ocirepo",
    "helmrepo",
    "helmchart",
    "bucket",
    "ks",
    "hr",
    "imagerepository",
    "imagepolicy",
    "imageupdateautomation",
    "alert",
    "provider",
    "receiver",
];
const BY_OPERATOR: &[&str] = &["fluxinstance", "fluxreport", "resourceset", "resourcesetinputprovider"];

#[test]
fn every_file_of_the_folder_is_an_action_or_machinery() {
    let machinery = ["case", "confirm", "guards", "mod", "offer", "outcome", "request", "rights", "testing", "tests"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("actions");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of the actions")
        .filter_map(|entry| entry.expect("an entry").file_name().to_str().map(|name| name.trim_end_matches(".rs").to_owned()))
        .filter(|name| !machinery.contains(&name.as_str()))
        .collect();
    let names: BTreeSet<String> = ALL.iter().map(|action| action.name.replace('-', "_")).collect();

    assert_eq!(files, names);
}

#[test]
fn kinds_are_suspended_by_spec_as_the_cli_does() {
    for kind in BY_SPEC {
        let patch = patch("suspend", kind, &json!({"status": ready()}));
        assert_eq!(patch["spec"], json!({"suspend": true}), "{kind}");
        assert_eq!(patch["metadata"]["annotations"]["fluxdeck.dev/suspended-by"], "ana", "{kind}");
        assert!(patch["metadata"]["annotations"]["fluxdeck.dev/suspended-at"].is_string(), "{kind}");
    }
}

#[test]
fn kinds_are_resumed_by_taking_the_key_out() {
    for kind in BY_SPEC {
        let suspended = json!({"spec": {"suspend": true}, "status": ready()});
        let steps = steps("resume", kind, &suspended, &Answers::default());
        let Request::Merge(patch) = &steps[0].request else { panic!("{kind} is patched") };
        assert_eq!(patch["spec"], json!({"suspend": null}), "{kind}");
        assert!(
            patch["metadata"]["annotations"].as_object().is_some_and(|all| all.len() == 4 && all.values().all(Value::is_null))
        );
        // Alert and Provider have no controller to wait for
        let expected = if matches!(*kind, "alert" | "provider") { Until::Taken } else { Until::Observed };
        assert_eq!(steps[0].until, expected, "{kind}");
    }
}

#[test]
fn kinds_of_the_operator_and_artifact_generators_are_suspended_by_annotation() {
    for (kind, key) in BY_OPERATOR
        .iter()
        .map(|kind| (kind, "fluxcd.controlplane.io/reconcile"))
        .chain([(&"ag", "source.extensions.fluxcd.io/reconcile")])
    {
        let suspending = patch("suspend", kind, &json!({"status": ready()}));
        assert_eq!(suspending["metadata"]["annotations"][key], "disabled", "{kind}");
        assert_eq!(suspending["spec"], Value::Null, "{kind}");
        let suspended = json!({"metadata": {"annotations": {key: "disabled"}}, "status": ready()});
        let steps = steps("resume", kind, &suspended, &Answers::default());
        let Request::Merge(resuming) = &steps[0].request else { panic!("{kind} is patched") };
        let on = if *kind == "ag" { Value::Null } else { "enabled".into() };
        assert_eq!(resuming["metadata"]["annotations"][key], on, "{kind}");
        assert_eq!(resuming["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"], NOW, "{kind}");
        assert_eq!(steps[0].until, Until::Handled(NOW.into()), "{kind}");
    }
}

#[test]
fn reconciling_is_one_annotation_and_force_and_reset_carry_the_same_text() {
    for kind in BY_SPEC.iter().chain(BY_OPERATOR).chain(&["ag"]).filter(|kind| !matches!(**kind, "alert" | "provider")) {
        let expected = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": NOW}}});
        assert_eq!(patch("reconcile", kind, &json!({"status": ready()})), expected, "{kind}");
    }
    for (action, key, kinds) in [
        ("force", "reconcile.fluxcd.io/forceAt", &["hr", "fluxinstance", "resourcesetinputprovider"][..]),
        ("reset", "reconcile.fluxcd.io/resetAt", &["hr"]),
    ] {
        for kind in kinds {
            let expected = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": NOW, key: NOW}}});
            assert_eq!(patch(action, kind, &json!({"status": ready()})), expected, "{action} {kind}");
        }
    }
}

#[test]
fn workloads_restart_and_scale_by_their_spec() {
    for kind in ["deploy", "sts", "ds"] {
        let restart = patch("restart", kind, &json!({}));
        assert_eq!(restart["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"], NOW, "{kind}");
    }
    for kind in ["deploy", "sts"] {
        assert_eq!(patch("scale", kind, &json!({})), json!({"spec": {"replicas": 5}}), "{kind}");
    }
    assert_eq!(patch("delete-pod", "pod", &json!({})), "DELETE");
    assert_eq!(patch("delete", "ks", &json!({})), "DELETE");
}

#[test]
fn what_does_not_fit_says_why() {
    let suspended = json!({"spec": {"suspend": true}});
    let going = json!({"metadata": {"deletionTimestamp": NOW}});
    for (action, kind, body, why) in [
        ("reconcile", "ks", &suspended, "suspended: resume it first"),
        ("reconcile", "alert", &json!({}), "no controller reconciles Alert apps/web"),
        ("reconcile", "helmrepo", &json!({"spec": {"type": "oci"}}), "an OCI HelmRepository has nothing to reconcile"),
        ("reconcile", "deploy", &json!({}), "Flux does not reconcile a Deployment"),
        ("reconcile", "ks", &going, "being deleted"),
        ("force", "ks", &json!({}), "a Kustomization cannot be forced"),
        ("reset", "ks", &json!({}), "a Kustomization counts no failures"),
        ("suspend", "ks", &suspended, "already suspended"),
        ("suspend", "externalartifact", &json!({}), "an ExternalArtifact cannot be suspended"),
        ("suspend", "pod", &json!({}), "a Pod cannot be suspended"),
        ("resume", "ks", &json!({}), "not suspended"),
        ("delete", "deploy", &json!({}), "only Flux objects and pods can be deleted here, not a Deployment"),
        ("delete", "fluxreport", &json!({}), "its controller would recreate it at once"),
        ("restart", "ks", &json!({}), "a Kustomization cannot be restarted"),
        ("scale", "ds", &json!({}), "a DaemonSet has no replicas of its own"),
        ("delete-pod", "ks", &json!({}), "not a pod"),
        ("reconcile-with-source", "gitrepo", &json!({}), "a GitRepository has no such source"),
        ("reconcile-with-source", "ks", &json!({}), "it names no source"),
    ] {
        let object = object(kind, body);
        let id = object.id.clone();
        let store = store([object]);
        assert_eq!(
            (super::testing::action(action).fits)(&case(&store, &id), &Answers::default()).reason(),
            Some(why),
            "{action} {kind}"
        );
    }
}

/// The objects that are asked to reconcile with its source, in order, or why not.
fn chain(objects: Vec<crate::domain::Object>, id: &ObjectRef) -> Result<Vec<String>, String> {
    let store = store(objects);
    let case = case(&store, id);
    let action = super::testing::action("reconcile-with-source");
    match (action.fits)(&case, &Answers::default()) {
        Fit::Yes => Ok((action.steps)(&case, &Answers::default()).iter().map(|step| step.object.to_string()).collect()),
        other => Err(other.reason().unwrap_or_default().to_owned()),
    }
}

#[test]
fn sources_come_before_what_takes_from_them() {
    let named = |name: &str| json!({"metadata": {"name": name, "namespace": "flux-system"}, "status": ready()});
    let (ks, hr) = (reference("ks", "apps", "web"), reference("hr", "apps", "web"));
    let by_ref = |kind: &str| json!({"spec": {"sourceRef": {"kind": kind, "name": "fleet", "namespace": "flux-system"}}});
    let git = object("gitrepo", &named("fleet"));
    assert_eq!(
        chain(vec![object("ks", &by_ref("GitRepository")), git.clone()], &ks),
        Ok(vec!["GitRepository flux-system/fleet".into(), "Kustomization apps/web".into()])
    );
    let oci = json!({"spec": {"chartRef": {"kind": "OCIRepository", "name": "fleet", "namespace": "flux-system"}}});
    assert_eq!(
        chain(vec![object("hr", &oci), object("ocirepo", &named("fleet"))], &hr),
        Ok(vec!["OCIRepository flux-system/fleet".into(), "HelmRelease apps/web".into()])
    );
    let chart = |name: &str, kind: &str| json!({"metadata": {"name": name, "namespace": "flux-system"}, "spec": {"sourceRef": {"kind": kind, "name": "fleet"}}});
    let template = json!({"spec": {"chart": {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "fleet", "namespace": "flux-system"}}}}});
    let all = ["HelmRepository flux-system/fleet", "HelmChart flux-system/apps-web", "HelmRelease apps/web"].map(String::from);
    // named by helm-controller, or guessed as it would name it
    for status in [json!({"helmChart": "flux-system/apps-web"}), json!({})] {
        let mut release = template.clone();
        release["status"] = status;
        let objects = vec![
            object("hr", &release),
            object("helmchart", &chart("apps-web", "HelmRepository")),
            object("helmrepo", &named("fleet")),
        ];
        assert_eq!(chain(objects, &hr), Ok(all.to_vec()));
    }
    // a source that nobody reconciles is left out
    let mut oci = named("fleet");
    oci["spec"] = json!({"type": "oci"});
    let objects =
        vec![object("hr", &template), object("helmchart", &chart("apps-web", "HelmRepository")), object("helmrepo", &oci)];
    assert_eq!(chain(objects, &hr), Ok(all[1..].to_vec()));
    let by_chart = json!({"spec": {"chartRef": {"kind": "HelmChart", "name": "web", "namespace": "flux-system"}}});
    let objects = vec![object("hr", &by_chart), object("helmchart", &chart("web", "GitRepository")), git];
    assert_eq!(
        chain(objects, &hr),
        Ok(vec!["GitRepository flux-system/fleet".into(), "HelmChart flux-system/web".into(), "HelmRelease apps/web".into()])
    );
}

#[test]
fn a_source_that_cannot_be_asked_stops_the_whole() {
    let ks = reference("ks", "apps", "web");
    let by_ref = |kind: &str| object("ks", &json!({"spec": {"sourceRef": {"kind": kind, "name": "fleet"}}}));
    let suspended = object("gitrepo", &json!({"metadata": {"name": "fleet"}, "spec": {"suspend": true}}));
    let other = object("gitrepo", &json!({"metadata": {"name": "other"}}));

    assert_eq!(
        chain(vec![by_ref("GitRepository"), suspended], &ks),
        Err("its source GitRepository apps/fleet is suspended: resume it first".into())
    );
    assert_eq!(
        chain(vec![by_ref("GitRepository"), other], &ks),
        Err("its source GitRepository apps/fleet does not exist".into())
    );
    assert!(chain(vec![by_ref("ExternalArtifact")], &ks).is_err_and(|why| why.contains("cannot be reconciled on request")));
}

#[test]
fn a_request_names_the_uid_of_what_was_meant() {
    let steps = steps("suspend", "ks", &json!({}), &Answers::default());
    let own = uid("Kustomization", "web");

    assert_eq!(steps[0].request.body(steps[0].uid)["metadata"]["uid"], own.as_str());
    assert_eq!(Request::Delete.body(steps[0].uid)["preconditions"]["uid"], own.as_str());
}

#[test]
fn the_lines_are_those_of_flux_and_kubectl() {
    for (action, kind, line) in [
        ("suspend", "ks", "flux suspend kustomization web -n apps"),
        ("resume", "gitrepo", "flux resume source git web -n apps"),
        ("reconcile", "imagerepository", "flux reconcile image repository web -n apps"),
        ("force", "hr", "flux reconcile helmrelease web -n apps --force"),
        ("reset", "hr", "flux reconcile helmrelease web -n apps --reset"),
        ("reconcile-with-source", "ks", "flux reconcile kustomization web -n apps --with-source"),
        ("resume-and-reconcile", "ks", "flux resume kustomization web -n apps && flux reconcile kustomization web -n apps"),
        ("delete", "provider", "flux delete alert-provider web -n apps --silent"),
        ("restart", "deploy", "kubectl rollout restart deployments.apps/web -n apps --field-manager=fluxdeck"),
        ("delete-pod", "pod", "kubectl delete pods/web -n apps"),
        (
            "suspend",
            "ag",
            "kubectl annotate artifactgenerators.source.extensions.fluxcd.io/web -n apps source.extensions.fluxcd.io/reconcile=disabled \
             --overwrite --field-manager=fluxdeck",
        ),
    ] {
        let object = object(kind, &json!({}));
        let id = object.id.clone();
        let store = store([object]);
        assert_eq!((super::testing::action(action).line)(&case(&store, &id), &Answers::default()), line);
    }
}

/// A root that applies itself and two Kustomizations, one of which has a release with a Deployment below it.
fn fleet() -> Store {
    let inventory = |entries: &[&str]| {
        let entries: Vec<_> = entries.iter().map(|id| json!({"id": id, "v": "v1"})).collect();
        json!({"inventory": {"entries": entries}, "conditions": [{"type": "Ready", "status": "True"}]})
    };
    let ks = |name: &str, namespace: &str, spec: Value, entries: &[&str]| {
        object("ks", &json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec, "status": inventory(entries)}))
    };
    let source = json!({"prune": true, "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}});
    let root = [
        "flux-system_root_kustomize.toolkit.fluxcd.io_Kustomization",
        "apps_web_kustomize.toolkit.fluxcd.io_Kustomization",
        "flux-system_fleet_source.toolkit.fluxcd.io_GitRepository",
    ];
    let web = ["apps_web_helm.toolkit.fluxcd.io_HelmRelease", "apps_kept__ConfigMap", "apps_other__ConfigMap"];
    store([
        object("gitrepo", &json!({"metadata": {"name": "fleet", "namespace": "flux-system"}, "status": ready()})),
        ks("root", "flux-system", source.clone(), &root),
        ks("web", "apps", source, &web),
        ks("lazy", "apps", json!({"prune": false}), &web[1..2]),
        object("hr", &json!({"status": inventory(&["apps_web_apps_Deployment"])})),
        object("deploy", &json!({"spec": {"replicas": 3}})),
        object(
            "configmap",
            &json!({"metadata": {"name": "kept", "annotations": {"kustomize.toolkit.fluxcd.io/prune": "Disabled"}}}),
        ),
        object("configmap", &json!({"metadata": {"name": "other"}})),
    ])
}

/// The consequences as `Grade text [objects]`.
fn consequences(action: &str, store: &Store, id: &ObjectRef) -> Vec<String> {
    let made = confirmed(action, store, std::slice::from_ref(id), &Policy::default());
    let one = |it: &super::Consequence| {
        let names: Vec<_> = it.objects.iter().map(ToString::to_string).collect();
        format!("{:?} {} {}", it.grade, it.text, names.join(", ")).trim_end().to_owned()
    };
    made.consequences.iter().map(one).collect()
}

#[test]
fn deleting_counts_what_goes_along() {
    let mut store = fleet();
    let (web, lazy) = (reference("ks", "apps", "web"), reference("ks", "apps", "lazy"));
    assert_eq!(
        consequences("delete", &store, &web),
        [
            "Danger 3 objects go with it; marked to stay: 1 ConfigMap apps/other, Deployment apps/web, HelmRelease apps/web",
            "Warning Kustomization flux-system/root recreates it at its next run, unless it is gone from git",
        ]
    );
    assert_eq!(
        consequences("delete", &store, &lazy),
        ["Warning it does not prune: 1 object stays, unmanaged ConfigMap apps/kept"]
    );
    assert_eq!(
        consequences("delete", &store, &reference("gitrepo", "flux-system", "fleet"))[0],
        "Warning 2 objects depend on it and will fail Kustomization apps/web, Kustomization flux-system/root"
    );
    put(
        &mut store,
        object(
            "hr",
            &json!({"spec": {"suspend": true}, "status": {"inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}}}),
        ),
    );
    assert!(
        consequences("delete", &store, &web)[0].starts_with("Danger 2 objects go with it"),
        "a suspended release leaves its own"
    );
    assert_eq!(
        consequences("delete", &store, &reference("hr", "apps", "web"))[0],
        "Warning it is suspended: 1 object stays, unmanaged Deployment apps/web"
    );
}

#[test]
fn what_goes_with_many_is_named_once_and_whole() {
    let inventory = |name: &str| json!({"inventory": {"entries": [{"id": format!("apps_{name}_apps_Deployment"), "v": "v1"}]}});
    let ks = |name: &str, child: &str| {
        object("ks", &json!({"metadata": {"name": name}, "spec": {"prune": true}, "status": inventory(child)}))
    };
    let deployment = |name: &str| object("deploy", &json!({"metadata": {"name": name}, "spec": {"replicas": 1}}));
    let store = store([ks("a", "one"), ks("b", "two"), deployment("one"), deployment("two")]);
    let made = confirmed("delete", &store, &["a", "b"].map(|name| reference("ks", "apps", name)), &Policy::default());

    let consequences = made.grouped();
    let [(goes, 2)] = consequences.as_slice() else { panic!("one sentence, twice: {consequences:?}") };
    assert_eq!((goes.text.as_str(), goes.objects.len()), ("1 object goes with it", 2), "those of both: {:?}", goes.objects);
}

#[test]
fn scaling_beside_an_autoscaler_says_who_decides() {
    let scaler = |name: &str, target: &str| json!({"metadata": {"name": name}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": target}, "minReplicas": 2, "maxReplicas": 9}});
    let deployment = object("deploy", &json!({"spec": {"replicas": 3}}));
    let id = deployment.id.clone();
    let store = store([deployment, object("hpa", &scaler("web", "web")), object("hpa", &scaler("other", "other"))]);

    assert_eq!(
        consequences("scale", &store, &id),
        [
            "Note 3 replicas now",
            "Warning HorizontalPodAutoscaler apps/web controls the number of replicas (2 to 9): it will set another number"
        ]
    );
}

#[test]
fn only_the_autoscaler_of_that_very_workload_decides() {
    let scaler = |name: &str, version: &str| json!({"metadata": {"name": name}, "spec": {"scaleTargetRef": {"apiVersion": version, "kind": "Deployment", "name": "web"}, "maxReplicas": 9}});
    let deployment = object("deploy", &json!({"spec": {"replicas": 3}}));
    let id = deployment.id.clone();
    let store =
        store([deployment, object("hpa", &scaler("ours", "apps/v1")), object("hpa", &scaler("theirs", "example.com/v1"))]);

    let consequences = consequences("scale", &store, &id);
    assert!(
        consequences[1].contains("HorizontalPodAutoscaler apps/ours controls the number of replicas (1 to 9)"),
        "{consequences:?}"
    );
    assert_eq!(consequences.len(), 2, "another group's Deployment is another object: {consequences:?}");
}

#[test]
fn what_is_forbidden_is_denied_whatever_its_words() {
    let ks = object("ks", &json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "you may not"}}}));
    let id = [ks.id.clone()];
    let mut store = store([ks]);
    let refusal = |store: &Store| confirmed("reconcile-with-source", store, &id, &Policy::default()).refusal.expect("no source");
    // it is only called so
    assert_eq!(refusal(&store).kind, ErrorKind::Failed);
    let scope = Scope { gk: reference("gitrepo", "", "").gk.clone(), namespace: None };
    store.apply(Delta::Coverage(scope, Coverage::Restricted), &mut Changes::default());
    assert_eq!(refusal(&store).kind, ErrorKind::Denied, "{}", refusal(&store).message);
}

#[test]
fn the_root_and_its_source_need_their_name_everywhere() {
    let store = fleet();
    let policy = Policy::default();
    for (kind, name) in [("ks", "root"), ("gitrepo", "fleet")] {
        let id = [reference(kind, "flux-system", name)];
        for action in ["suspend", "delete"] {
            let made = confirmed(action, &store, &id, &policy);
            assert_eq!(made.demand, Demand::Type(name.to_owned()), "{action} {kind}");
            assert!(made.accept("rooot").is_err() && made.accept(name).is_ok());
        }
        assert_eq!(confirmed("reconcile", &store, &id, &policy).demand, Demand::Nothing, "to reconcile it harms nobody");
    }
    assert_eq!(confirmed("suspend", &store, &[reference("ks", "apps", "web")], &policy).demand, Demand::Yes);
}

#[test]
fn production_asks_for_its_name_and_limits_bulk() {
    let store = fleet();
    let policy = Policy { production: true, most: Some(1), ..Policy::default() };
    let (web, lazy) = (reference("ks", "apps", "web"), reference("ks", "apps", "lazy"));
    let one = std::slice::from_ref(&web);
    assert_eq!(confirmed("suspend", &store, one, &policy).demand, Demand::Type("prod-eu".into()));
    assert_eq!(confirmed("reconcile", &store, one, &policy).demand, Demand::Yes);
    let many = confirmed("reconcile", &store, &[web.clone(), lazy], &policy);
    assert!(many.refusal.is_some_and(|error| error.message == "2 objects at once: `prod-eu` allows 1"));
    let readonly = Policy { readonly: true, ..Policy::default() };
    assert!(confirmed("reconcile", &store, one, &readonly).refusal.is_some_and(|error| error.message.starts_with("read-only")));
}

#[test]
fn a_bulk_is_counted_and_what_does_not_fit_is_named() {
    let store = fleet();
    let ids = [
        reference("ks", "apps", "web"),
        reference("ks", "apps", "lazy"),
        reference("ks", "flux-system", "root"),
        reference("deploy", "apps", "web"),
    ];
    let targets: Vec<_> =
        ids.iter().map(|id| Target { object: id.clone(), uid: store.object_of(id).expect("there").uid }).collect();
    let made = confirmed_with("reconcile", &store, &targets, &Policy::default(), &allowed("reconcile", &ids), &ids[1..2]);
    let counts: Vec<_> = made.counts.iter().map(|((kind, namespace), count)| format!("{count} {kind} {namespace}")).collect();

    assert_eq!(counts, ["2 Kustomization apps", "1 Kustomization flux-system"]);
    assert_eq!(made.skipped, [(ids[3].clone(), Skip::Unfit(Fit::Never("Flux does not reconcile a Deployment".to_owned())))]);
    assert_eq!((made.hidden, made.demand), (ids[1..2].to_vec(), Demand::Yes));
    assert_eq!(made.planned.len(), 3);
}

#[test]
fn another_object_of_that_name_is_not_hit() {
    let store = fleet();
    let id = reference("ks", "apps", "web");
    let targets = [
        Target { object: id.clone(), uid: crate::domain::Uid(1) },
        Target { object: reference("ks", "apps", "none"), uid: crate::domain::Uid(2) },
    ];
    let made = confirmed_with("suspend", &store, &targets, &Policy::default(), &allowed("suspend", &[id]), &[]);

    assert!(made.planned.is_empty() && made.refusal.is_some());
    assert_eq!(
        made.skipped.iter().map(|(_, why)| why.to_string()).collect::<Vec<_>>(),
        ["another object has taken its name", "it is not there any more"]
    );
}

#[test]
fn rights_are_asked_by_namespace_and_then_by_object() {
    let store = fleet();
    let id = reference("ks", "apps", "web");
    let targets = [Target { object: id.clone(), uid: store.object_of(&id).expect("there").uid }];
    let ask = |name: Option<&str>| Ask {
        verb: "patch",
        group: kinds::group::KUSTOMIZE,
        plural: "kustomizations",
        namespace: "apps".into(),
        name: name.map(Into::into),
    };
    let mut rights = Rights::default();
    let made = |rights: &Rights| confirmed_with("suspend", &store, &targets, &Policy::default(), rights, &[]);

    assert_eq!(made(&rights).wants.rights, [ask(None)]);
    rights.learn(ask(None), false);
    assert_eq!(made(&rights).wants.rights, [ask(Some("web"))]);
    rights.learn(ask(Some("web")), false);
    let refused = made(&rights);
    assert!(refused.wants.rights.is_empty());
    assert_eq!(
        refused.refusal.map(|error| error.message).as_deref(),
        Some("cannot suspend Kustomization apps/web: you may not patch kustomizations in \"apps\"")
    );
    rights.learn(ask(Some("web")), true);
    assert_eq!(made(&rights).planned.len(), 1);
}

#[test]
fn what_git_sets_will_be_undone() {
    let store = fleet();
    let id = reference("ks", "apps", "web");
    let case = case(&store, &id);
    let action = super::testing::action("suspend");
    let owner = |manager: &str| kinds::FieldOwner { field: "spec.suspend".into(), manager: manager.into() };
    let consequences = |looked_up: Option<Option<&[kinds::FieldOwner]>>| {
        super::guards::undone(action, &case, looked_up)
            .map(|it| (it.grade, it.text.split(':').next().unwrap_or_default().to_owned()))
    };

    assert_eq!(consequences(None), Some((Grade::Note, "checking whether git sets spec.suspend …".into())));
    assert_eq!(consequences(Some(Some(&[owner("fluxdeck")]))), None);
    assert_eq!(
        consequences(Some(Some(&[owner("kustomize-controller")]))),
        Some((Grade::Warning, "spec.suspend is set in git (by kustomize-controller)".into()))
    );
}
