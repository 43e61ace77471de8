//! Commits taken back, on histories in memory: what belongs to an object, what stays, and what is refused.

use std::sync::Arc;

use super::super::tests::{TestRepo, meant};
use super::super::{ChangePlan, ChangeScope, CheckResult, PlanOutcome, Refused, TakenBack, TakenCommit};
use super::{Back, PastCommit, PastFile, history_paths, plan};
use crate::error::Result;
use crate::render::tree::Memory;

/// The files of a repository at one time.
type Files = Vec<(String, String)>;

const CLUSTER: &str = "clusters/prod/apps.yaml";
const APPLIED: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME, namespace: flux-system}
spec:
  path: ./apps/NAME
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
";
const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: web
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: web
        image: web:1
        envFrom:
        - configMapRef: {name: settings}
";
const SETTINGS: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: web\ndata:\n  color: blue\n  size: \"1\"\n";
const API: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n  namespace: api\nspec:\n  replicas: 1\n";

/// Two Kustomizations of one cluster, each with a folder of its own.
fn begun() -> Files {
    let of = |name: &str| APPLIED.replace("NAME", name);
    let all = [
        ("clusters/prod/root.yaml", of("flux-system").replace("./apps/flux-system", "./clusters/prod")),
        (CLUSTER, format!("{}---\n{}", of("web"), of("api"))),
        ("apps/web/kustomization.yaml", "resources:\n- web.yaml\n- settings.yaml\n".to_owned()),
        ("apps/web/web.yaml", WEB.to_owned()),
        ("apps/web/settings.yaml", SETTINGS.to_owned()),
        ("apps/api/kustomization.yaml", "resources:\n- api.yaml\n".to_owned()),
        ("apps/api/api.yaml", API.to_owned()),
        ("README.md", "# fleet\n".to_owned()),
    ];
    all.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
}

/// The files with other texts in some of them; a path with no text is gone.
fn with(files: &Files, edits: &[(&str, Option<&str>)]) -> Files {
    let mut all = files.clone();
    for (path, text) in edits {
        all.retain(|(known, _)| known != path);
        all.extend(text.map(|text| ((*path).to_owned(), text.to_owned())));
    }
    all.sort();
    all
}

/// A file with another text in place of a part of it.
fn other(files: &Files, path: &str, from: &str, to: &str) -> Files {
    let text = text_of(files, path).expect(path);
    assert!(text.contains(from), "{path}: {from}");
    with(files, &[(path, Some(&text.replacen(from, to, 1)))])
}

fn text_of(files: &Files, path: &str) -> Option<String> {
    files.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone())
}

fn tree(files: &Files) -> Memory {
    Memory::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

fn differences(before: &Files, after: &Files) -> Vec<PastFile> {
    let mut paths: Vec<&String> = before.iter().chain(after).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let bytes = |files: &Files, path: &str| text_of(files, path).map(|text| Arc::from(text.as_bytes()));
    let one = |path: &&String| PastFile {
        path: path.as_str().into(),
        before: bytes(before, path),
        after: bytes(after, path),
        is_text: true,
    };
    paths.iter().map(one).filter(|file| file.before != file.after).collect()
}

/// A history, the oldest first, of which the commits from one on are taken back; the last is the head.
struct Asked<'f> {
    history: &'f [Files],
    from: usize,
    is_whole: bool,
    is_wide: bool,
    suspends: bool,
}

impl<'f> Asked<'f> {
    fn of(history: &'f [Files], from: usize) -> Self {
        Self { history, from, is_whole: false, is_wide: false, suspends: false }
    }

