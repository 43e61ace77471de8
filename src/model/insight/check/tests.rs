use super::*;
use crate::render::repository::Builder;
use crate::render::tree::{Memory, Tree};

const HEAD: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";

/// A cluster with one folder of its own; `more` is in that folder.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let root = format!(
        "{HEAD}metadata: {{name: all, namespace: flux-system}}\nspec: {{path: ./c, sourceRef: {{kind: GitRepository, name: all}}}}\n"
    );
    let apps = format!(
        "{HEAD}metadata: {{name: apps, namespace: flux-system}}\nspec: {{path: ./apps, sourceRef: {{kind: GitRepository, name: all}}}}\n"
    );
    let mut tree = Memory::new([
        ("c/all.yaml", root.as_str()),
        ("c/apps.yaml", apps.as_str()),
        ("apps/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"),
    ]);
    files.iter().for_each(|(path, text)| tree.insert(path, text.as_bytes()));
    let repository = Builder::default().build(&tree).expect("readable");
    let findings = check(&repository, &mut Schemas::default());
    let reported = |(finding, who): (&Finding, Vec<&str>)| {
        format!(
            "{} {} {}:{} {} [{}]",
            finding.level.word(),
            finding.rule.name,
            finding.file,
            finding.line,
            finding.message,
            who.join(", ")
        )
    };
    findings.list().into_iter().filter(|(finding, _)| finding.level != Level::Note).map(reported).collect()
}

#[test]
fn a_sound_repository_has_no_findings() {
    assert_eq!(found(&[]), Vec::<String>::new());
}

#[test]
fn what_would_fail_is_reported_with_its_place_and_its_kustomization() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\nmetadata: {name: r, namespace: x}\nspec:\n  chart: {spec: {sourceRef: {kind: HelmRepository, name: gone}}}\n  dependsOn:\n  - name: r\n  - {name: other, namespace: y}\n";
    assert_eq!(
        found(&[("apps/r.yaml", release)]),
        [
            "error api-version apps/r.yaml:1 HelmRelease x/r: Flux 2.9 does not serve helm.toolkit.fluxcd.io/v2beta1 [c flux-system/apps]",
            "error reference apps/r.yaml:5 HelmRelease x/r refers to HelmRepository x/gone, which does not exist in c [c flux-system/apps]",
            "error reference apps/r.yaml:8 HelmRelease x/r refers to HelmRelease y/other, which does not exist in c [c flux-system/apps]",
        ]
    );
    assert_eq!(
        found(&[("c/twice.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n")]),
        ["error duplicate apps/a.yaml:3 ConfigMap x/a is applied by c flux-system/all as well [c flux-system/apps]"]
    );
    for switch in ["ssa: ifnotpresent", "ssa: Ignore", "reconcile: disabled"] {
        let calm = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: x, annotations: {{kustomize.toolkit.fluxcd.io/{switch}}}}}\n"
        );
        assert_eq!(found(&[("c/twice.yaml", &calm)]), Vec::<String>::new(), "{switch}");
    }
    // it applies nothing until it is resumed
    let suspended = format!(
        "{HEAD}metadata: {{name: later, namespace: flux-system}}\nspec: {{suspend: true, path: ./apps, sourceRef: {{kind: GitRepository, name: all}}}}\n"
    );
    assert_eq!(found(&[("c/later.yaml", &suspended)]), Vec::<String>::new());
    assert_eq!(found(&[("c/later.yaml", &suspended.replace("true", "false"))]).len(), 1);
    let broken = found(&[("apps/b.yaml", "a: [\n")]);
    assert!(broken.len() == 1 && broken[0].starts_with("error build apps/b.yaml:"), "{broken:?}");
}

/// A cluster whose `apps` has a remote resource that is not here; `more` is in that folder.
fn without_remote(files: &[(&str, &str)]) -> Repository {
    let kustomization = |name: &str, path: &str| {
        format!(
            "{HEAD}metadata: {{name: {name}, namespace: flux-system}}\nspec: {{path: {path}, sourceRef: {{kind: GitRepository, name: all}}}}\n"
        )
    };
    let root = kustomization("all", "./c");
    let apps = kustomization("apps", "./apps");
    let mut tree = Memory::new([
        ("c/all.yaml", root.as_str()),
        ("c/apps.yaml", apps.as_str()),
        ("apps/kustomization.yaml", "resources: [a.yaml, 'https://me:hunter2@example.test/crds.yaml']\n"),
        ("apps/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"),
    ]);
    files.iter().for_each(|(path, text)| tree.insert(path, text.as_bytes()));
    Builder::default().build(&tree).expect("readable")
}

