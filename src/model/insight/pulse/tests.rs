use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::heads::{GitReference, HeadQuestion, HeadState, of_digest, of_references, of_versions, question};
use super::*;
use crate::domain::published::{Published, PublishedVersion};
use crate::domain::text::counted;
use crate::insight::why::tests::world::{World, failed, owned_by, ready, reference, replicas, status, well, with};

const HEAD: &str = "4f1c0000000000000000000000000000000000aa";

fn surveyed(world: &World) -> Pulse {
    world.sight(|sight| survey(sight, &[], |_| true))
}

/// A ready object with that interval, reconciled at that minute of the hour before now.
fn paced(interval: &str, minute: &str) -> Value {
    let history = json!([{"lastReconciled": format!("2026-01-01T00:{minute}:00Z"), "lastReconciledDuration": "1.5s"}]);
    with(well(), json!({"spec": {"interval": interval}, "status": {"history": history}}))
}

fn rows_of(pulse: &Pulse, heads: &BTreeMap<ObjectRef, HeadState>) -> Vec<String> {
    let server = PulseServer { flux: "2.9.4", kubernetes: "v1.36.4" };
    let what = |row: &PulseRow| match &row.about {
        PulseSubject::Object(object) => object.to_string(),
        PulseSubject::Kind(gk) => gk.kind.to_string(),
    };
    let rows = rows(pulse, server, heads, &|at: Timestamp| at.strftime("%H:%M").to_string());
    rows.iter().map(|row| format!("{} | {} | {} | {}", row.part.word(), what(row), row.state, row.says)).collect()
}

#[test]
fn what_is_ready_and_was_not_reconciled_for_three_intervals_is_stale_and_nothing_else_is() {
    // now is 01:00
    let suspended = with(paced("10m", "05"), json!({"spec": {"suspend": true}}));
    let failing = with(paced("10m", "05"), failed("BuildFailed", "no such file"));
    let world = World::of(&[
        ("ks apps/just", paced("20m", "00")),
        ("ks apps/late", paced("10m", "29")),
        ("ks apps/later", paced("1m", "05")),
        ("ks apps/asleep", suspended),
        ("ks apps/red", failing),
        ("ks apps/silent", with(well(), json!({"spec": {"interval": "1m"}}))),
        (
            "gitrepo apps/fleet",
            with(well(), json!({"spec": {"interval": "1m"}, "status": {"artifact": {"revision": "main@sha1:1"}}})),
        ),
        (
            "imgrepo apps/web",
            with(well(), json!({"spec": {"interval": "5m"}, "status": {"lastScanResult": {"scanTime": "2026-01-01T00:30:00Z"}}})),
        ),
        ("helmrepo apps/oci", with(well(), json!({"spec": {"type": "oci", "interval": "1m"}}))),
    ]);
    let pulse = surveyed(&world);
    let names: Vec<_> = pulse.stale.iter().map(|stale| &*stale.object.name).collect();
    assert_eq!(names, ["later", "late", "web"], "the longest ago first");
    assert_eq!(pulse.unknown, 2, "a Kustomization without a history, and a source");
}

#[test]
fn of_a_history_the_newest_entry_counts_wherever_it_is() {
    let history = json!([
        {"lastReconciled": "2026-01-01T00:10:00Z", "lastReconciledDuration": "9s"},
        {"lastReconciled": "2026-01-01T00:59:00Z", "lastReconciledDuration": "2m5s"},
        {"firstReconciled": "2026-01-01T00:59:59Z"},
    ]);
    let world = World::of(&[("ks apps/web", with(well(), json!({"spec": {"interval": "1m"}, "status": {"history": history}})))]);
    let pulse = surveyed(&world);
    assert!(pulse.stale.is_empty());
    assert_eq!(pulse.slowest[0].took, std::time::Duration::from_secs(125));
    let mean = pulse.kinds.iter().find_map(|kind| kind.mean).expect("a mean");
    assert_eq!(mean, (std::time::Duration::from_secs(125), 1));
}

#[test]
fn a_source_is_ahead_of_those_that_apply_something_else() {
    let source = json!({"status": {"artifact": {"revision": format!("main@sha1:{HEAD}")}}});
    let applies = |revision: &str| {
        with(
            well(),
            json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}}, "status": {"lastAppliedRevision": revision}}),
        )
    };
    let world = World::of(&[
        ("gitrepo apps/fleet", with(well(), source)),
        ("ks apps/new", applies(&format!("main@sha1:{HEAD}"))),
        ("ks apps/old", applies("main@sha1:86058ad000000000000000000000000000000000")),
        ("ks apps/none", with(applies(""), failed("ArtifactFailed", "no"))),
        ("ks apps/asleep", with(applies("main@sha1:1"), json!({"spec": {"suspend": true}}))),
    ]);
    let pulse = surveyed(&world);
    let [ahead] = &pulse.ahead[..] else { panic!("{:?}", pulse.ahead) };
    assert_eq!((ahead.source.to_string(), ahead.all), (reference("gitrepo apps/fleet").to_string(), 3));
    let rows = rows_of(&pulse, &BTreeMap::new());
    let row = rows.iter().find(|row| row.starts_with("ahead")).expect("a row");
    assert_eq!(
        row,
        "ahead | GitRepository apps/fleet | main@4f1c000 | not applied by 2 of 3: ks apps/none has nothing, ks apps/old has 86058ad"
    );
}

