//! A repository on the forge of the bed with a namespace of the cluster that it is applied to: what a test changes through git.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bed::Bed;
use crate::support::program::{Fluxdeck, Ran};
use crate::support::within;

/// How long the forge and Flux may need.
pub const SOON: Duration = Duration::from_secs(60);
/// A repository, a Kustomization that applies it, and a namespace of a test's own: what belongs to the bed stays as it is.
pub struct Shop<'a> {
    pub bed: &'a Bed,
    /// Of all of them.
    pub name: String,
}

impl<'a> Shop<'a> {
    /// With one Deployment.
    pub fn new(bed: &'a Bed, word: &str) -> Self {
        Self::of(bed, word, &[("deploy/web.yaml", DEPLOYMENT)])
    }

    /// With these files; `deploy` is applied, and the Deployment `web` in it has two replicas. `SHOP` in a text is the name of all of them.
    pub fn of(bed: &'a Bed, word: &str, files: &[(&str, &str)]) -> Self {
        let shop = Self { bed, name: format!("changes-{word}-{}", std::process::id()) };
        let new = json!({"name": shop.name, "private": false, "auto_init": true, "default_branch": "main"});
        // one that is empty has no pull requests until the forge has looked at the first push, which it does later
        let path = format!("{}/api/v1/user/repos", bed.value("BED_FORGE_URL"));
        assert_eq!(request(bed, "POST", &path, &new)["name"], shop.name.as_str());
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text.replace("SHOP", &shop.name)).expect("a file");
        }
        git(folder.path(), &["init", "-q", "-b", "main"]);
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["-c", "user.name=ops", "-c", "user.email=ops@example.test", "commit", "-q", "-m", "web"]);
        git(folder.path(), &["push", "-q", "--force", &address(bed, &shop.name), "HEAD:main"]);
        let meta = || json!({"name": shop.name, "namespace": shop.name});
        bed.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": shop.name}}), &[]);
        let url = format!("{}/ops/{}.git", bed.value("BED_FORGE_URL"), shop.name);
        bed.apply(
            &json!({
                "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": meta(),
                "spec": {"interval": "1h", "url": url, "ref": {"branch": "main"}},
            }),
            &[],
        );
        bed.apply(
            &json!({
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": meta(),
                "spec": {
                    "interval": "1h", "path": "./deploy", "prune": true, "targetNamespace": shop.name,
                    "sourceRef": {"kind": "GitRepository", "name": shop.name},
                },
            }),
            &[],
        );
        within(SOON, || (shop.replicas() == "2").then_some(())).expect("it is applied");
        shop
    }

    pub fn replicas(&self) -> String {
        self.reads("deployment/web", ".spec.replicas")
    }

    /// What a field of an object in the cluster reads.
    pub fn reads(&self, object: &str, path: &str) -> String {
        let mut command = self.bed.kubectl_as("admin");
        command.args(["-n", &self.name, "get", object, "-o", &format!("jsonpath={{{path}}}")]);
        String::from_utf8_lossy(&command.output().expect("kubectl").stdout).trim().to_owned()
    }

    /// The lines of a pull request that go and come, without the headings.
    pub fn lines(&self, number: u64) -> Vec<String> {
        let bed = self.bed;
        let url = format!("{}/ops/{}/pulls/{number}.diff", bed.value("BED_FORGE_URL"), self.name);
        let login = format!("{}:{}", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN"));
        let done = Command::new("curl").args(["-sS", "-u", &login, &url]).output().expect("curl");
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let is_line = |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
        text.lines().filter(is_line).map(str::to_owned).collect()
    }

    pub fn scale(&self, user: &Fluxdeck, replicas: u32, more: &[&str]) -> Ran {
        let set = format!("replicas={replicas}");
        user.run(&[&["run", "scale", "deployment/web", "-n", &self.name, "--set", &set], more].concat())
    }

    /// Scales, merges as the forge does, lets Flux fetch, and follows to the pods.
    pub fn rolled_out(&self, user: &Fluxdeck, replicas: u32, how: &str) -> Ran {
        std::thread::scope(|scope| {
            let ran = scope.spawn(|| self.scale(user, replicas, &["--wait", "ready", "-o", "json"]));
            let number = within(SOON, || open(self.bed, &self.name).first().map(|(number, _)| *number));
            let Some(number) = number else { panic!("it is not opened: {:?}", ran.join()) };
            merge(self.bed, &self.name, number, how);
            let reconciled = user.run(&["reconcile", "ks", &self.name, "-n", &self.name, "--with-source"]);
            assert_eq!(reconciled.code, 0, "{reconciled:?}");
            ran.join().expect("it ends")
        })
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        // without its Kustomization what that applied is pruned
        for kind in ["kustomization.kustomize.toolkit.fluxcd.io", "gitrepository.source.toolkit.fluxcd.io"] {
            let _ = self.bed.kubectl_as("admin").args(["-n", &self.name, "delete", kind, &self.name]).output();
        }
        let _ = self.bed.kubectl_as("admin").args(["delete", "namespace", &self.name]).output();
        api(self.bed, "DELETE", &self.name, &Value::Null);
    }
}

