//! `fluxdeck drift` of a recorded cluster: what is applied from an artifact is a folder of the repository, and what only the cluster can
//! decrypt is not compared.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"];
    let done = Command::new("git").args(who).args(arguments).current_dir(folder).output().expect("git");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// An object as an API server has it.
fn object(version: &str, kind: &str, namespace: &str, name: &str, rest: &Value) -> Value {
    let meta = json!({
        "name": name, "namespace": namespace, "generation": 1, "uid": format!("{kind}-{name}"), "resourceVersion": "1",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    });
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": meta});
    rest.as_object().expect("fields").iter().for_each(|(key, value)| object[key] = value.clone());
    object
}

/// What `drift` prints of these objects, and of a repository with these files; `COMMIT` in an object is its commit.
fn drift(files: &[(&str, &str)], objects: &[Value]) -> String {
    drift_as_said(files, objects, &json!({}))
}

/// The same for a user who has said this of the sources of artifacts; `REPOSITORY` in it is the repository.
fn drift_as_said(files: &[(&str, &str)], objects: &[Value], said: &Value) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let repository = dir.path().join("repository");
    for (path, text) in files {
        let file = repository.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }
    git(&repository, &["init", "-q", "-b", "main"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "-q", "-m", "one"]);
    git(&repository, &["remote", "add", "origin", "https://git.example.test/fleet.git"]);
    let commit = git(&repository, &["rev-parse", "HEAD"]);
    let kind = |object: &Value| {
        let text = |key: &str| object[key].as_str().expect("a text").to_owned();
        let version = text("apiVersion");
        let (group, version) = version.rsplit_once('/').unwrap_or(("", &version));
        let plural = text("kind").to_lowercase().replace("repository", "repositorie") + "s";
        json!({"group": group, "version": version, "kind": text("kind"), "plural": plural, "namespaced": true, "restricted": false, "objects": [object]})
    };
    // objects of one kind are together
    let mut kinds: Vec<Value> = Vec::new();
    for one in objects.iter().map(kind) {
        match kinds.iter_mut().find(|known| known["kind"] == one["kind"] && known["group"] == one["group"]) {
            Some(known) => known["objects"].as_array_mut().expect("a list").push(one["objects"][0].clone()),
            None => kinds.push(one),
        }
    }
    let snapshot = json!({
        "fluxdeck": 1, "taken": "2026-11-28T00:00:00Z", "context": "case", "kubernetes": "v1.36.4", "flux": "2.9.4", "events": [],
        "kinds": kinds,
    });
    let file = std::fs::File::create(dir.path().join("live")).expect("made");
    let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    file.write_all(snapshot.to_string().replace("COMMIT", &commit).as_bytes()).expect("written");
    file.finish().expect("written");
    let state = dir.path().join(".local/state/fluxdeck");
    std::fs::create_dir_all(&state).expect("made");
    let said = said.to_string().replace("REPOSITORY", &repository.display().to_string());
    std::fs::write(state.join("sources.json"), said).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fluxdeck"));
    command.args(["drift", "--from", "live", "--repo", "repository", "-A"]).current_dir(dir.path());
    let ran = command.env_clear().env("HOME", dir.path()).env("GIT_CEILING_DIRECTORIES", "/").output().expect("fluxdeck starts");
    String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr)
}

fn kustomization(source: &str, spec: &Value, status: &Value) -> Value {
    let ready =
        json!([{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "", "observedGeneration": 1}]);
    let mut status = status.clone();
    (status["observedGeneration"], status["conditions"]) = (json!(1), ready);
    let mut spec = spec.clone();
    spec["sourceRef"] = json!({"kind": source, "name": "fleet"});
    object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "apps", &json!({"spec": spec, "status": status}))
}