    fn plan(&self, object: &str) -> Result<PlanOutcome> {
        let head = self.history.last().expect("a history");
        let texts: Vec<(&str, &str)> = head.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let repo = TestRepo { is_wide: self.is_wide, ..TestRepo::of(&texts, ChangeScope::Any) };
        let last = if self.is_whole { self.from + 1 } else { self.history.len() };
        let trees: Vec<Memory> = self.history.iter().map(tree).collect();
        let commit =
            |at: usize| TakenCommit { id: format!("{at:040}"), author: "ana".to_owned(), subject: format!("commit {at}") };
        let places: Vec<usize> = (self.from..last).rev().collect();
        let order = TakenBack {
            commits: places.iter().map(|at| commit(*at)).collect(),
            is_whole: self.is_whole,
            suspends: self.suspends,
        };
        let past = |at: &usize| PastCommit {
            commit: commit(*at),
            files: differences(&self.history[at - 1], &self.history[*at]),
            tree: &trees[*at],
        };
        let commits = places.iter().map(past).collect();
        let back = Back { order: &order, commits, past: Some(&trees[self.from - 1]) };
        let meant = meant(object)?;
        repo.within(|context, builds| plan(context, builds, &meant, &back))
    }

    fn planned(&self, object: &str) -> ChangePlan {
        match self.plan(object) {
            Ok(PlanOutcome::Planned(plan)) => plan,
            other => panic!("{object}: {other:?}"),
        }
    }

    fn refused(&self, object: &str) -> Refused {
        match self.plan(object) {
            Ok(PlanOutcome::Refused(refused)) => refused,
            other => panic!("{object}: {other:?}"),
        }
    }

    /// The files after the change.
    fn after(&self, plan: &ChangePlan) -> Files {
        let text = |bytes: &Arc<[u8]>| String::from_utf8(bytes.to_vec()).expect("text");
        let edits: Vec<_> = plan.files.iter().map(|file| (file.path.to_string(), file.after.as_ref().map(text))).collect();
        let edits: Vec<_> = edits.iter().map(|(path, text)| (path.as_str(), text.as_deref())).collect();
        with(self.history.last().expect("a history"), &edits)
    }
}

fn check(plan: &ChangePlan, name: &str) -> CheckResult {
    let all = plan.by_hand.as_ref().expect("one proof for all").checks.clone();
    all.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("{name}: {all:?}")).result
}

/// Every commit that breaks something is taken back to the byte, whatever breaks.
#[test]
fn a_commit_that_broke_a_kustomization_is_taken_back_to_the_byte() {
    let begun = begun();
    let listed = "apps/web/kustomization.yaml";
    let circular = other(&begun, CLUSTER, "  path: ./apps/api\n", "  dependsOn: [{name: web}]\n  path: ./apps/api\n");
    let unlisted = other(&begun, listed, "- settings.yaml\n", "");
    let more = with(&begun, &[("apps/web/more.yaml", Some(&SETTINGS.replace("settings", "more")))]);
    let windows = with(&begun, &[("apps/web/web.yaml", Some(&WEB.replace('\n', "\r\n")))]);
    let cut = with(&begun, &[("apps/web/web.yaml", Some(WEB.trim_end()))]);
    let moved =
        with(&begun, &[("apps/web/settings.yaml", None), ("apps/web/config.yaml", Some(&SETTINGS.replace("blue", "red")))]);
    for (what, before, after) in [
        ("another image", begun.clone(), other(&begun, "apps/web/web.yaml", "web:1", "web:nope")),
        ("a wrong value", begun.clone(), other(&begun, "apps/web/web.yaml", "replicas: 2", "replicas: lots")),
        ("not YAML", begun.clone(), other(&begun, "apps/web/web.yaml", "spec:\n", "spec: [\n")),
        ("another name for the ConfigMap", begun.clone(), other(&begun, "apps/web/web.yaml", "name: settings", "name: setting")),
        ("the ConfigMap is not listed", begun.clone(), unlisted.clone()),
        ("and its file is gone", begun.clone(), with(&unlisted, &[("apps/web/settings.yaml", None)])),
        ("its file alone is gone", begun.clone(), with(&begun, &[("apps/web/settings.yaml", None)])),
        ("it has another file", begun.clone(), other(&moved, listed, "- settings.yaml", "- config.yaml")),
        ("one more file", begun.clone(), other(&more, listed, "- web.yaml\n", "- web.yaml\n- more.yaml\n")),
        ("a file that is not there", begun.clone(), other(&begun, listed, "- web.yaml\n", "- web.yaml\n- none.yaml\n")),
        (
            "each waits for the other",
            circular.clone(),
            other(&circular, CLUSTER, "  path: ./apps/web\n", "  dependsOn: [{name: api}]\n  path: ./apps/web\n"),
        ),
        ("lines of Windows", windows.clone(), other(&windows, "apps/web/web.yaml", "web:1", "web:2")),
        ("no end of its last line", cut.clone(), other(&cut, "apps/web/web.yaml", "{name: settings}", "{name: other}")),
        (
            "the end of its last line goes",
            begun.clone(),
            with(&begun, &[("apps/web/web.yaml", Some(WEB.replace("web:1", "web:2").trim_end()))]),
        ),
        ("with a remark", begun.clone(), other(&begun, "apps/web/web.yaml", "  replicas: 2\n", "  # few\n  replicas: 0\n")),
    ] {
        let history = [before.clone(), after];
        let asked = Asked::of(&history, 1);
        let plan = asked.planned("kustomization/web");
        let mut expected = before;
        expected.sort();
        assert_eq!(asked.after(&plan), expected, "{what}");
        assert_eq!(check(&plan, "as before"), CheckResult::Passed, "{what}");
        assert!(!plan.cautions.iter().any(|caution| caution.text.contains("also changed")), "{what}: {:?}", plan.cautions);
    }
}