#[test]
fn who_suspended_something_and_until_when_is_said_and_what_nobody_wrote_down_too() {
    let noted = json!({"metadata": {"annotations": {"fluxdeck.dev/suspended-by": "ana", "fluxdeck.dev/suspend-reason": "db migration",
        "fluxdeck.dev/suspended-at": "2026-01-01T00:20:00Z", "fluxdeck.dev/suspend-until": "2026-01-01T00:40:00Z"}}, "spec": {"suspend": true}});
    let world = World::of(&[
        ("ks apps/plain", with(well(), json!({"spec": {"suspend": true}}))),
        ("ks apps/noted", with(failed("BuildFailed", "no"), noted)),
    ]);
    let pulse = surveyed(&world);
    assert_eq!(pulse.suspended[0].at, "2026-01-01T00:20:00Z".parse().ok(), "the longest suspended first");
    let rows: Vec<_> = rows_of(&pulse, &BTreeMap::new()).into_iter().filter(|row| row.starts_with("suspended")).collect();
    assert_eq!(
        rows,
        [
            "suspended | Kustomization apps/noted | Suspended | overdue, by ana: \"db migration\", until 00:40, was failing",
            "suspended | Kustomization apps/plain | Suspended | nobody wrote down who and why",
        ]
    );
}

#[test]
fn first_causes_are_in_the_order_of_their_age() {
    let since = |at: &str, what: &str| {
        status(&[json!({"type": "Ready", "status": "False", "reason": "BuildFailed", "message": format!("cannot build {what}"),
            "lastTransitionTime": format!("2026-01-01T00:{at}:00Z")})])
    };
    let world = World::of(&[("ks apps/young", since("50", "the shop")), ("ks apps/old", since("05", "a database"))]);
    let pulse = surveyed(&world);
    let names: Vec<_> = pulse.broken.iter().map(|group| &*group.cause.object.name).collect();
    assert_eq!(names, ["old", "young"]);
}

fn controller(name: &str, more: Value) -> (String, Value) {
    let labels = json!({"metadata": {"labels": {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name,
        "app.kubernetes.io/version": "v2.9.4"}}});
    (format!("deploy flux-system/{name}"), with(labels, more))
}

#[test]
fn controllers_have_the_version_of_their_pod_its_restarts_and_say_when_they_are_off() {
    let pod = with(
        owned_by("rs flux-system/helm-1"),
        json!({"metadata": {"labels": {"app.kubernetes.io/part-of": "flux"}}, "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "istio", "image": "proxy:1", "ready": true, "restartCount": 1},
                {"name": "manager", "image": "ghcr.io/fluxcd/helm-controller:v1.6.3@sha256:00", "ready": true, "restartCount": 2}]}}),
    );
    let (helm, off) = (controller("helm-controller", replicas(1, 1)), controller("kustomize-controller", replicas(0, 0)));
    let world = World::of(&[
        (&helm.0, helm.1),
        ("rs flux-system/helm-1", owned_by(&helm.0)),
        ("po flux-system/helm-1-a", pod),
        (&off.0, off.1),
        ("deploy web/web", replicas(1, 1)),
    ]);
    let pulse = surveyed(&world);
    let found: Vec<_> = pulse.controllers.iter().map(|it| (&*it.object.name, it.version(), it.restarts, it.is_well())).collect();
    assert_eq!(found, [("kustomize-controller", None, 0, false), ("helm-controller", Some("v1.6.3"), 3, true)]);
    let rows: Vec<_> = rows_of(&pulse, &BTreeMap::new()).into_iter().filter(|row| row.starts_with("flux")).collect();
    assert_eq!(
        rows,
        [
            "flux | Deployment flux-system/kustomize-controller | 0/0 | scaled to 0: nothing of its kinds is reconciled",
            "flux | Deployment flux-system/helm-controller | 1/1 v1.6.3 | restarted 3 times",
        ]
    );
}

