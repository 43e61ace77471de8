//! What is taken out and put in: exactly those lines, in the layer that has them; and back again.

use super::{TestRepo, folder};
use crate::change::{ChangePlan, ChangeSetting, CheckResult, LayerChoice, PlanOutcome, Refused, WantedChange, WantedField};
use crate::error::Result;
use crate::render::tree::{Memory, Tree};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {note: plain, other: \"x\"} # flow
spec:
  replicas: 2 # two
  template:
    spec:
      containers:
      # the one that serves
      - name: api
        image: nginx:1.0
        args: [a, b, c]
        command:
        - run # it
        - -v
        env:
        - name: A
          value: \"1\"
        - {name: B, value: \"2\"}
        ports:
        - containerPort: 80
        - containerPort: 81
        resources:
          limits:
            cpu: 1
      - name: side
        image: busybox
";

const C: &str = "spec.template.spec.containers[name=api]";

/// `-FIELD` takes out, `{FIELD=JSON` sets JSON, `FIELD=VALUE` a text; `*` stands for the container.
fn settings(texts: &[&str]) -> Vec<ChangeSetting> {
    let one = |text: &&str| {
        let text = text.replacen('*', C, 1);
        match (text.strip_prefix('-'), text.strip_prefix('{')) {
            (Some(field), _) => ChangeSetting::Unset(field.to_owned()),
            (_, Some(json)) => ChangeSetting::Json(json.to_owned()),
            _ => ChangeSetting::Set(text),
        }
    };
    texts.iter().map(one).collect()
}

impl TestRepo {
    fn ordered(&self, object: &str, settings: &[ChangeSetting]) -> Result<PlanOutcome> {
        let wanted = settings.iter().map(WantedField::read).collect::<Result<Vec<_>>>()?;
        self.plan_wanted(object, &|_| Ok(WantedChange::Own(wanted.clone())))
    }

    fn made(&self, texts: &[&str]) -> ChangePlan {
        match self.ordered("deploy/web", &settings(texts)) {
            Ok(PlanOutcome::Planned(plan)) => plan,
            other => panic!("{texts:?}: {other:?}"),
        }
    }

    fn not_made(&self, texts: &[&str]) -> Refused {
        match self.ordered("deploy/web", &settings(texts)) {
            Ok(PlanOutcome::Refused(refused)) => refused,
            other => panic!("{texts:?}: {other:?}"),
        }
    }

    /// The repository with a plan's files.
    pub fn after(&self, plan: &ChangePlan, all: &[&str]) -> TestRepo {
        let text = |path: &str| {
            let changed = plan.files.iter().find(|file| *file.path == *path).and_then(|file| file.after.clone());
            String::from_utf8(changed.unwrap_or_else(|| self.tree.read(path).expect(path)).to_vec()).expect("UTF-8")
        };
        let texts: Vec<_> = all.iter().map(|path| (*path, text(path))).collect();
        TestRepo {
            tree: Memory::new(texts.iter().map(|(path, text)| (*path, text.as_str()))),
            scope: self.scope.clone(),
            layer: LayerChoice::Set,
            is_wide: false,
            left_out: Vec::new(),
        }
    }

    /// What takes a plan back, the last first.
    pub fn inverse(plan: &ChangePlan) -> Vec<ChangeSetting> {
        let one = |done: &crate::change::FieldChange| match (&done.inverse, &done.before) {
            (Some(inverse), _) => inverse.setting.clone(),
            (None, Some(before)) => ChangeSetting::set(format!("{}={before}", done.field)),
            (None, None) => panic!("{done:?}"),
        };
        plan.done.iter().rev().map(one).collect()
    }
}

fn base(text: &str) -> TestRepo {
    TestRepo::of(&[("a/kustomization.yaml", "resources: [web.yaml]\n"), ("a/web.yaml", text)], folder("a"))
}

#[test]
fn exactly_the_lines_of_what_is_taken_out_go_and_what_is_new_comes_where_it_belongs() {
    let rows: &[(&[&str], &[&str])] = &[
        (&["-spec.replicas"], &["-  replicas: 2 # two"]),
        (
            &["-metadata.annotations.note"],
            &["-  annotations: {note: plain, other: \"x\"} # flow", "+  annotations: {other: \"x\"} # flow"],
        ),
        (&["-*.args[1]"], &["-        args: [a, b, c]", "+        args: [a, c]"]),
        (&["-*.args[2]", "-*.args[0]"], &["-        args: [a, b, c]", "+        args: [b]"]),
        (&["-*.command[1]"], &["-        - -v"]),
        (&["-*.command[0]"], &["-        - run # it"]),
        (&["-*.env[name=B]"], &["-        - {name: B, value: \"2\"}"]),
        (&["-*.env[name=A]"], &["-        - name: A", "-          value: \"1\""]),
        (&["-*.ports[0]"], &["-        - containerPort: 80"]),
        (&["-*.resources"], &["-        resources:", "-          limits:", "-            cpu: 1"]),
        (&["-spec.template.spec.containers[name=side]"], &["-      - name: side", "-        image: busybox"]),
        (&["*.args[+1]=x"], &["-        args: [a, b, c]", "+        args: [a, x, b, c]"]),
        (&["*.args[+3]=true"], &["-        args: [a, b, c]", "+        args: [a, b, c, \"true\"]"]),
        (&["*.command[+1]=x"], &["+        - x"]),
        (&["{*.env[+1]={\"name\":\"C\",\"value\":\"3\"}"], &["+        - name: C", "+          value: \"3\""]),
        (
            &["{spec.template.spec.containers[+2]={\"name\":\"new\",\"image\":\"x\",\"args\":[\"1\"]}"],
            &["+      - name: new", "+        image: x", "+        args:", "+        - \"1\""],
        ),
        (&["{*.resources={\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}"], &["+            memory: 1Gi"]),
        (&["{*.args=[\"a\",\"c\"]"], &["-        args: [a, b, c]", "+        args: [a, c]"]),
        (
            &["spec.replicas=3", "-*.env[name=B]"],
            &["-  replicas: 2 # two", "+  replicas: 3 # two", "-        - {name: B, value: \"2\"}"],
        ),
    ];
    for (wanted, expected) in rows {
        for newline in ["\n", "\r\n"] {
            let text = WEB.replace('\n', newline);
            let repo = base(&text);
            let plan = repo.made(wanted);
            let lines: Vec<String> = changed(&text, &String::from_utf8_lossy(plan.files[0].new_bytes()));
            assert_eq!(lines, *expected, "{wanted:?}");
            assert_eq!(plan.files.len(), 1, "{wanted:?}");
            assert!(plan.done.iter().all(|done| done.proof.besides() == 0), "{wanted:?}");
        }
    }
}

/// Lines that go and come, in order, by the longest common sequence: a small diff of our own.
fn changed(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let mut longest = vec![vec![0; new.len() + 1]; old.len() + 1];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            longest[at][to] =
                if old[at] == new[to] { longest[at + 1][to + 1] + 1 } else { longest[at + 1][to].max(longest[at][to + 1]) };
        }
    }
    let (mut at, mut to, mut found) = (0, 0, Vec::new());
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
        } else if to == new.len() || at < old.len() && longest[at + 1][to] >= longest[at][to + 1] {
            found.push(format!("-{}", old[at]));
            at += 1;
        } else {
            found.push(format!("+{}", new[to]));
            to += 1;
        }
    }
    found
}