#[test]
fn a_remote_resource_that_is_not_here_is_one_note_and_what_may_need_it_is_no_error() {
    let all = |repository: &Repository| {
        let findings = check(repository, &mut Schemas::default());
        let text = |(finding, who): (&Finding, Vec<&str>)| {
            (
                finding.level,
                finding.rule.name,
                format!("{}:{} {} [{}]", finding.file, finding.line, finding.message, who.join(", ")),
            )
        };
        findings.list().into_iter().map(text).filter(|(_, rule, _)| *rule != "not-checked").collect::<Vec<_>>()
    };
    let note = |text: &str| (Level::Note, "remote-resource", text.to_owned());
    let missing = "1 Kustomization uses https://***@example.test/crds.yaml, which is not here: its objects are not known";
    let place = "apps/kustomization.yaml:1";
    assert_eq!(all(&without_remote(&[])), [note(&format!("{place} {missing} [c flux-system/apps]"))]);

    // a reference that it may fulfil, and a patch of what it may bring
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r, namespace: x}\nspec:\n  chart: {spec: {sourceRef: {kind: HelmRepository, name: gone}}}\n";
    let list = "resources: [a.yaml, r.yaml, 'https://me:hunter2@example.test/crds.yaml']\npatches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: s}}'}]\n";
    let found = all(&without_remote(&[("apps/kustomization.yaml", list), ("apps/r.yaml", release)]));
    let reference = "apps/r.yaml:5 HelmRelease x/r refers to HelmRepository x/gone, which may be in https://***@example.test/crds.yaml [c flux-system/apps]";
    assert_eq!(
        found,
        [
            note(&format!("{place} {missing}, and 1 setting that may need them is not proven [c flux-system/apps]")),
            (Level::Note, "not-proven", reference.to_owned()),
        ]
    );
    // what a patch that is not here may change is no error either; a mistake is one
    let patched = "resources: [a.yaml]\npatches: [{path: 'https://example.test/p.yaml', target: {kind: ConfigMap}}]\n";
    let wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata: [no map]\n";
    let found = all(&without_remote(&[("apps/kustomization.yaml", patched), ("apps/a.yaml", wrong)]));
    assert!(found.iter().all(|(level, ..)| *level == Level::Note) && found.len() == 1, "{found:?}");
    let broken = all(&without_remote(&[("apps/a.yaml", "a: [\n")]));
    assert_eq!((broken[0].0, broken[0].1), (Level::Error, "build"), "{broken:?}");
}

#[test]
fn another_remote_resource_changes_what_nobody_knows() {
    let other = "resources: [a.yaml, 'https://example.test/other.yaml']\n";
    let (before, after) = (without_remote(&[]), without_remote(&[("apps/kustomization.yaml", other)]));
    let found: Vec<_> = differences(&before, &after).into_iter().map(|one| (one.what, one.object)).collect();
    let expected = "https://***@example.test/crds.yaml, https://example.test/other.yaml";
    assert_eq!(found, [("not known", expected.to_owned())]);
    assert_eq!(differences(&before, &before), []);
}

#[test]
fn a_change_of_a_guarded_file_is_reported() {
    let mut tree = Memory::new([
        ("DO/NOT.yaml", "a: 1"),
        ("gen/DO_NOT_EDIT", ""),
        ("gen/x/a.yaml", "a: 1"),
        ("head.yaml", "# This manifest was generated by flux. DO NOT EDIT.\na: 1\n"),
        ("text.yaml", "a: please do not edit\n"),
        ("clusters/a/flux-system/x.yaml", "a: 1"),
        ("clusters/a/apps.yaml", "a: 1"),
        ("may/DO_NOT_EDIT", ""),
        ("may/out.yaml", "a: 1"),
    ]);
    tree.link("inside", "text.yaml");
    tree.link("out", "../x");
    tree.link("may/out", "../../x");
    let deny = ["clusters/*/flux-system/**".to_owned(), "*.lock".to_owned()];
    let policy = CheckPolicy::new(&deny, &["may/**".to_owned()]).expect("globs");
    for (path, expected) in [
        ("DO/NOT.yaml", ""),
        ("gen/x/a.yaml", "error"),
        ("gen/DO_NOT_EDIT", ""),
        ("head.yaml", "warning"),
        ("text.yaml", ""),
        ("clusters/a/flux-system/x.yaml", "error"),
        ("clusters/a/apps.yaml", ""),
        ("any/where.lock", "error"),
        ("may/where.lock", "warning warning"),
        ("may/out.yaml", "warning"),
        ("may/out", "warning error"),
        ("inside", ""),
        ("out", "error"),
        ("../out", "error"),
        ("gone.yaml", ""),
    ] {
        let found = guard(path, &tree, None, &policy);
        let levels: Vec<_> = found.iter().map(|finding| finding.level.word()).collect();
        assert_eq!(levels.join(" "), expected, "{path}: {found:?}");
        assert!(found.iter().all(|finding| finding.file == path && finding.rule.name == guard::RULE.name));
    }
    // what was guarded before is guarded now
    let emptied = Memory::new([("gen/x/a.yaml", "a: 2")]);
    assert_eq!(guard("gen/x/a.yaml", &emptied, Some(&tree), &policy).len(), 1);
}