#[test]
fn a_tag_is_the_version_also_behind_a_port_and_else_the_digest_is() {
    for (image, expected) in [
        ("ghcr.io/fluxcd/helm-controller:v1.6.3", Some("v1.6.3")),
        ("registry.example.test:5000/flux/helm-controller", None),
        ("registry.example.test:5000/flux/helm-controller:v1@sha256:0123456789abcdef", Some("v1")),
        ("ghcr.io/fluxcd/helm-controller@sha256:0123456789abcdef", Some("sha256:01234567")),
    ] {
        assert_eq!(super::controllers::tag_of(image), expected, "{image}");
    }
}

#[test]
fn kinds_are_counted_in_their_order_with_what_is_served_and_what_has_no_object() {
    let world = World::of(&[("ks apps/a", well()), ("ks apps/b", failed("BuildFailed", "no")), ("gitrepo apps/fleet", well())]);
    let served = [
        (crate::kinds::GIT_REPOSITORY.gk(), vec!["v1".into(), "v1beta2".into()]),
        (crate::kinds::BUCKET.gk(), vec!["v1".into()]),
        (crate::kinds::KUSTOMIZATION.gk(), vec!["v1".into()]),
    ];
    let pulse = world.sight(|sight| survey(sight, &served, |_| true));
    let found: Vec<_> =
        pulse.kinds.iter().map(|kind| (&*kind.gk.kind, kind.counts.total(), kind.counts.of(Health::Failed))).collect();
    assert_eq!(found, [("GitRepository", 1, 0), ("Bucket", 0, 0), ("Kustomization", 2, 1)]);
    let rows = rows_of(&pulse, &BTreeMap::new());
    assert!(rows.contains(&"kinds | GitRepository |  | v1, v1beta2".to_owned()), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.contains("Bucket")), "what has no object is not a row: {rows:#?}");
    let flux = rows.iter().find(|row| row.starts_with("flux")).expect("the distribution");
    assert_eq!(flux, "flux | CustomResourceDefinition | Flux 2.9.4 | on Kubernetes 1.36.4; serves kustomize v1, source v1");
}

#[test]
fn another_namespace_is_not_looked_at() {
    let world = World::of(&[
        ("ks apps/web", failed("BuildFailed", "no")),
        ("ks jobs/batch", with(well(), json!({"spec": {"suspend": true}}))),
    ]);
    let jobs = world.sight(|sight| survey(sight, &[], |node| &*sight.reference(node).namespace == "jobs"));
    assert_eq!((jobs.broken.len(), jobs.suspended.len()), (0, 1));
    assert_eq!(counted(jobs.kinds.iter().map(|kind| kind.counts.total()).sum::<u32>(), "object"), "1 object");
}

fn git(reference: &Value, revision: &str) -> Value {
    json!({"spec": {"url": "https://git.example.test/fleet", "ref": reference}, "status": {"artifact": {"revision": revision}}})
}

#[test]
fn what_a_source_follows_is_asked_for_and_what_is_pinned_is_not() {
    let repository = reference("gitrepo apps/fleet");
    let asks = |reference: Value| match question(&repository, &git(&reference, "")) {
        Ok(HeadQuestion::Git { reference, .. }) => reference.patterns().join(" "),
        Ok(other) => panic!("{other:?}"),
        Err(state) => state.says(),
    };
    for (follows, expected) in [
        (json!(null), "refs/heads/master"),
        (json!({"branch": "main"}), "refs/heads/main"),
        (json!({"branch": "main", "tag": "v1"}), "refs/tags/v1 refs/tags/v1^{}"),
        (json!({"tag": "v1", "semver": "1.x"}), "refs/tags/*"),
        (json!({"semver": "1.x", "name": "refs/pull/1/head"}), "refs/pull/1/head refs/pull/1/head^{}"),
        (json!({"name": "--upload-pack=x"}), "`--upload-pack=x` is not the whole name of a reference"),
        (json!({"name": "refs/heads/x", "commit": "4f1c"}), "it is pinned to commit 4f1c"),
    ] {
        assert_eq!(asks(follows.clone()), expected, "{follows}");
    }
    let oci = reference("oci apps/web");
    let of = |spec: Value| question(&oci, &json!({"spec": spec}));
    let digest = HeadQuestion::Digest { name: "oci://r.test/web".into(), is_plain: true, tag: "latest".into() };
    assert_eq!(of(json!({"url": "oci://r.test/web", "insecure": true})), Ok(digest));
    assert!(matches!(of(json!({"url": "oci://r.test/web", "ref": {"semver": "1.x"}})), Ok(HeadQuestion::Versions { .. })));
    for spec in [
        json!({"ref": {"digest": "sha256:00"}}),
        json!({"ref": {"semver": "1.x", "semverFilter": ".*-rc"}}),
        json!({"suspend": true, "ref": {"semver": "1.x"}}),
    ] {
        assert!(matches!(of(spec.clone()), Err(HeadState::NotAsked(_))), "{spec}");
    }
    let chart = reference("hc apps/web");
    let from = |kind: &str| question(&chart, &json!({"spec": {"chart": "web", "sourceRef": {"kind": kind, "name": "charts"}}}));
    assert!(matches!(from("HelmRepository"), Ok(HeadQuestion::Versions { range, .. }) if range == "*"));
    assert!(matches!(from("GitRepository"), Err(HeadState::NotAsked(_))));
    assert!(matches!(question(&reference("bucket apps/b"), &json!({})), Err(HeadState::NotAsked(_))));
}

