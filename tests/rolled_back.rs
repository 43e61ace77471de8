//! `fluxdeck run roll-back` without a cluster: whatever a commit broke, the patch is its exact inverse, and git takes it.

use std::process::Output;

use crate::support::program::Fluxdeck;

const CLUSTER: &str = "clusters/prod/apps.yaml";
const LISTED: &str = "apps/web/kustomization.yaml";
const WORKLOAD: &str = "apps/web/web.yaml";
const SETTINGS: &str = "apps/web/settings.yaml";
const FILES: &[(&str, &str)] = &[
    (
        "clusters/prod/root.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  interval: 1h\n  path: ./clusters/prod\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n",
    ),
    (
        CLUSTER,
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec:\n  interval: 1h\n  path: ./apps/web\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: api, namespace: flux-system}\nspec:\n  interval: 1h\n  dependsOn: [{name: web}]\n  path: ./apps/api\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n",
    ),
    (LISTED, "resources:\n- web.yaml\n- settings.yaml\n"),
    (
        WORKLOAD,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: web\nspec:\n  replicas: 2 # as many as are needed\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: registry.invalid/web:1.0 # pinned\n        envFrom:\n        - configMapRef: {name: settings}\n",
    ),
    (SETTINGS, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: web\ndata: {color: blue}\n"),
    ("apps/api/kustomization.yaml", "resources: [api.yaml]\n"),
    ("apps/api/api.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: api, namespace: api}\ndata: {a: b}\n"),
    ("README.md", "# fleet\n"),
];

/// A repository of a user with one good commit.
struct Repository {
    user: Fluxdeck,
}

impl Repository {
    fn new() -> Self {
        let user = Fluxdeck::new();
        for (path, text) in FILES {
            let path = user.file("repo").join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let repository = Self { user };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit("begun");
        repository
    }

    fn done(&self, arguments: &[&str]) -> Output {
        let mut command = self.user.command("git");
        command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.test", "-C"]).arg(self.user.file("repo"));
        command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.output().expect("git")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = self.done(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn commit(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", subject]);
    }

    /// Replaces a part of a file; all of it by nothing: the file goes.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let at = self.user.file("repo").join(path);
        if (from, to) == ("", "") {
            return std::fs::remove_file(at).expect("removed");
        }
        let text = std::fs::read_to_string(&at).expect(path);
        assert!(text.contains(from), "{path}: {from}");
        std::fs::write(at, text.replacen(from, to, 1)).expect(path);
    }

    /// What `run roll-back` prints, with these arguments.
    fn rolled_back(&self, object: &str, more: &[&str]) -> crate::support::program::Ran {
        let repo = self.user.file("repo").display().to_string();
        self.user.run(&[&["run", "roll-back", object, "--repo", &repo, "--dry-run", "-o", "patch"], more].concat())
    }

    /// Applies a patch, and compares the files with those of a commit.
    fn is_as(&self, patch: &str, commit: &str, what: &str) {
        let file = self.user.write("back.patch", patch);
        self.git(&["apply", "--index", &file.display().to_string()]);
        let left = self.git(&["diff", "--cached", commit]);
        assert_eq!(left, "", "{what}");
        self.git(&["reset", "-q", "--hard"]);
    }
}

/// A file, a part of its text, and what that becomes.
type TextEdit = (&'static str, &'static str, &'static str);

#[test]
fn whatever_a_commit_broke_the_patch_is_its_exact_inverse() {
    let broken: &[(&str, &[TextEdit])] = &[
        ("a bad image", &[(WORKLOAD, "web:1.0", "web:nope")]),
        ("a bad value", &[(WORKLOAD, "replicas: 2", "replicas: many")]),
        ("not YAML", &[(WORKLOAD, "spec:\n", "spec: [\n")]),
        ("a missing ConfigMap", &[(LISTED, "- settings.yaml\n", ""), (SETTINGS, "", "")]),
        ("a ConfigMap of another name", &[(WORKLOAD, "name: settings", "name: setting")]),
        ("a circular dependsOn", &[(CLUSTER, "  path: ./apps/web\n", "  dependsOn: [{name: api}]\n  path: ./apps/web\n")]),
        ("a Secret that is gone", &[(WORKLOAD, "configMapRef: {name: settings}", "secretRef: {name: gone}")]),
    ];
    for (what, edits) in broken {
        let repository = Repository::new();
        edits.iter().for_each(|(path, from, to)| repository.edit(path, from, to));
        repository.commit(what);
        let ran = repository.rolled_back("ks/web", &[]);
        assert_eq!(ran.code, 0, "{what}: {ran:?}");
        repository.is_as(&ran.out, "HEAD~1", what);
    }
}

#[test]
fn the_rest_of_the_commit_stays_unless_all_of_it_is_wanted() {
    let repository = Repository::new();
    repository.edit(WORKLOAD, "web:1.0", "web:2.0");
    repository.edit("README.md", "# fleet", "# the fleet");
    repository.commit("web 2.0, and a better name");
    let commit = repository.git(&["rev-parse", "HEAD"]);
    repository.edit("apps/api/api.yaml", "a: b", "a: c");
    repository.commit("api");
    let ran = repository.rolled_back("deploy/web", &["-n", "web"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("+        image: registry.invalid/web:1.0 # pinned") && !ran.out.contains("README"), "{ran:?}");
    assert!(ran.err.contains("also changed, which stays: README.md"), "{ran:?}");

    let ran = repository.rolled_back("ks/web", &["--set", "scope=commit", "--set", &format!("version={}", &commit[..9])]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("-# the fleet") && ran.out.contains("+# fleet") && !ran.out.contains("api.yaml"), "{ran:?}");
}

#[test]
fn what_cannot_be_taken_back_says_why() {
    let repository = Repository::new();
    let first = repository.rolled_back("ks/web", &["--set", "version=HEAD"]);
    assert!(first.code != 0 && first.err.contains("is the first commit of the history"), "{first:?}");
    let none = repository.rolled_back("ks/web", &["--set", "version=0123456789"]);
    assert_ne!(none.code, 0, "{none:?}");
    let several = repository.rolled_back("ks/web", &["ks/api"]);
    assert!(several.code != 0 && several.err.contains("one object is rolled back at a time"), "{several:?}");

    repository.edit(WORKLOAD, "web:1.0", "web:2.0");
    repository.commit("web 2.0");
    repository.edit(WORKLOAD, "web:2.0", "web:3.0");
    repository.commit("web 3.0");
    let whole = repository.rolled_back("ks/web", &["--set", "scope=commit", "--set", "version=HEAD~1"]);
    assert!(whole.code != 0 && whole.err.contains("apps/web/web.yaml:14 was changed again since"), "{whole:?}");
    let both = repository.rolled_back("ks/web", &["--set", "version=HEAD~1"]);
    assert_eq!(both.code, 0, "{both:?}");
    repository.is_as(&both.out, "HEAD~2", "both commits");
}
