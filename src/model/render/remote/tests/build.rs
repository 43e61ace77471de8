//! Builds with remote resources: as if their files were local, and without them.

use super::*;
use crate::render::error::Cause;
use crate::render::tree::Memory;
use crate::render::{Built, Cache, Options, Output, build_recorded, write};

const CRD: &str = "https://example.test/o/r/v1.2.3/crds.yaml";
const BASE: &str = "github.com/o/r//deploy?ref=v1";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers: [{name: web, image: web, envFrom: [{configMapRef: {name: settings}}]}]\n";

fn file(text: &str) -> RemoteAnswer<Arc<[u8]>> {
    RemoteAnswer::Found(text.as_bytes().into(), Revision { digest: digest(text.as_bytes()), moves: false })
}

fn clone(files: &[(&str, &str)]) -> RemoteAnswer<SharedTree> {
    let revision = Revision { digest: "0123456789abcdef0123456789abcdef01234567".into(), moves: false };
    RemoteAnswer::Found(Arc::new(Memory::new(files.iter().copied())), revision)
}

/// The remote base of [`BASE`].
fn base(files: &[(&str, &str)]) -> Remotes {
    let mut remotes = Remotes::unknown();
    remotes.know_repository(&"https://github.com/o/r".into(), &"v1".into(), clone(files));
    remotes
}

fn build(files: &[(&str, &str)], remotes: &Remotes) -> (RemoteUses, crate::render::Result<Output>) {
    let options = Options { remotes: remotes.clone(), ..Options::default() };
    let (read, built) = build_recorded(&Memory::new(files.iter().copied()), "app", &options, &Cache::default());
    (read.remotes, built)
}

fn text(built: crate::render::Result<Output>) -> String {
    match built {
        Ok(output) => write::all(output.objects.iter().map(|built| &built.node)).expect("it can be written"),
        Err(error) => format!("{error}"),
    }
}

/// The objects by name, each with whether it is proven.
fn names(built: crate::render::Result<Output>) -> Vec<String> {
    let one = |built: &Built| format!("{}{}", built.name(), if built.unproven.is_some() { "?" } else { "" });
    built.map_or_else(|error| vec![error.to_string()], |output| output.objects.iter().map(one).collect())
}

#[test]
fn a_remote_base_builds_what_the_same_files_build_here() {
    let kustomization = |base: &str| {
        format!(
            "resources: ['{base}', web.yaml]\nnamePrefix: pre-\nnamespace: apps\nconfigMapGenerator: [{{name: settings, behavior: merge, literals: [b=2]}}]\npatches: [{{patch: '{{apiVersion: v1, kind: Service, metadata: {{name: svc}}, spec: {{type: NodePort}}}}'}}]\n"
        )
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: svc}\nspec: {type: ClusterIP}\n";
    let own = "resources: [../common, svc.yaml]\nconfigMapGenerator: [{name: settings, literals: [a=1], files: [conf.txt]}]\n";
    let common = ("kustomization.yaml", "resources: [map.yaml]\nnameSuffix: -x\n");
    let remote = [
        ("deploy/kustomization.yaml", own),
        ("deploy/svc.yaml", service),
        ("deploy/conf.txt", "hello"),
        ("common/kustomization.yaml", common.1),
        ("common/map.yaml", MAP),
    ];
    let mut local: Vec<_> = [("app/web.yaml", DEPLOYMENT)].into();
    let moved: Vec<_> = remote.iter().map(|(path, text)| (format!("base/{path}"), *text)).collect();
    let here = kustomization("../base/deploy");
    local.push(("app/kustomization.yaml", here.as_str()));
    local.extend(moved.iter().map(|(path, text)| (path.as_str(), *text)));
    let expected = text(build(&local, &Remotes::default()).1);
    assert!(expected.contains("name: pre-settings-") && expected.contains("type: NodePort"), "{expected}");

    let there = kustomization(BASE);
    let files = [("app/web.yaml", DEPLOYMENT), ("app/kustomization.yaml", there.as_str())];
    let (uses, built) = build(&files, &base(&remote).needed());
    assert_eq!(uses.all.iter().map(|one| (&*one.address, one.is_missing())).collect::<Vec<_>>(), [(BASE, false)]);
    let built = built.expect("it builds");
    let origin =
        built.objects.iter().find(|one| one.kind() == "Service").expect("it").node.get("spec").expect("it").origin().clone();
    assert_eq!(origin.location.to_string(), "https://github.com/o/r//deploy/svc.yaml?ref=v1");
    assert_eq!((origin.file(), origin.line), (None, 4), "it is not a file of this repository");
    assert_eq!(text(Ok(built)), expected);
}