#[test]
fn what_a_remote_says_is_compared_with_what_was_fetched() {
    let found: Vec<_> = [
        (HEAD, "refs/heads/main"),
        ("aa", "refs/tags/v1.9.0"),
        ("bb", "refs/tags/v1.10.0"),
        ("cc", "refs/tags/v1.10.0^{}"),
        ("dd", "refs/tags/v2.0.0"),
    ]
    .map(|(id, name)| (id.to_owned(), name.to_owned()))
    .into();
    let branch = GitReference::Branch("main".into());
    let says = |reference: &GitReference, revision: &str| of_references(reference, &git(&json!(null), revision), &found);
    assert_eq!(says(&branch, &format!("main@sha1:{HEAD}")).slug(), "up-to-date");
    assert_eq!(says(&branch, &format!("main/{HEAD}")).slug(), "up-to-date", "as Flux wrote it before 2.0");
    let behind = HeadState::Behind { fetched: "main@86058ad".into(), head: "main@4f1c000".into() };
    assert_eq!(says(&branch, "main@sha1:86058ad000000000000000000000000000000000"), behind);
    let versions = GitReference::Versions("1.x".into());
    assert_eq!(says(&versions, "v1.10.0@sha1:cc").slug(), "up-to-date", "of an annotated tag the commit counts");
    assert_eq!(says(&versions, "v1.9.0@sha1:aa").slug(), "behind");
    assert_eq!(says(&GitReference::Branch("gone".into()), "gone@sha1:aa").slug(), "failed");
    assert_eq!(says(&GitReference::Versions("9.x".into()), "").slug(), "failed");

    let published =
        |names: &[&str]| Published::new(names.iter().map(|name| PublishedVersion::named(*name)).collect(), Timestamp::UNIX_EPOCH);
    let of = |revision: &str| json!({"status": {"artifact": {"revision": revision}}});
    let all = published(&["1.4.0", "1.5.0", "2.0.0"]);
    assert_eq!(of_versions("1.x", &of("1.5.0"), &all).slug(), "up-to-date");
    assert_eq!(of_versions("1.x", &of("1.5.0@sha256:00"), &all).slug(), "up-to-date");
    assert_eq!(of_versions("1.x", &of("1.4.0"), &all), HeadState::Behind { fetched: "1.4.0".into(), head: "1.5.0".into() });
    assert_eq!(of_versions("3.x", &of("1.4.0"), &all).slug(), "failed");
    let cut = Published { cut: Some("the list is too long"), ..published(&["1.4.0"]) };
    assert_eq!(of_versions("3.x", &of("1.4.0"), &cut).slug(), "not-asked", "what is not listed may be there");
    assert_eq!(of_digest("latest", &of("latest@sha256:00"), "sha256:00").slug(), "up-to-date");
    assert_eq!(of_digest("latest", &of("latest@sha256:00"), "sha256:11").slug(), "behind");
}

#[test]
fn what_remotes_say_is_in_the_order_of_what_has_to_be_done() {
    let heads = BTreeMap::from([
        (reference("gitrepo apps/a"), HeadState::UpToDate("main@1".into())),
        (reference("gitrepo apps/b"), HeadState::NotAsked("it is pinned".into())),
        (reference("gitrepo apps/c"), HeadState::Behind { fetched: "main@1".into(), head: "main@2".into() }),
    ]);
    assert_eq!(
        rows_of(&Pulse::default(), &heads),
        [
            "remotes | GitRepository apps/c | behind | the remote has main@2, fetched is main@1",
            "remotes | GitRepository apps/a | up to date | main@1",
            "remotes | GitRepository apps/b | not asked | it is pinned",
        ]
    );
}

#[test]
fn hostile_names_of_a_remote_reach_no_screen_as_they_are() {
    let found = vec![("ee".to_owned(), "refs/tags/v1.0.0".to_owned())];
    let reference = GitReference::Branch("a\u{1b}[2Jb".into());
    let says = of_references(&reference, &git(&json!(null), "a\u{1b}[2Jb@sha1:11"), &found).says();
    assert!(!says.contains('\u{1b}'), "{says}");
    assert!(ready("True", "", "")["status"] == "True");
}
