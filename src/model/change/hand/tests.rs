//! Files edited by hand, on trees in memory: what was typed, which files there are, and what it does.

use std::sync::Arc;

use super::super::tests::{TestRepo, folder, meant};
use super::super::{ChangePlan, ChangeScope, CheckResult, LayerChoice, PlanOutcome, Refused};
use super::{HandEdit, Opening, check, open, plan};
use crate::error::Result;
use crate::render::tree::Tree;

const BASE: &str = "a\nb\nc\nd\ne\nf\ng\nh\n";

fn typed(before: &str, after: &str) -> HandEdit {
    HandEdit::between("x.yaml", before, after).expect("they differ")
}

#[test]
fn what_was_typed_is_byte_for_byte_what_was_saved_and_can_be_taken_back() {
    for (before, after) in [
        (BASE, "a\nb\nC\nd\ne\nf\ng\nh\n"),
        (BASE, "a\nd\ne\nf\nnew\ng\nh\n"),
        (BASE, "a\nb\nc\nd\ne\nf\ng\nh"),
        (BASE, ""),
        ("", "first\n"),
        ("", "no end"),
        ("a", "a\n"),
        ("a\r\nb\r\n", "a\r\nB\r\nc\r\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("\u{feff}a\nb\n", "\u{feff}a\nc\n"),
        ("\u{feff}a\n", "a\n"),
        ("x\nx\nx\nx\n", "x\nx\nx\n"),
        ("x\ny\n", "y\nx\n"),
    ] {
        let edit = typed(before, after);
        assert_eq!(edit.applied(before).as_deref(), Ok(after), "{before:?}");
        assert_eq!(edit.reversed().applied(after).as_deref(), Ok(before), "{after:?}");
        // it is there already
        assert_eq!(edit.applied(after).as_deref(), Ok(after));
        assert_eq!(edit.reversed().reversed(), edit);
        let written = serde_json::to_string(&edit).expect("it can be written down");
        assert_eq!(serde_json::from_str::<HandEdit>(&written).expect("and read"), edit);
    }
    assert_eq!(HandEdit::between("x.yaml", BASE, BASE), None);
}

#[test]
fn an_edit_is_found_again_in_a_file_that_others_have_changed_elsewhere() {
    for (before, after, head, expected) in [
        (BASE, "a\nb\nc\nd\nE\nf\ng\nh\n", "0\na\nb\nc\nd\ne\nf\ng\nh\n", "0\na\nb\nc\nd\nE\nf\ng\nh\n"),
        (BASE, "a\nb\nc\nd\nE\nf\ng\nh\n", "b\nc\nd\ne\nf\ng\nh\n9\n", "b\nc\nd\nE\nf\ng\nh\n9\n"),
        // two edits, and a line of others between them
        (
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "1\nx\n3\n4\n5\n6\n7\ny\n9\n",
            "1\n2\n3\n4\n5\n-\n5\n6\n7\n8\n9\n",
            "1\nx\n3\n4\n5\n-\n5\n6\n7\ny\n9\n",
        ),
    ] {
        assert_eq!(typed(before, after).applied(head).as_deref(), Ok(expected), "{head:?}");
    }
    for (what, before, after, head) in [
        ("the line is another one", BASE, "a\nb\nc\nd\nE\nf\ng\nh\n", "a\nb\nc\nd\nother\nf\ng\nh\n"),
        ("what is around it is", BASE, "a\nb\nc\nd\nE\nf\ng\nh\n", "a\nb\nc\nD\ne\nf\ng\nh\n"),
        ("it is gone", BASE, "a\nb\nc\nd\nE\nf\ng\nh\n", "nothing\n"),
        ("two places look alike", "-\na\nb\nc\n-\n", "-\na\nB\nc\n-\n", "x\n-\na\nb\nc\n-\n-\na\nb\nc\n-\ny\n"),
        ("what began the file does not", "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "0\na\nb\nc\nd\ne\n"),
    ] {
        let edit = typed(before, after);
        let error = edit.applied(head).expect_err(what);
        assert!(error.message.contains("others have changed it since"), "{what}: {error}");
        // nothing typed is lost: it is in the text for the editor, and nobody takes the marks for YAML
        let (merged, marked) = edit.merged(head);
        assert_eq!(marked, 1, "{what}");
        let came = after.lines().find(|line| !before.lines().any(|other| other == *line)).expect("a line came");
        assert!(merged.lines().any(|line| line == came), "{what}: {merged}");
        assert!(head.lines().all(|line| merged.lines().any(|other| other == line)), "{what}: {merged}");
        assert!(HandEdit::marked_at(&merged).is_some() && HandEdit::marked_at(head).is_none(), "{what}");
        assert!(check("x.txt", head, &merged).expect_err(what).message.contains("has the mark"), "{what}");
    }
}

#[test]
fn a_saved_text_has_to_be_yaml_where_the_file_was() {
    let two = "kind: A\n---\nkind: B\n";
    for (file, before, after, expected) in [
        ("a.yaml", two, "kind: A\n---\nkind: C\n", Ok("two readers")),
        ("a.yaml", two, "kind: [\n", Err("a.yaml: ")),
        ("a.yaml", two, "kind: A\nkind: B\n", Err("a.yaml: ")),
        ("a.json", "{\"a\": 1}\n", "{\"a\": 1,}}\n", Err("a.json: ")),
        ("a.conf", "x = [\n", "x = {\n", Ok("not a file of YAML")),
        ("a.yaml", "a: {{ .x }}\nb: {{ if\n", "a: {{ .y }}\nb: {{ if\n", Ok("before as after")),
    ] {
        match (check(file, before, after), expected) {
            (Ok(Ok(said) | Err(said)), Ok(part)) => assert!(said.contains(part), "{file} {after:?}: {said}"),
            (Err(error), Err(part)) => assert!(error.message.contains(part), "{file} {after:?}: {error}"),
            (found, _) => panic!("{file} {after:?}: {found:?}"),
        }
    }
}

#[test]
fn what_a_person_did_not_write_is_not_opened() {
    let bytes = |bytes: &[u8]| -> Arc<[u8]> { bytes.into() };
    assert_eq!(check::text("a", &bytes("\u{feff}a\r\nb".as_bytes())).as_deref(), Ok("\u{feff}a\r\nb"));
    for (content, why) in [
        (vec![b'a'; (1 << 20) + 1], "larger than 1 MiB"),
        (vec![0xff, 0xfe, b'a', 0], "not a text of UTF-8"),
        (b"a\0b".to_vec(), "not a text of UTF-8"),
    ] {
        assert!(check::text("a", &bytes(&content)).expect_err(why).message.contains(why));
    }
}

const WEB: &str = "# the site\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2 # few\n  template:\n    spec:\n      containers:\n      - name: web\n        image: web:1\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n";
const APPLIED: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./ENV\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

/// One environment with a base of its own.
fn alone() -> Vec<(&'static str, &'static str)> {
    vec![
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nnamespace: shop\nimages:\n- name: web\n  newTag: \"2\"\npatches:\n- path: more.yaml\n",
        ),
        ("prod/more.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 4\n"),
    ]
}

fn edited(repo: &TestRepo, object: &str, file: &str, change: impl Fn(&str) -> String) -> Result<PlanOutcome> {
    let bytes = repo.tree.read(file).expect("it is there");
    let before = String::from_utf8(bytes.to_vec()).expect("text");
    let edit = HandEdit::between(file, &before, &change(&before)).expect("it differs");
    repo.within(|context, builds| plan(context, builds, &meant(object)?, &edit))
}

fn planned(repo: &TestRepo, object: &str, file: &str, change: impl Fn(&str) -> String) -> ChangePlan {
    match edited(repo, object, file, change) {
        Ok(PlanOutcome::Planned(plan)) => plan,
        other => panic!("{object} {file}: {other:?}"),
    }
}

fn refused(repo: &TestRepo, object: &str, file: &str, change: impl Fn(&str) -> String) -> Refused {
    match edited(repo, object, file, change) {
        Ok(PlanOutcome::Refused(refused)) => refused,
        other => panic!("{object} {file}: {other:?}"),
    }
}

fn checks(plan: &ChangePlan) -> Vec<(String, CheckResult)> {
    super::super::proposal::checks(plan).into_iter().map(|check| (check.name.into_owned(), check.result)).collect()
}

#[test]
fn an_edit_of_several_documents_names_every_field_that_it_changes() {
    let repo = TestRepo::of(&alone(), folder("prod"));
    let change = |text: &str| {
        text.replace("# the site", "# our site")
            .replace("port: 80", "port: 81")
            .replace("- name: web\n", "- name: web\n        args: [-v]\n")
    };
    let plan = planned(&repo, "deploy/web", "base/web.yaml", change);
    let fields: Vec<_> = plan
        .done
        .iter()
        .map(|one| {
            (one.of.as_ref().map(ToString::to_string).unwrap_or_default(), &*one.field, one.after.as_deref(), one.way.place())
        })
        .collect();
    assert_eq!(
        fields,
        [
            (
                "Deployment shop/web".to_owned(),
                "spec.template.spec.containers[name=web].args[0]",
                Some("-v"),
                "base/web.yaml:12".to_owned()
            ),
            ("Service shop/web".to_owned(), "spec.ports[0].port", Some("81"), "base/web.yaml:21".to_owned()),
        ]
    );
    assert!(plan.done.iter().all(|one| one.inverse.is_none()));
    let [file] = &plan.files[..] else { panic!("{:?}", plan.files) };
    assert_eq!((&*file.path, file.new_bytes()), ("base/web.yaml", change(WEB).as_bytes()));
    let all = checks(&plan);
    let passed = |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, result)| *result);
    for name in ["edit", "build", "schema"] {
        assert_eq!(passed(name), Some(CheckResult::Passed), "{name}: {all:?}");
    }
    // the base is a folder of its own, and builds it too
    assert_eq!(passed("others"), Some(CheckResult::Failed), "{all:?}");
    assert_eq!(plan.rendered.iter().map(|build| build.objects.len()).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn an_edit_that_nothing_is_built_of_and_one_that_takes_an_object_out_are_changes() {
    let repo = TestRepo::of(&alone(), folder("prod"));
    let plan = planned(&repo, "deploy/web", "base/web.yaml", |text| text.replace("# few", "# many"));
    assert!(plan.done.is_empty() && plan.rendered.is_empty() && plan.files.len() == 1, "{plan:?}");
    let gone = |text: &str| text.split("---\n").next().unwrap_or_default().to_owned();
    let plan = planned(&repo, "deploy/web", "base/web.yaml", gone);
    let objects: Vec<_> =
        plan.rendered.iter().flat_map(|build| &build.objects).map(|one| (&*one.object, one.fate.word())).collect();
    assert_eq!((objects, plan.done.len()), (vec![("Service shop/web", "gone"), ("Service web", "gone")], 0));
    // the object itself
    let own = |text: &str| text.split("---\n").nth(1).unwrap_or_default().to_owned();
    let repo = TestRepo::of(&[("a/kustomization.yaml", "resources: [web.yaml]\n"), ("a/web.yaml", WEB)], folder("a"));
    let plan = planned(&repo, "deploy/web", "a/web.yaml", own);
    assert_eq!(plan.object, "Deployment web");
}

#[test]
fn what_cannot_be_built_any_more_or_must_not_be_edited_is_refused_and_nothing_makes_up_for_it() {
    let sops = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\nsops: {mac: x}\n";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n";
    let mut files = alone();
    files.extend([
        ("denied/x.yaml", "a: 1\n"),
        ("base/sops.yaml", sops),
        ("base/secret.yaml", secret),
        ("gen/DO_NOT_EDIT", ""),
        ("gen/x.yaml", "a: 1\n"),
    ]);
    let repo = TestRepo::of(&files, folder("prod")).wide();
    let append = |what: &'static str| move |text: &str| format!("{text}{what}");
    for (file, change, why) in [
        ("base/web.yaml", append("a: [\n"), "base/web.yaml: "),
        ("base/kustomization.yaml", append("- x\n"), "base/kustomization.yaml: "),
        ("prod/kustomization.yaml", append("resources: []\n"), "prod/kustomization.yaml: "),
        ("prod/kustomization.yaml", append("components: [nowhere]\n"), "could not be built any more"),
        ("denied/x.yaml", append("b: 2\n"), "is denied by"),
        ("base/sops.yaml", append("b: 2\n"), "encrypted by SOPS"),
        ("base/secret.yaml", append("type: Opaque\n"), "holds values of a Secret"),
        ("gen/x.yaml", append("b: 2\n"), "is guarded by"),
        ("base/web.yaml", append("---\napiVersion: v1\nkind: Secret\nmetadata: {name: n}\nstringData: {a: b}\n"), "Secret"),
        ("base/web.yaml", append("sops: {mac: x}\n"), "base/web.yaml"),
    ] {
        let refused = refused(&repo, "deploy/web", file, change);
        assert!(refused.why.contains(why), "{file}: {}", refused.why);
        assert!(refused.set_at.is_some_and(|at| at.file == file), "{file}");
        assert!(refused.tried.iter().all(|tried| tried.result.as_ref().is_ok_and(|proof| !proof.broken.is_empty())), "{file}");
    }
    assert!(repo.is_untouched(&files));
}

#[test]
fn an_edit_whose_file_has_moved_is_planned_on_what_is_there_or_refused() {
    let edit = HandEdit::between("base/web.yaml", WEB, &WEB.replace("port: 80", "port: 81")).expect("it differs");
    let plan_on = |text: &str| {
        let mut files = alone();
        files[1].1 = Box::leak(text.to_owned().into_boxed_str());
        let repo = TestRepo::of(&files, folder("prod"));
        repo.within(|context, builds| plan(context, builds, &meant("deploy/web")?, &edit)).expect("it is planned")
    };
    let moved = WEB.replace("# the site\n", "# the site\n# of the shop\n");
    let PlanOutcome::Planned(plan) = plan_on(&moved) else { panic!("the same lines are there") };
    assert_eq!(plan.files[0].new_bytes(), moved.replace("port: 80", "port: 81").as_bytes());
    let PlanOutcome::Refused(refused) = plan_on(&WEB.replace("port: 80", "port: 8080")) else { panic!("others changed it") };
    assert!(refused.why.contains("others have changed it since"), "{}", refused.why);
    assert!(matches!(plan_on(&WEB.replace("port: 80", "port: 81")), PlanOutcome::Nothing { .. }));
}

#[test]
fn what_others_build_of_the_file_needs_consent_by_name() {
    let staging = APPLIED.replace("ENV", "staging");
    let prod = APPLIED.replace("ENV", "prod");
    let more = APPLIED.replace("ENV", "more").replace("name: apps", "name: more");
    let mut files = alone();
    files.extend([
        ("clusters/prod/apps.yaml", Box::leak(prod.into_boxed_str()) as &str),
        ("clusters/staging/apps.yaml", Box::leak(staging.into_boxed_str()) as &str),
        ("staging/kustomization.yaml", "resources: [../base]\nnamespace: shop\n"),
        ("clusters/staging/more.yaml", Box::leak(more.into_boxed_str()) as &str),
        ("more/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"),
    ]);
    let repo = || TestRepo::of(&files, ChangeScope::Kustomization("prod/flux-system/apps".to_owned()));
    let change = |text: &str| text.replace("image: web:1", "image: web:1\n        args: [-v]");
    let refusal = refused(&repo(), "deploy/web", "base/web.yaml", change);
    assert!(refusal.why.contains("the file is shared: staging/flux-system/apps would change with it"), "{}", refusal.why);
    let proof = refusal.tried[0].result.as_ref().expect("it can be built");
    assert_eq!(proof.elsewhere.iter().map(|(build, _)| &**build).collect::<Vec<_>>(), ["staging/flux-system/apps"]);
    let plan = planned(&repo().wide(), "deploy/web", "base/web.yaml", change);
    assert!(checks(&plan).contains(&("others".to_owned(), CheckResult::Failed)));
    assert_eq!(plan.by_hand.as_ref().expect("a proof").readers, ["staging/flux-system/apps"]);
    // a Flux Kustomization that is taken out takes all of its objects with it
    let refusal = refused(&repo(), "deploy/web", "clusters/staging/more.yaml", |_| "# nothing\n".to_owned());
    let proof = refusal.tried[0].result.as_ref().expect("it can be built");
    let [(build, gone)] = &proof.elsewhere[..] else { panic!("{proof:?}") };
    assert!(build == "staging/flux-system/more" && gone.iter().all(|one| one.after.is_none()), "{proof:?}");
    assert_eq!(gone.iter().map(|one| &*one.object).collect::<Vec<_>>(), ["ConfigMap more"]);
    // one that only its own environment reads needs none
    let own = |text: &str| text.replace("replicas: 4", "replicas: 5");
    let plan = planned(&repo(), "deploy/web", "prod/more.yaml", own);
    assert_eq!(plan.done.iter().map(|one| &*one.field).collect::<Vec<_>>(), ["spec.replicas"]);
}

fn opened(repo: &TestRepo, object: &str) -> std::result::Result<Vec<String>, String> {
    let opening = repo.within(|context, builds| open(context, builds, &meant(object)?));
    match opening.map_err(|error| error.message)? {
        Opening::File(file) => Ok(vec![file.at.to_string()]),
        Opening::Several(all) => Ok(all.iter().map(|one| format!("{} {}", one.at, one.word)).collect()),
    }
}

#[test]
fn the_files_of_an_object_are_named_the_most_specific_first_and_one_is_opened_without_a_question() {
    let repo = || TestRepo::of(&alone(), folder("prod"));
    let all = ["prod/more.yaml:1 patch", "prod/kustomization.yaml:5 images", "base/web.yaml:2 resource"];
    assert_eq!(opened(&repo(), "deploy/web").as_deref(), Ok(&all.map(str::to_owned)[..]));
    assert_eq!(opened(&repo(), "service/web").as_deref(), Ok(&["base/web.yaml:14".to_owned()][..]));
    assert_eq!(opened(&repo().layer(LayerChoice::Number(3)), "deploy/web").as_deref(), Ok(&["base/web.yaml:2".to_owned()][..]));
    let at = |file: &str| LayerChoice::At { file: file.to_owned(), line: 900 };
    assert_eq!(
        opened(&repo().layer(at("base/kustomization.yaml")), "deploy/web").as_deref(),
        Ok(&["base/kustomization.yaml:1".to_owned()][..])
    );
    for (layer, why) in [
        (LayerChoice::Number(9), "there is no file 9"),
        (LayerChoice::NewPatch, "cannot be opened"),
        (at("elsewhere.yaml"), "there is no file elsewhere.yaml"),
        (at("../x.yaml"), "not a path inside the repository"),
    ] {
        let error = opened(&repo().layer(layer), "deploy/web").expect_err(why);
        assert!(error.contains(why), "{error}");
    }
    let mut linked = repo().layer(at("base/link.yaml"));
    linked.tree.link("base/link.yaml", "web.yaml");
    assert!(opened(&linked, "deploy/web").expect_err("another file").contains("is a symbolic link"));
}

#[test]
fn the_values_of_a_release_are_among_its_files() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: site, namespace: web}\nspec:\n  interval: 1m\n  chart: {spec: {chart: site, sourceRef: {kind: HelmRepository, name: x}}}\n  valuesFrom:\n  - {kind: ConfigMap, name: site-values}\n  - {kind: Secret, name: hidden}\n";
    let files = [
        ("a/kustomization.yaml", "resources: [site.yaml, values.yaml]\n"),
        ("a/site.yaml", release),
        (
            "a/values.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site-values, namespace: web}\ndata:\n  values.yaml: |\n    a: 1\n",
        ),
    ];
    let found = opened(&TestRepo::of(&files, folder("a")), "hr/site").expect("two files");
    assert_eq!(found, ["a/site.yaml:1 resource", "a/values.yaml:1 resource: values, ConfigMap web/site-values"]);
}