#[test]
fn a_file_of_the_web_is_a_file_like_any_other() {
    let local = [("app/kustomization.yaml", "resources: [map.yaml]\nnamePrefix: a-\n"), ("app/map.yaml", MAP)];
    let remote = [("app/kustomization.yaml", format!("resources: ['{CRD}']\nnamePrefix: a-\n"))];
    let remote: Vec<_> = remote.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let mut remotes = Remotes::unknown();
    remotes.know_file(&CRD.into(), file(MAP));
    assert_eq!(text(build(&remote, &remotes.clone().needed()).1), text(build(&local, &Remotes::default()).1));

    // patches, generators and settings load it as well (`fileloader.go`, Load)
    let patched = format!(
        "resources: [web.yaml]\npatches: [{{path: '{CRD}', target: {{kind: Deployment}}}}]\nconfigMapGenerator: [{{name: c, files: [k={CRD}]}}]\n"
    );
    let files = [("app/kustomization.yaml", patched.as_str()), ("app/web.yaml", DEPLOYMENT)];
    remotes.know_file(&CRD.into(), file("- {op: add, path: /spec/replicas, value: 7}\n"));
    let built = text(build(&files, &remotes.needed()).1);
    assert!(built.contains("replicas: 7") && built.contains("  k: |\n    - {op: add"), "{built}");
}

/// kusttarget.go, accumulateResources: a file by HTTP first, then a repository.
#[test]
fn what_is_not_a_manifest_on_the_web_is_a_repository() {
    let address = "https://github.com/o/r//deploy?ref=v1";
    let text_of = format!("resources: ['{address}']\n");
    let files = [("app/kustomization.yaml", text_of.as_str())];
    let remote = [("deploy/kustomization.yaml", "resources: [map.yaml]\n"), ("deploy/map.yaml", MAP)];
    for answer in [
        file("<html>a page: [</html>\n"),
        RemoteAnswer::Refused("HTTP error: status code 404".to_owned()),
        RemoteAnswer::Unknown("no route".to_owned()),
    ] {
        let mut remotes = base(&remote).needed();
        remotes.know_file(&address.into(), answer);
        assert_eq!(names(build(&files, &remotes).1), ["web"]);
    }
    let asked = |remotes: &Remotes| build(&files, remotes).0.wanted().map(|(_, ask)| ask.clone()).collect::<Vec<_>>();
    assert_eq!(asked(&Remotes::unknown()), [RemoteAsk::Web(address.into())]);
    let mut remotes = Remotes::unknown();
    remotes.know_file(&address.into(), RemoteAnswer::Refused("404".to_owned()));
    assert_eq!(asked(&remotes), [RemoteAsk::Repository { url: "https://github.com/o/r".into(), reference: "v1".into() }]);
    remotes.know_repository(&"https://github.com/o/r".into(), &"v1".into(), RemoteAnswer::Refused("no such tag".to_owned()));
    let (uses, built) = build(&files, &remotes);
    assert_eq!(uses.wanted().count(), 0);
    let error = built.expect_err("neither");
    assert_eq!((error.cause, error.line), (Cause::Invalid, 1), "{error}");
    assert!(error.message.ends_with("404; no such tag"), "{error}");
    // a page, and no repository: it is a file, and a broken one
    remotes.know_file(&address.into(), file("a: [\n"));
    let error = build(&files, &remotes).1.expect_err("no YAML");
    assert_eq!(error.file.as_deref(), Some(address), "{error}");
}

#[test]
fn a_build_that_needs_it_is_refused_where_it_is_named() {
    for (resource, hint) in [(CRD, "--fetch brings it"), (BASE, "--fetch brings it")] {
        let files = [("app/kustomization.yaml", format!("resources:\n- a.yaml\n- {resource}\n")), ("app/a.yaml", MAP.to_owned())];
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let error = build(&files, &Remotes::default()).1.expect_err("it is not here");
        assert_eq!(error.cause, Cause::NotHere);
        assert_eq!(error.to_string(), format!("app/kustomization.yaml:3:3: `{resource}` is not in the repository: {hint}"));
    }
    // what is there by that name is not an address, as long as it is not of the web
    let files = [("app/kustomization.yaml", "resources: [github.com/o/r/map.yaml]\n"), ("app/github.com/o/r/map.yaml", MAP)];
    assert_eq!(names(build(&files, &Remotes::default()).1), ["web"]);
}