pub const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2 # as many as are needed
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.invalid/web:1.0 # pinned
        resources:
          requests: {cpu: 10m} # measured
";

pub fn address(bed: &Bed, repository: &str) -> String {
    let host = bed.value("BED_FORGE_URL").trim_start_matches("http://");
    format!("http://{}:{}@{host}/ops/{repository}.git", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN"))
}

pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let done =
        Command::new("git").args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").output().expect("git");
    assert!(done.status.success() || std::thread::panicking(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A user of the bed with a login at its forge.
pub fn user(bed: &Bed, kubeconfig: &str) -> Fluxdeck {
    let user = Fluxdeck::with(&bed.kubeconfig(kubeconfig));
    let (scheme, rest) = bed.value("BED_GIT_URL").split_once("://").expect("an URL");
    let host = rest.split('/').next().expect("a host");
    let login = format!("{}:{}", bed.value("BED_FORGE_USER"), bed.value("BED_FORGE_TOKEN"));
    user.write(".git-credentials", &format!("{scheme}://{login}@{host}\n"));
    user.write(".gitconfig", "[user]\n\tname = Ana\n\temail = ana@example.com\n[credential]\n\thelper = store\n");
    user
}

pub fn api(bed: &Bed, method: &str, path: &str, body: &Value) -> Value {
    request(bed, method, &format!("{}/api/v1/repos/ops/{path}", bed.value("BED_FORGE_URL")), body)
}

pub fn request(bed: &Bed, method: &str, url: &str, body: &Value) -> Value {
    let mut command = Command::new("curl");
    command.args(["-sS", "-X", method, "-H", &format!("Authorization: token {}", bed.value("BED_FORGE_TOKEN"))]);
    command.args(["-H", "Content-Type: application/json"]);
    if !body.is_null() {
        command.args(["-d", &body.to_string()]);
    }
    let done = command.arg(url).output().expect("curl");
    serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The open pull requests of a repository: number and title.
pub fn open(bed: &Bed, repository: &str) -> Vec<(u64, String)> {
    let all = api(bed, "GET", &format!("{repository}/pulls?state=open"), &Value::Null);
    let one = |pull: &Value| Some((pull["number"].as_u64()?, pull["title"].as_str()?.to_owned()));
    all.as_array().into_iter().flatten().filter_map(one).collect()
}

pub fn merge(bed: &Bed, repository: &str, number: u64, how: &str) {
    // a forge computes for a while whether something can be merged
    let merged = within(SOON, || {
        api(bed, "POST", &format!("{repository}/pulls/{number}/merge"), &json!({"Do": how}));
        let pull = api(bed, "GET", &format!("{repository}/pulls/{number}"), &Value::Null);
        (pull["merged"] == true).then_some(())
    });
    assert!(merged.is_some(), "#{number} is merged");
}