fn map(name: &str, zone: &str) -> Value {
    object("v1", "ConfigMap", "web", name, &json!({"data": {"zone": zone}}))
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\ndata: {zone: git}\n";

#[test]
fn an_artifact_is_compared_with_the_folder_that_it_is_made_from() {
    let of = |kind: &str, spec: Value, metadata: Value| {
        let source = object(
            "source.toolkit.fluxcd.io/v1",
            kind,
            "flux-system",
            "fleet",
            &json!({"spec": spec, "status": {"artifact": {"revision": "latest@sha256:aa", "metadata": metadata}}}),
        );
        let status = json!({
            "lastAppliedRevision": "latest@sha256:aa", "lastAppliedOriginRevision": "main@sha1:COMMIT",
            "inventory": {"entries": [{"id": "web_a__ConfigMap", "v": "v1"}]},
        });
        vec![source, kustomization(kind, &json!({"path": "./configs"}), &status), map("a", "live")]
    };
    let claims = json!({"org.opencontainers.image.source": "https://git.example.test/fleet.git"});
    let oci = of("OCIRepository", json!({"url": "oci://ghcr.io/acme/fleet"}), claims);
    let push = ".github/workflows/push.yaml";
    let said = "[[artifacts]]\nurl = \"oci://ghcr.io/acme/fleet\"\npath = \"two\"\n";
    let command = "run: flux push artifact oci://ghcr.io/acme/fleet:latest --path=./one\n";
    for (files, found) in [
        (vec![("one/configs/a.yaml", MAP)], Some("one/configs/a.yaml:4")),
        (vec![("one/configs/a.yaml", MAP), ("two/configs/a.yaml", MAP), (push, command)], Some("one/configs/a.yaml:4")),
        (vec![("one/configs/a.yaml", MAP), ("two/configs/a.yaml", MAP), (".fluxdeck.toml", said)], Some("two/configs/a.yaml:4")),
        (vec![("one/configs/a.yaml", MAP), ("two/configs/a.yaml", MAP)], None),
    ] {
        let printed = drift(&files, &oci);
        match found {
            Some(place) => assert!(printed.contains(place) && printed.contains("1 drifted"), "{printed}"),
            None => assert!(printed.contains("artifact is made from is not known"), "{printed}"),
        }
    }
    // it says nothing of a repository; what a person has said of it is asked for no more
    let bucket = of("Bucket", json!({"endpoint": "s3.test", "bucketName": "b"}), json!({}));
    let files = [("one/configs/a.yaml", MAP), ("two/configs/a.yaml", MAP)];
    assert!(drift(&files, &bucket).contains("Bucket flux-system/fleet does not say which git repository it is made from"));
    for (repository, root, place) in
        [("https://git.example.test/fleet.git", "two", "two/configs/a.yaml:4"), ("REPOSITORY", "one", "one/configs/a.yaml:4")]
    {
        let from = json!({"repository": repository, "branch": "", "root": root, "at": "2026-11-01T00:00:00Z"});
        let printed = drift_as_said(&files, &bucket, &json!({"bucket://s3.test/b": from}));
        assert!(printed.contains(place) && printed.contains("1 drifted"), "{printed}");
    }
    let mut without = bucket;
    without[1]["status"].as_object_mut().expect("a status").remove("lastAppliedOriginRevision");
    let from = json!({"repository": "REPOSITORY", "branch": "", "root": "one", "at": "2026-11-01T00:00:00Z"});
    let printed = drift_as_said(&files, &without, &json!({"bucket://s3.test/b": from}));
    assert!(printed.contains("Bucket flux-system/fleet does not say which commit it is made from"), "{printed}");
}

#[test]
fn what_only_the_cluster_can_decrypt_is_neither_missing_nor_drifted() {
    let source = object(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "flux-system",
        "fleet",
        &json!({"spec": {"url": "https://git.example.test/fleet.git"}, "status": {"artifact": {"revision": "main@sha1:COMMIT"}}}),
    );
    let spec = json!({"path": "./app", "decryption": {"provider": "sops"}});
    let apps = kustomization("GitRepository", &spec, &json!({"lastAppliedRevision": "main@sha1:COMMIT"}));
    let container = |text: &str| json!([{"name": "web", "image": "web", "env": [{"name": "A", "value": text}], "envFrom": [{"secretRef": {"name": "files-7k2t7h8m4c"}}]}]);
    let web = |text: &str| {
        let spec = json!({"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": container(text)}}});
        object("apps/v1", "Deployment", "web", "web", &json!({"spec": spec}))
    };
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: web, envFrom: [{secretRef: {name: files}}]}]\n";
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: web, env: [{name: A, value: \"ENC[AES256_GCM,data:x,type:str]\"}]}]\nsops: {mac: x}\n";
    let files = [
        (
            "app/kustomization.yaml",
            "namespace: web\nresources: [web.yaml]\nsecretGenerator: [{name: files, files: [a.yaml]}]\npatches: [{path: patch.yaml}]\n",
        ),
        ("app/web.yaml", manifest),
        ("app/patch.yaml", patch),
        ("app/a.yaml", "a: ENC[AES256_GCM,data:z,type:str]\nsops: {mac: x}\n"),
    ];
    let mut live = web("opened");
    live["metadata"]["labels"] =
        json!({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
    let printed = drift(&files, &[source.clone(), apps.clone(), live.clone()]);
    assert!(printed.contains("1 object compared, 0 drifted") && printed.contains("Secret web/files-…"), "{printed}");
    live["spec"]["replicas"] = json!(2);
    assert!(drift(&files, &[source, apps, live]).contains("spec.replicas"));
}

/// What an ArtifactGenerator puts together of one repository is built as it puts it together, at the commit that is written down, or that it
/// has seen last.
#[test]
fn what_a_generator_copies_is_compared_with_the_files_that_it_copies() {
    let (digest, url) = ("sha256:bb", "http://source-controller/fleet.tar.gz");
    let source = |name: &str, url_of: &str| {
        let artifact = json!({"revision": "main@sha1:COMMIT", "digest": digest, "url": url});
        let rest = json!({"spec": {"url": url_of}, "status": {"artifact": artifact}});
        object("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", name, &rest)
    };
    let of = |revision: &str, observed: &str, copies: Value, sources: Value| {
        let spec = json!({"sources": sources, "artifacts": [{"name": "fleet", "copy": copies}]});
        let generator = object(
            "source.extensions.fluxcd.io/v1beta1",
            "ArtifactGenerator",
            "flux-system",
            "split",
            &json!({"spec": spec, "status": {"observedSourcesDigest": observed}}),
        );
        let by = json!({"apiVersion": "source.extensions.fluxcd.io/v1beta1", "kind": "ArtifactGenerator", "name": "split"});
        let made = object(
            "source.toolkit.fluxcd.io/v1",
            "ExternalArtifact",
            "flux-system",
            "fleet",
            &json!({"spec": {"sourceRef": by}, "status": {"artifact": {"revision": revision}}}),
        );
        let status = json!({"lastAppliedRevision": revision, "inventory": {"entries": [{"id": "web_a__ConfigMap", "v": "v1"}]}});
        let applied = kustomization("ExternalArtifact", &json!({"path": "./configs"}), &status);
        vec![source("git", "https://git.example.test/fleet.git"), generator, made, applied, map("a", "live")]
    };
    let files = [("deploy/base/a.yaml", MAP), ("deploy/other/b.yaml", &MAP.replace("name: a", "name: b"))];
    let one = json!([{"alias": "git", "kind": "GitRepository", "name": "git"}]);
    let copies = json!([{"from": "@git/deploy/**", "to": "@artifact/all/"}, {"from": "@git/deploy/base/a.yaml", "to": "@artifact/configs/"}]);

    let printed = drift(&files, &of("main@sha1:COMMIT", "", copies.clone(), one.clone()));
    assert!(printed.contains("deploy/base/a.yaml:4") && printed.contains("1 object compared, 1 drifted"), "{printed}");
    // by its content alone: known while the generator has seen what the source has
    let by_content = of("latest@sha256:cc", "sha256:00", copies.clone(), one.clone());
    let printed = drift(&files, &by_content);
    assert!(printed.contains("its sources have moved since"), "{printed}");
    let gone = of("main@sha1:COMMIT", "", json!([{"from": "@git/nowhere/*", "to": "@artifact/"}]), one);
    let printed = drift(&files, &gone);
    assert!(printed.contains("copy from `@git/nowhere/*` to `@artifact/`: nothing matches"), "{printed}");

    let two = json!([
        {"alias": "git", "kind": "GitRepository", "name": "git"}, {"alias": "more", "kind": "GitRepository", "name": "more"},
    ]);
    let mut several = of("main@sha1:COMMIT", "", copies, two);
    several.push(source("more", "https://git.example.test/other.git"));
    let printed = drift(&files, &several);
    assert!(printed.contains("is made of several repositories"), "{printed}");
}