/// Builds with what is missing: the names of what is built (`?` where it is not proven), and how many doubts there are.
fn without_it(rows: &[(String, Vec<&str>, usize)]) {
    for (kustomization, expected, doubts) in rows {
        let files = [("app/kustomization.yaml", kustomization.as_str()), ("app/web.yaml", DEPLOYMENT), ("app/map.yaml", MAP)];
        let (uses, built) = build(&files, &Remotes::unknown());
        assert_eq!(names(built), *expected, "{kustomization}");
        assert_eq!((uses.missing().count(), uses.doubts), (1, *doubts), "{kustomization}");
        let refused = build(&files, &Remotes::default()).1.map_err(|error| error.cause).err();
        assert_eq!(refused, Some(Cause::NotHere), "{kustomization}");
    }
}

/// What begins each of these kustomization files.
const ALL: &str = "resources: [web.yaml, map.yaml, ";

/// Objects and patches that are missing, and what is still proven without them.
#[test]
fn without_it_the_rest_is_built_and_what_depends_on_it_is_not_proven() {
    let all = ALL;
    without_it(&[
        // objects are missing, the others are what they are
        (format!("{all}'{CRD}']\n"), vec!["web", "web"], 0),
        // a patch of what is missing
        (
            format!("{all}'{CRD}']\npatches: [{{patch: '{{apiVersion: v1, kind: Service, metadata: {{name: s}}}}'}}]\n"),
            vec!["web", "web"],
            1,
        ),
        (
            format!("{all}'{CRD}']\npatchesStrategicMerge: ['{{apiVersion: v1, kind: Service, metadata: {{name: s}}}}']\n"),
            vec!["web", "web"],
            1,
        ),
        (format!("{all}'{CRD}']\nreplicas: [{{name: s, count: 2}}]\n"), vec!["web", "web"], 1),
        // names of what is missing may follow a prefix: the reference of the Deployment is not proven
        (format!("{all}'{CRD}']\nnamePrefix: p-\n"), vec!["p-web?", "p-web"], 1),
        (format!("{all}'{BASE}']\n"), vec!["web?", "web"], 1),
        // a patch that is missing changes what it targets, else anything
        (format!("{all}]\npatches: [{{path: '{CRD}', target: {{kind: ConfigMap}}}}]\n"), vec!["web", "web?"], 1),
        (format!("{all}]\npatches: [{{path: '{CRD}'}}]\n"), vec!["web?", "web?"], 1),
        (format!("{all}]\npatchesStrategicMerge: ['{CRD}']\n"), vec!["web?", "web?"], 1),
        (
            format!(
                "{all}]\npatchesJson6902: [{{path: '{CRD}', target: {{kind: Deployment, name: web, version: v1, group: apps}}}}]\n"
            ),
            vec!["web?", "web"],
            1,
        ),
        // what comes after it may need what it sets
        (
            format!(
                "{all}]\npatches:\n- {{path: '{CRD}', target: {{kind: Deployment}}}}\n- target: {{kind: Deployment}}\n  patch: '- {{op: replace, path: /spec/gone/2, value: a}}'\n"
            ),
            vec!["web?", "web"],
            2,
        ),
        (
            format!(
                "{all}]\npatches:\n- {{path: '{CRD}', target: {{kind: Deployment}}}}\nreplacements: [{{source: {{kind: Deployment, fieldPath: spec.gone}}, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.a]}}]}}]\n"
            ),
            vec!["web?", "web?"],
            2,
        ),
        (
            format!(
                "{all}]\npatches:\n- {{path: '{CRD}', target: {{kind: Deployment}}}}\nreplacements: [{{source: {{kind: ConfigMap}}, targets: [{{select: {{kind: Deployment}}, fieldPaths: [spec.gone]}}]}}]\n"
            ),
            vec!["web?", "web"],
            2,
        ),
    ]);
}