/// A layer over the base, what is taken out, and the lines that differ.
fn layered() -> Vec<(String, &'static str, &'static [&'static str])> {
    let patch = |text: &str| format!("resources: [../base]\npatches:\n- patch: |\n{text}");
    let strategic = "    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec:\n";
    vec![
        // the base has it too
        (
            patch(&format!("{strategic}      replicas: 9 # nine\n      paused: true\n")),
            "-spec.replicas",
            &["-      replicas: 9 # nine", "+      replicas: null # nine"],
        ),
        // only the patch has it
        (patch(&format!("{strategic}      replicas: 9\n      paused: true\n")), "-spec.paused", &["-      paused: true"]),
        // it does nothing else
        (
            patch(&format!("{strategic}      paused: true\n")),
            "-spec.paused",
            &[
                "-patches:",
                "-- patch: |",
                "-    apiVersion: apps/v1",
                "-    kind: Deployment",
                "-    metadata: {name: web}",
                "-    spec:",
                "-      paused: true",
            ],
        ),
        (
            patch(
                "    - op: replace\n      path: /spec/replicas\n      value: 7 # seven\n    - op: add\n      path: /spec/paused\n      value: true\n  target: {kind: Deployment}\n",
            ),
            "-spec.replicas",
            &["-    - op: replace", "+    - op: remove", "-      value: 7 # seven"],
        ),
        (
            patch(
                "    - op: replace\n      path: /spec/replicas\n      value: 7\n    - op: add\n      path: /spec/paused\n      value: true\n  target: {kind: Deployment}\n",
            ),
            "-spec.paused",
            &["-    - op: add", "-      path: /spec/paused", "-      value: true"],
        ),
        (
            patch(
                "    [{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}]\n  target: {kind: Deployment}\n- path: p.yaml\n",
            ),
            "-spec.paused",
            &[
                "-- patch: |",
                "-    [{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}]",
                "-  target: {kind: Deployment}",
            ],
        ),
        (
            patch(&format!(
                "{strategic}      template:\n        spec:\n          containers:\n          - name: api\n            env:\n            - name: A\n              value: x\n"
            )),
            "-*.env[name=A]",
            &["-              value: x", "+              $patch: delete"],
        ),
    ]
}

/// A layer says what is gone, where the base says that it is there.
#[test]
fn what_an_overlay_sets_goes_in_the_overlay() {
    let nothing = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {minReadySeconds: 1}\n";
    for (kustomization, wanted, expected) in &layered() {
        let files = [
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", WEB),
            ("o/kustomization.yaml", kustomization.as_str()),
            ("o/p.yaml", nothing),
            ("other/kustomization.yaml", "resources: [../base]\n"),
        ];
        let repo = TestRepo::of(&files, folder("o"));
        let plan = repo.made(&[wanted]);
        let file = plan.files.first().expect("a file");
        let mut lines = changed(kustomization, &String::from_utf8_lossy(file.new_bytes()));
        let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        lines.sort();
        expected.sort();
        assert_eq!((&*file.path, plan.files.len()), ("o/kustomization.yaml", 1), "{wanted} {kustomization}");
        assert_eq!(lines, expected, "{wanted} over {kustomization}");
    }
}

#[test]
fn what_others_share_is_said_and_a_new_patch_takes_it_out_of_this_one_alone() {
    let files = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("o/kustomization.yaml", "resources: [../base]\n"),
        ("other/kustomization.yaml", "resources: [../base]\n"),
    ];
    let plan = TestRepo::of(&files, folder("o")).made(&["-spec.replicas"]);
    let others = plan.done[0].proof.checks.iter().find(|check| check.name == "others").expect("it is one");
    assert_eq!((others.result, &*others.why), (CheckResult::Failed, "also change: base, other"));
    for (wanted, said) in [
        ("-spec.replicas", "replicas: null"),
        ("-spec.template.spec.containers[name=side]", "$patch: delete"),
        ("-*.args[1]", "op: remove"),
        ("*.args[+1]=x", "op: add"),
        ("{*.env[+2]={\"name\":\"C\",\"value\":\"3\"}", "name: C"),
    ] {
        let repo = TestRepo::of(&files, folder("o"));
        let plan = repo.layer(LayerChoice::NewPatch).made(&[wanted]);
        let [file] = &plan.files[..] else { panic!("one file: {wanted}") };
        let text = String::from_utf8_lossy(file.new_bytes()).into_owned();
        assert_eq!(&*file.path, "o/kustomization.yaml");
        assert!(text.contains(said), "{wanted}: {text}");
    }
}

