//! A cluster, and a repository that it applies, full of secrets.

use std::path::Path;
use std::process::Command;

use fluxdeck::demo::{User, World};
use fluxdeck::records::Snapshot;
use serde_json::{Value, json};

use super::PLAIN;
use crate::flows::driver::fleet;

/// Where the cluster's Kustomization `web/web` comes from; the recorded places where it is none.
#[derive(Clone, Default)]
pub struct Git {
    pub url: String,
    pub commit: String,
}

/// What git says of Deployment `web/web`: something else than the cluster has, with secrets in it.
const MANIFEST: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
  annotations: {ops/note: made with token ghp_PLANTEDGIT0123456789ab, plain: here}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.test/web:4.5.0
        args: [--password=PLANTEDGIT, --token, PLANTEDGIT, plain]
        env:
        - {name: DATABASE_URL, value: 'postgres://bot:${db_password}@db/y'}
        - {name: API_TOKEN, value: PLANTEDGIT}
        - {name: PLAIN, value: other}
";

impl Git {
    /// Makes a repository in a folder, whose remote is `url`.
    pub fn make(folder: &Path, url: &str) -> Self {
        let path = folder.join("deploy/web");
        std::fs::create_dir_all(&path).expect("a folder of ours");
        std::fs::write(path.join("deployment.yaml"), MANIFEST).expect("a folder of ours");
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(folder).args(["-c", "user.name=ana", "-c", "user.email=ana@example.test"]).args(arguments);
            let ran = command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").output().expect("git");
            assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
            String::from_utf8_lossy(&ran.stdout).trim().to_owned()
        };
        git(&["init", "-q", "-b", "main"]);
        git(&["add", "."]);
        git(&["commit", "-q", "-m", "web"]);
        git(&["remote", "add", "origin", url]);
        Self { url: url.to_owned(), commit: git(&["rev-parse", "HEAD"]) }
    }

    /// Lets the cluster have applied it.
    fn place(&self, kind: &str, object: &mut Value) {
        let name = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let revision = format!("main@sha1:{}", self.commit);
        match (kind, &*name("namespace"), &*name("name")) {
            _ if self.commit.is_empty() => {}
            ("GitRepository", "flux-apps", "apps") => {
                object["spec"]["url"] = self.url.as_str().into();
                object["status"]["artifact"]["revision"] = revision.into();
            }
            ("Kustomization", "web", "web") => {
                object["status"]["lastAppliedRevision"] = revision.as_str().into();
                object["status"]["lastAttemptedRevision"] = revision.into();
            }
            _ => {}
        }
    }
}

/// The fleet with secrets in every place where people and controllers put them.
fn cluster(git: &Git) -> Snapshot {
    let mut snapshot = (*fleet()).clone();
    for kind in &mut snapshot.kinds {
        for object in &mut kind.objects {
            plant(&kind.kind, object);
            git.place(&kind.kind, object);
        }
    }
    for event in &mut snapshot.events {
        event["message"] = "cannot fetch https://bot:PLANTEDEVENT@git.example.test/fleet.git".into();
    }
    snapshot
}

fn plant(kind: &str, object: &mut Value) {
    let applied = json!({"spec": {"url": "https://bot:PLANTEDAPPLIED@git.example.test/x", "password": "PLANTEDAPPLIED"}});
    object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.to_string().into();
    object["metadata"]["annotations"]["tool/applied"] = json!({"data": {"plain": PLAIN}}).to_string().into();
    object["metadata"]["annotations"]["tool/lines"] = format!("spec:\n  plain: {PLAIN}\n").into();
    object["metadata"]["annotations"]["ops/note"] = "made with token ghp_PLANTEDNOTE0123456789".into();
    let message = "unable to clone 'https://bot:PLANTEDMESSAGE@git.example.test/fleet.git': Authorization: Bearer PLANTEDBEARER";
    for condition in object.pointer_mut("/status/conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        condition["message"] = message.into();
    }
    match kind {
        "GitRepository" => object["spec"]["url"] = "https://bot:PLANTEDURL@git.example.test/fleet.git".into(),
        "Provider" => object["spec"]["address"] = "https://chat.example.test/hooks/PLANTEDADDRESS".into(),
        "HelmRelease" => {
            object["spec"]["values"] = json!({"auth": {"adminPassword": "PLANTEDVALUE"}, "plain": PLAIN});
            object["spec"]["postRenderers"] =
                json!([{"kustomize": {"patches": [{"patch": PLAIN, "target": {"kind": "Deployment"}}]}}]);
        }
        "Kustomization" => {
            object["spec"]["postBuild"]["substitute"] = json!({"db_password": "PLANTEDVARIABLE", "plain": PLAIN});
            object["spec"]["commonMetadata"] = json!({"annotations": {"plain": PLAIN}});
        }
        "Alert" => object["spec"]["eventMetadata"] = json!({"password": "PLANTEDEVENTDATA", "plain": PLAIN}),
        "ConfigMap" => object["data"] = json!({"plain": PLAIN}),
        "Secret" => object["data"] = json!({"password": "UExBTlRFRFNFQ1JFVA=="}),
        "Deployment" => {
            let container = &mut object["spec"]["template"]["spec"]["containers"][0];
            container["env"] = json!([
                {"name": "DATABASE_URL", "value": "postgres://bot:PLANTEDENV@db/x"},
                {"name": "API_TOKEN", "value": "PLANTEDENV"},
                {"name": "PLAIN", "value": PLAIN},
            ]);
            container["args"] = json!(["--password=PLANTEDARGUMENT", "--token", "PLANTEDARGUMENT", PLAIN]);
            let header = json!({"name": "Authorization", "value": "Bearer PLANTEDHEADER"});
            let plain = json!({"name": "X-Door", "value": PLAIN});
            container["livenessProbe"] = json!({"httpGet": {"path": "/", "port": 80, "httpHeaders": [header, plain]}});
        }
        _ => {}
    }
}

/// Serves the cluster behind a port, until the process of the tests ends. Returns the port.
pub fn serve() -> u16 {
    serve_of(Git::default())
}

/// The same of a cluster that applies a repository.
pub fn serve_of(git: Git) -> u16 {
    let (sender, port) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let snapshot = cluster(&git);
            let world = World::start(&snapshot, jiff::Timestamp::now(), None);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send(listener.local_addr().expect("an address").port()).expect("somebody waits");
            tokio::join!(world.run(), world.serve(listener, vec![("door".to_owned(), User::admin())]));
        });
    });
    port.recv().expect("a port")
}