#[test]
fn what_belongs_to_others_stays_and_is_named() {
    let begun = begun();
    let web = other(&begun, "apps/web/web.yaml", "web:1", "web:2");
    let all = other(&other(&web, "apps/api/api.yaml", "replicas: 1", "replicas: 3"), "README.md", "# fleet", "# the fleet");
    let history = [begun.clone(), all.clone()];
    let asked = Asked::of(&history, 1);
    let plan = asked.planned("ks/web");
    assert_eq!(asked.after(&plan), with(&other(&all, "apps/web/web.yaml", "web:2", "web:1"), &[]));
    let texts: Vec<&str> = plan.cautions.iter().map(|caution| caution.text.as_str()).collect();
    assert!(
        texts[0].starts_with("0000000 \"commit 1\" by ana also changed, which stays: README.md, apps/api/api.yaml"),
        "{texts:?}"
    );
    let fields: Vec<_> = plan.done.iter().map(|one| (one.field.as_str(), one.after.as_deref())).collect();
    assert_eq!(fields, [("spec.template.spec.containers[name=web].image", Some("web:1"))]);
    assert_eq!(check(&plan, "others"), CheckResult::Passed);

    // all of the commit, as git would revert it: another Kustomization changes with it, which a person has to accept
    let whole = Asked { is_whole: true, ..Asked::of(&history, 1) };
    assert!(whole.refused("ks/web").why.contains("api would change with it"), "{:?}", whole.refused("ks/web"));
    let whole = Asked { is_wide: true, ..whole };
    let mut expected = begun;
    expected.sort();
    assert_eq!(whole.after(&whole.planned("ks/web")), expected);
}

#[test]
fn of_one_object_its_own_lines_and_what_it_takes_its_values_from() {
    let begun = begun();
    let image = other(&begun, "apps/web/web.yaml", "web:1", "web:2");
    let both = other(&image, "apps/web/settings.yaml", "color: blue", "color: red");
    let more = other(&both, "apps/web/kustomization.yaml", "- web.yaml\n", "- web.yaml\n- more.yaml\n");
    let more = with(&more, &[("apps/web/more.yaml", Some(&SETTINGS.replace("settings", "more")))]);
    let history = [begun, more.clone()];
    let asked = Asked::of(&history, 1);
    let plan = asked.planned("deploy/web");
    let expected = other(&other(&more, "apps/web/web.yaml", "web:2", "web:1"), "apps/web/settings.yaml", "red", "blue");
    assert_eq!(asked.after(&plan), expected);
    let asked = Asked::of(&history, 1);
    assert_eq!(asked.after(&asked.planned("cm/settings")), other(&more, "apps/web/settings.yaml", "red", "blue"));
    let refused = asked.refused("deploy/api");
    assert!(refused.why.contains("changed nothing of Deployment api/api"), "{refused:?}");
}