const SEALED: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: ENC[AES256_GCM,data:x]\n  b: B\n";

/// `level rule line: message` of a change of one file; an empty text is not a file.
fn sealed(before: &str, now: &str) -> Vec<String> {
    let tree = |text: &str| Memory::new(Some(("s.yaml", text)).filter(|(_, text)| !text.is_empty()));
    let (old, new) = (tree(before), tree(now));
    let found = guard("s.yaml", &new, (!before.is_empty()).then_some(&old as &dyn Tree), &CheckPolicy::default());
    let reported = |one: Finding| format!("{} {} {}: {}", one.level.word(), one.rule.name, one.line, one.message);
    found.into_iter().map(reported).collect()
}

#[test]
fn an_encrypted_file_may_change_as_long_as_it_stays_encrypted() {
    let with = |value: &str, rule: &str| SEALED.replace("B", value) + "sops:\n  mac: ENC[AES256_GCM,data:y]\n" + rule;
    let whole = with("ENC[AES256_GCM,data:z]", "  encrypted_regex: ^(data|stringData)$\n");
    let note = "note not-checked 0: `s.yaml` is encrypted by SOPS: its content was not checked";
    let open = "error guard 0: `s.yaml` was encrypted by SOPS and no longer is";
    let gone = "note not-checked 0: `s.yaml` was encrypted by SOPS and is gone: its content was not checked";
    let value = "error guard 6: `stringData.b` of `s.yaml` is not encrypted, where SOPS encrypts it";
    assert_eq!(sealed(&whole, &whole.replace("data:x", "data:other")), [note]);
    assert_eq!(sealed("", &whole), [note]);
    assert_eq!(sealed(&whole, ""), [gone]);
    assert_eq!(sealed(&whole, "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: open}\n"), [open]);
    // one value of it is open now: a mistake, unless the file itself says that it is never encrypted
    assert_eq!(sealed(&whole, &with("open", "  encrypted_regex: ^(data|stringData)$\n")), [value, note]);
    for (rule, expected) in [
        ("  encrypted_regex: ^a$\n", vec![note]),
        ("  unencrypted_regex: ^(b|apiVersion|kind|metadata)$\n", vec![note]),
        ("  encrypted_suffix: Data\n", vec![value, note]),
        ("  unencrypted_regex: ^(apiVersion|kind|metadata)$\n", vec![value, note]),
    ] {
        assert_eq!(sealed(&whole, &with("open", rule)), expected, "{rule}");
    }
    assert_eq!(sealed(&whole, &with("''", "  encrypted_regex: ^(data|stringData)$\n")), [note], "nothing is not encrypted");
}

#[test]
fn a_secret_that_is_no_longer_encrypted_is_reported_wherever_it_is() {
    let root = format!(
        "{HEAD}metadata: {{name: all, namespace: flux-system}}\nspec: {{path: ./c, sourceRef: {{kind: GitRepository, name: all}}}}\n"
    );
    let build = |path: &str, text: &str| {
        Builder::default().build(&Memory::new([("c/all.yaml", root.as_str()), (path, text)])).expect("readable")
    };
    let before = build("c/s.sops.yaml", SEALED);
    let open = SEALED.replace("ENC[AES256_GCM,data:x]", "open");
    let reported: Vec<_> = opened(&before, &build("c/renamed.yaml", &open)).into_iter().collect();
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert_eq!(
        (reported[0].0.file.as_str(), reported[0].0.level, reported[0].1.as_str()),
        ("c/renamed.yaml", Level::Error, "c flux-system/all")
    );
    assert!(reported[0].0.message.contains("Secret s was encrypted by SOPS and no longer is"), "{reported:?}");
    assert_eq!(opened(&before, &build("c/renamed.yaml", SEALED)), []);
}