#[test]
fn what_nobody_sets_is_gone_already_and_what_no_file_has_is_refused() {
    let repo = base(WEB);
    assert!(matches!(repo.ordered("deploy/web", &settings(&["-spec.paused"])), Ok(PlanOutcome::Nothing { .. })));
    let kustomization = "resources: [web.yaml]\nnamespace: apps\n";
    let anchored =
        WEB.replace("args: [a, b, c]", "args: &args [a, b, c]").replace("image: busybox", "image: busybox\n        args: *args");
    let repo = TestRepo::of(&[("a/kustomization.yaml", kustomization), ("a/web.yaml", &anchored)], folder("a"));
    let alias = repo.made(&["-spec.template.spec.containers[name=side].args"]);
    assert_eq!(repo.lines(&alias), ["a/web.yaml:-        args: *args"]);
    let refused = repo.not_made(&["-*.args"]);
    assert!(refused.why.contains("args"), "{refused:?}");
}

/// An exam: what is done is taken back, byte for byte where a file keeps no trace of it.
#[test]
fn there_and_back_gives_the_same_object_and_mostly_the_same_bytes() {
    let texts = [
        WEB.to_owned(),
        WEB.replace('\n', "\r\n"),
        WEB.trim_end().to_owned(),
        format!("# head\n---\n{WEB}---\nkind: ConfigMap\napiVersion: v1\nmetadata: {{name: c}}\n"),
    ];
    let wanted: &[(&[&str], bool)] = &[
        (&["-*.args[1]"], true),
        (&["-*.args[0]"], true),
        (&["-*.args[2]", "-*.args[0]"], true),
        (&["-*.command[1]"], true),
        // its comment goes with it
        (&["-*.command[0]"], false),
        (&["-*.env[name=A]"], true),
        (&["-*.env[name=B]"], false),
        (&["-*.ports[0]"], true),
        (&["-*.ports[1]", "-*.ports[0]"], false),
        (&["-spec.template.spec.containers[name=side]"], true),
        (&["-*.resources"], false),
        (&["*.args[+1]=x"], true),
        (&["*.command[+0]=x"], true),
        (&["{*.env[+1]={\"name\":\"C\",\"value\":\"3\"}"], true),
        (&["{spec.template.spec.containers[+2]={\"name\":\"new\",\"image\":\"x\"}"], true),
        (&["{spec.template.spec.containers[+0]={\"name\":\"new\",\"image\":\"x\"}"], true),
        (&["spec.paused=true"], true),
        (&["spec.strategy.rollingUpdate.maxSurge=1"], true),
        (&["*.resources.requests.cpu=10m", "*.resources.requests.memory=1Gi"], true),
        (&["{spec.template.spec.volumes=[{\"name\":\"v\",\"emptyDir\":{}}]"], true),
        (&["metadata.labels['a.b/c']=x"], true),
        (&["spec.replicas=3", "*.args[+0]=y", "-*.env[name=A]"], true),
    ];
    for text in &texts {
        for (wanted, is_exact) in wanted {
            let repo = base(text);
            let plan = repo.made(wanted);
            let all = ["a/kustomization.yaml", "a/web.yaml"];
            let then = repo.after(&plan, &all);
            let back = match then.ordered("deploy/web", &TestRepo::inverse(&plan)) {
                Ok(PlanOutcome::Planned(plan)) => plan,
                other => panic!("{wanted:?}: {:?}: {other:?}", TestRepo::inverse(&plan)),
            };
            let last = then.after(&back, &all);
            let bytes = last.tree.read("a/web.yaml").expect("it is there");
            let built = |repo: &TestRepo| {
                let built = crate::render::build(&repo.tree, "a", &crate::render::Options::default()).expect("it builds");
                crate::render::write::json(&built.objects[0].node).expect("JSON")
            };
            assert_eq!(built(&last), built(&repo), "{wanted:?}");
            if *is_exact {
                assert_eq!(String::from_utf8_lossy(&bytes), *text, "{wanted:?}");
            }
        }
    }
}

#[test]
fn a_value_of_a_generator_is_taken_out_of_its_list_or_its_file() {
    let kustomization = "configMapGenerator:\n- name: s\n  literals:\n  - LEVEL=info\n  - OTHER=x\n  envs: [a.env]\n  options: {disableNameSuffixHash: true}\n";
    let files = [("a/kustomization.yaml", kustomization), ("a/a.env", "A=1\r\nB=two\r\n")];
    let repo = TestRepo::of(&files, folder("a"));
    for (field, expected) in [("data.LEVEL", "a/kustomization.yaml:-  - LEVEL=info"), ("data.A", "a/a.env:-A=1\r")] {
        let Ok(PlanOutcome::Planned(plan)) = repo.ordered("cm/s", &[ChangeSetting::Unset(field.to_owned())]) else {
            panic!("{field}")
        };
        assert_eq!(repo.lines(&plan), [expected]);
    }
}