#[test]
fn an_image_entry_and_values_of_a_release_are_lines_like_others() {
    const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: web}
spec:
  chart: {spec: {chart: shop, version: 1.0.0, sourceRef: {kind: HelmRepository, name: shop}}}
  values:
    replicas: 2
    image:
      tag: \"1\"
";
    let images = "resources:\n- web.yaml\n- settings.yaml\n- shop.yaml\nimages:\n- name: web\n  newTag: \"5\"\n";
    let begun = with(&begun(), &[("apps/web/shop.yaml", Some(RELEASE)), ("apps/web/kustomization.yaml", Some(images))]);
    let tag = other(&begun, "apps/web/kustomization.yaml", "\"5\"", "\"6\"");
    let values = other(&other(&tag, "apps/web/shop.yaml", "replicas: 2", "replicas: 0"), "apps/web/shop.yaml", "\"1\"", "\"9\"");
    let history = [begun.clone(), values.clone()];
    let asked = Asked::of(&history, 1);
    assert_eq!(
        asked.after(&asked.planned("hr/shop")),
        with(&begun, &[("apps/web/kustomization.yaml", text_of(&values, "apps/web/kustomization.yaml").as_deref())])
    );
    assert_eq!(asked.after(&asked.planned("deploy/web")), other(&values, "apps/web/kustomization.yaml", "\"6\"", "\"5\""));
}

#[test]
fn several_commits_go_from_the_newest_to_the_one_that_is_meant() {
    let begun = begun();
    let first = other(&begun, "apps/web/web.yaml", "web:1", "web:2");
    let second = other(&first, "apps/api/api.yaml", "replicas: 1", "replicas: 2");
    let third = other(&second, "apps/web/web.yaml", "web:2", "web:3");
    let history = [begun, first, second.clone(), third.clone()];
    let back = |from: usize| {
        let asked = Asked::of(&history, from);
        text_of(&asked.after(&asked.planned("ks/web")), "apps/web/web.yaml")
    };
    assert_eq!(back(3), text_of(&second, "apps/web/web.yaml"));
    assert_eq!(back(1).as_deref(), Some(WEB));
    // one commit alone was followed by another one of the same line
    let whole = Asked { is_whole: true, ..Asked::of(&history, 1) };
    let refused = whole.refused("ks/web");
    assert!(refused.why.starts_with("apps/web/web.yaml:12 was changed again since 0000000 \"commit 1\" by ana"), "{refused:?}");
    // what has nothing to do with it is skipped
    assert_eq!(Asked::of(&history[..3], 2).refused("ks/web").field, "0000000");
    assert_eq!(text_of(&third, "apps/web/web.yaml").expect("a file"), WEB.replace("web:1", "web:3"));
}