#[test]
fn objects_that_change_are_listed_for_each_kustomization() {
    let build = |text: &str| {
        let root = format!(
            "{HEAD}metadata: {{name: all, namespace: flux-system}}\nspec: {{path: ./c, sourceRef: {{kind: GitRepository, name: all}}}}\n"
        );
        Builder::default().build(&Memory::new([("c/all.yaml", root.as_str()), ("c/a.yaml", text)])).expect("readable")
    };
    let map = |name: &str, value: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{value}}}\n---\n")
    };
    let before = build(&(map("a", "x: '1', y: '1'") + &map("b", "x: '1'") + &map("same", "x: '1'")));
    let after = build(&(map("a", "x: '2', z: '1'") + &map("c", "x: '1'") + &map("same", "x: \"1\"")));
    let reported: Vec<_> = differences(&before, &after)
        .into_iter()
        .map(|one| (one.kustomization, one.object, one.what, one.fields.join(" ")))
        .collect();
    let row = |object: &str, what, fields: &str| ("c flux-system/all".to_owned(), object.to_owned(), what, fields.to_owned());
    assert_eq!(
        reported,
        [
            row("ConfigMap a", "changed", "data.x data.y data.z"),
            row("ConfigMap c", "added", ""),
            row("ConfigMap b", "removed", "")
        ]
    );
    assert_eq!(differences(&before, &before), []);
}

/// Applications that another repository applies have releases or sources; a repository of manifests alone is not for Flux.
#[test]
fn a_repository_without_a_cluster_says_so_and_without_flux_fails() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n";
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r, namespace: x}\nspec: {interval: 1h, chartRef: {kind: OCIRepository, name: r}}\n";
    let look = |more: &str, settings: &str| {
        let tree = Memory::new([
            (".fluxdeck.toml", settings),
            ("one/kustomization.yaml", "resources: [a.yaml]\n"),
            ("one/a.yaml", map),
            ("two/kustomization.yaml", "resources: [a.yaml]\n"),
            ("two/a.yaml", more),
        ]);
        let repository = Builder::default().build(&tree).expect("readable");
        let findings = check(&repository, &mut Schemas::default());
        let of_rule = findings.list().into_iter().filter(|(finding, _)| finding.rule.name == reached::RULE.name);
        of_rule.map(|(finding, _)| (finding.level, finding.message.clone())).collect::<Vec<_>>()
    };
    let nothing = "there is nothing of Flux here: 2 folders with a kustomization file, built as by kustomize";
    assert_eq!(look(map, ""), [(Level::Error, nothing.to_owned())]);
    let nobody = "no cluster begins here: 2 folders with a kustomization file, looked at for one that nobody names";
    assert_eq!(look(release, ""), [(Level::Note, nobody.to_owned())]);
    assert_eq!(look(map, "[[kustomizations]]\ncluster = \"east\"\npath = \"one\"\n"), []);
}

/// The API server is never asked: Flux has dropped them before.
#[test]
fn labels_that_flux_leaves_out_are_an_error_and_are_not_built() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: l\n  namespace: x\n  labels:\n    a: b\n    c: true\n  annotations: {d: 1}\n";
    let lost = "error schema apps/l.yaml:8 ConfigMap x/l: Flux leaves out all of `metadata.labels`, since one is not a string [c flux-system/apps]";
    assert_eq!(found(&[("apps/l.yaml", map)]), [lost]);
    assert_eq!(found(&[("apps/l.yaml", &map.replace("true", "'true'"))]), Vec::<String>::new());

    let repository = without_remote(&[("apps/a.yaml", map)]);
    let (_, object) = all(&repository).find(|(_, object)| meta_text(&object.node, "name") == "l").expect("it is built");
    let keys = |map: &str| -> Vec<String> {
        let entries = object.node.at(&["metadata", map]).map(Node::entries).unwrap_or_default();
        entries.iter().filter_map(|entry| entry.key.text().map(str::to_owned)).collect()
    };
    assert_eq!(keys("labels"), ["kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"]);
    // nothing is added to these: they go as they are, to a server that refuses them
    assert_eq!(keys("annotations"), ["d"]);
}