/// Components, transformers, configurations, schemas, generators and what is taken of them.
#[test]
fn without_what_works_on_everything_nothing_is_proven() {
    let all = ALL;
    without_it(&[
        (format!("{all}]\ncomponents: ['{BASE}']\n"), vec!["web?", "web?"], 1),
        (format!("{all}]\ntransformers: ['{CRD}']\n"), vec!["web?", "web?"], 1),
        (format!("{all}]\nconfigurations: ['{CRD}']\n"), vec!["web?", "web?"], 0),
        (format!("{all}]\ncrds: ['{CRD}']\n"), vec!["web?", "web?"], 0),
        (format!("{all}]\nopenapi: {{path: '{CRD}'}}\n"), vec!["web?", "web?"], 0),
        (format!("{all}]\nreplacements: [{{path: '{CRD}'}}]\n"), vec!["web?", "web?"], 1),
        // a value that is taken of what is missing
        (
            format!(
                "{all}'{CRD}']\nreplacements: [{{source: {{kind: Service, name: s}}, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.a]}}]}}]\n"
            ),
            vec!["web", "web?"],
            1,
        ),
        (
            format!("{all}'{CRD}']\nvars: [{{name: S, objref: {{kind: Service, name: s, apiVersion: v1}}}}]\n"),
            vec!["web", "web"],
            1,
        ),
        // a generator that merges into what is missing, or is made of it
        (
            format!("{all}'{BASE}']\nconfigMapGenerator: [{{name: settings, behavior: merge, literals: [a=1]}}]\n"),
            vec!["web", "web", "settings-…?"],
            1,
        ),
        (format!("{all}]\nconfigMapGenerator: [{{name: settings, files: [k={CRD}]}}]\n"), vec!["web", "web", "settings-…?"], 0),
        (format!("{all}]\ngenerators: ['{CRD}']\n"), vec!["web?", "web"], 1),
        (format!("{all}]\nvalidators: ['{CRD}']\n"), vec!["web?", "web?"], 1),
    ]);
}

#[test]
fn what_is_missing_below_counts_above_and_mistakes_stay_mistakes() {
    let files = [
        (
            "app/kustomization.yaml",
            "resources: [../mid]\npatches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: s}}'}]\n",
        ),
        ("mid/kustomization.yaml", "resources: [https://example.test/a.yaml, map.yaml]\n"),
        ("mid/map.yaml", MAP),
    ];
    let (uses, built) = build(&files, &Remotes::unknown());
    assert_eq!((names(built), uses.doubts), (vec!["web".to_owned()], 1));
    let wrong = [("app/kustomization.yaml", "resources: [https://example.test/a.yaml, gone.yaml]\n")];
    assert_eq!(build(&wrong, &Remotes::unknown()).1.map_err(|error| error.cause).err(), Some(Cause::Missing));
    // the patch that is not here is of another object
    let other = format!(
        "resources: [map.yaml]\npatches:\n- {{path: '{CRD}', target: {{kind: Service}}}}\n- target: {{kind: ConfigMap}}\n  patch: '- {{op: replace, path: /data/gone/2, value: a}}'\n"
    );
    let files = [("app/kustomization.yaml", other.as_str()), ("app/map.yaml", MAP)];
    assert!(build(&files, &Remotes::unknown()).1.is_err());
}

/// fileloader.go: a clone reads no file that is not below the kustomization, leads to no folder outside, and never to itself.
#[test]
fn a_clone_is_bounded() {
    let files = [("app/kustomization.yaml", "resources: ['github.com/o/r//deploy?ref=v1']\n"), ("map.yaml", MAP)];
    for (kustomization, expected) in [
        ("resources: [../map.yaml]\n", "security; file 'map.yaml' is not in or below 'deploy'"),
        ("resources: [../../map.yaml]\n", "leaves the repository"),
        ("resources: ['github.com/o/r//deploy?ref=v1']\n", "cycle detected: URI"),
        ("resources: ['github.com/o/r//deploy?ref=v1x']\n", "is not in the repository"),
        ("resources: [../gone]\n", "is not there"),
    ] {
        let remotes = base(&[("deploy/kustomization.yaml", kustomization), ("map.yaml", MAP)]).needed();
        let error = build(&files, &remotes).1.expect_err(kustomization).to_string();
        assert!(error.contains(expected), "{kustomization}: {error}");
    }
}

/// resource/origin.go, Append.
#[test]
fn origin_annotations_name_the_repository_and_its_reference() {
    let files =
        [("app/kustomization.yaml", "resources: ['github.com/o/r//deploy?ref=v1']\nbuildMetadata: [originAnnotations]\n")];
    let remote = [("deploy/kustomization.yaml", "resources: [map.yaml]\n"), ("deploy/map.yaml", MAP)];
    let built = text(build(&files, &base(&remote).needed()).1);
    let note = "config.kubernetes.io/origin: |\n      path: deploy/map.yaml\n      repo: https://github.com/o/r\n      ref: v1\n";
    assert!(built.contains(note), "{built}");
}

#[test]
fn no_credential_of_an_address_is_shown() {
    let files = [("app/kustomization.yaml", "resources: ['https://me:hunter2@example.test/o/r//a?ref=v1']\n")];
    let error = build(&files, &Remotes::default()).1.expect_err("it is not here");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