#[test]
fn what_is_shared_needs_consent_and_what_is_guarded_is_left_alone() {
    let shared = |name: &str| format!("namespace: {name}\nresources:\n- ../../base\n");
    let begun = with(
        &begun(),
        &[
            ("base/kustomization.yaml", Some("resources: [cron.yaml]\n")),
            (
                "base/cron.yaml",
                Some("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tidy}\nspec:\n  schedule: \"1 * * * *\"\n"),
            ),
            ("apps/web/kustomization.yaml", Some(&shared("web"))),
            ("apps/api/kustomization.yaml", Some(&shared("api"))),
        ],
    );
    let history = [begun.clone(), other(&begun, "base/cron.yaml", "\"1 *", "\"2 *")];
    let refused = Asked::of(&history, 1).refused("ks/web");
    assert!(refused.why.contains("api would change with it") && refused.hint.contains("--wide"), "{refused:?}");
    assert_eq!(refused.tried.len(), 1);
    let wide = Asked { is_wide: true, ..Asked::of(&history, 1) };
    assert_eq!(wide.after(&wide.planned("ks/web")), begun);

    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: web}\nstringData:\n  a: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[AES256_GCM,data:y]\n";
    let listed = "resources:\n- web.yaml\n- settings.yaml\n- login.yaml\n";
    let begun = with(&self::begun(), &[("apps/web/login.yaml", Some(secret)), ("apps/web/kustomization.yaml", Some(listed))]);
    let history = [begun.clone(), other(&begun, "apps/web/login.yaml", "data:x", "data:z")];
    assert!(
        Asked::of(&history, 1).refused("ks/web").why.contains("encrypted by SOPS"),
        "{:?}",
        Asked::of(&history, 1).refused("ks/web")
    );
    // one that is gone comes back whole, as git had it
    let gone = other(&with(&begun, &[("apps/web/login.yaml", None)]), "apps/web/kustomization.yaml", "- login.yaml\n", "");
    let history = [begun.clone(), gone];
    let asked = Asked::of(&history, 1);
    assert_eq!(asked.after(&asked.planned("ks/web")), begun);
    // a plain one has values that nobody is shown
    let plain = secret.split("sops:").next().expect("the head").replace("ENC[AES256_GCM,data:x]", "PLANTED");
    let begun = with(&begun, &[("apps/web/login.yaml", Some(&plain))]);
    let history = [
        begun.clone(),
        with(&other(&begun, "apps/web/kustomization.yaml", "- login.yaml\n", ""), &[("apps/web/login.yaml", None)]),
    ];
    let refused = Asked::of(&history, 1).refused("ks/web");
    assert!(refused.why.contains("login.yaml") && !refused.why.contains("PLANTED"), "{refused:?}");
}

#[test]
fn image_automation_that_would_write_over_it_is_suspended_where_that_is_wanted() {
    let marked = WEB.replace("image: web:1", "image: web:1 # {\"$imagepolicy\": \"flux-system:web\"}");
    let automation = "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageUpdateAutomation\nmetadata: {name: all, namespace: flux-system}\nspec:\n  interval: 5m\n";
    let listed = "resources:\n- api.yaml\n- automation.yaml\n";
    let begun = with(
        &begun(),
        &[
            ("apps/web/web.yaml", Some(&marked)),
            ("apps/api/automation.yaml", Some(automation)),
            ("apps/api/kustomization.yaml", Some(listed)),
        ],
    );
    let history = [begun.clone(), other(&begun, "apps/web/web.yaml", "web:1", "web:2")];
    let plan = Asked::of(&history, 1).planned("ks/web");
    assert!(plan.cautions.iter().any(|caution| caution.text.contains("writes over it")), "{:?}", plan.cautions);
    let asked = Asked { suspends: true, ..Asked::of(&history, 1) };
    let plan = asked.planned("ks/web");
    assert_eq!(
        asked.after(&plan),
        other(&begun, "apps/api/automation.yaml", "  interval: 5m\n", "  interval: 5m\n  suspend: true\n")
    );
    assert!(plan.done.iter().any(|one| one.field == "spec.suspend" && one.after.as_deref() == Some("true")), "{:?}", plan.done);

    let none =
        with(&begun, &[("apps/api/automation.yaml", None), ("apps/api/kustomization.yaml", Some("resources:\n- api.yaml\n"))]);
    let history = [none.clone(), other(&none, "apps/web/web.yaml", "web:1", "web:2")];
    let plan = Asked { suspends: true, ..Asked::of(&history, 1) }.planned("ks/web");
    assert!(plan.cautions.iter().any(|caution| caution.text.contains("nothing is suspended in git")), "{:?}", plan.cautions);
}

#[test]
fn the_history_that_counts_is_that_of_what_is_read() {
    let files = begun();
    let texts: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let repo = TestRepo::of(&texts, ChangeScope::Any);
    let paths = |object: &str| {
        let meant = meant(object)?;
        repo.within(|context, builds| history_paths(context, builds, &meant))
    };
    assert_eq!(paths("ks/web").as_deref(), Ok(&["apps/web".to_owned(), CLUSTER.to_owned()][..]));
    let of_web = ["apps/web/settings.yaml".to_owned(), "apps/web/web.yaml".to_owned()];
    assert_eq!(paths("deploy/web").as_deref(), Ok(&of_web[..]));
    assert!(paths("deploy/none").is_err());
}
