//! Kustomization files that name other repositories and files of the web: refused by a build, gone without by the rest, and brought where
//! somebody asks for that.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::checks::git;
use crate::support::program::{Fluxdeck, Ran};

/// git's own rules lead from here to a folder of this machine.
const URL: &str = "ssh://git@git.example.test/o/r";
const CRDS: &str = "https://crds.example.test/v1.2.3/crds.yaml";
const FLUX: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";

/// Somebody with a checkout whose folder `app` has a base of another repository.
struct Bed {
    user: Fluxdeck,
    fleet: PathBuf,
}

fn map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: x}}\ndata: {{a: one}}\n")
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }
}

fn commit(folder: &Path) {
    git(folder, &["init", "-q", "-b", "main"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "one"]);
}

impl Bed {
    fn new(base: &str) -> Self {
        // nothing of the network is asked, not even for names of hosts
        let user = Fluxdeck::new().set("HTTPS_PROXY", "http://127.0.0.1:9");
        let (fleet, other) = (user.file("fleet"), user.file("other"));
        let base = format!("resources: [{base}, own.yaml]\nnamePrefix: pre-\n");
        let flux = |name: &str, path: &str| {
            format!(
                "{FLUX}metadata: {{name: {name}, namespace: flux-system}}\nspec: {{interval: 1h, prune: true, path: {path}, sourceRef: {{kind: GitRepository, name: all}}}}\n---\n"
            )
        };
        write(
            &fleet,
            &[
                ("c/all.yaml", &(flux("all", "./c") + &flux("app", "./app") + &flux("again", "./again"))),
                ("app/kustomization.yaml", &base),
                ("app/own.yaml", &map("own")),
                ("again/kustomization.yaml", &base.replace("own.yaml", "more.yaml").replace("pre-", "again-")),
                ("again/more.yaml", &map("more")),
                ("here/kustomization.yaml", "resources: [base, own.yaml]\nnamePrefix: pre-\n"),
                ("here/own.yaml", &map("own")),
                ("here/base/kustomization.yaml", "resources: [map.yaml]\n"),
                ("here/base/map.yaml", &map("remote")),
            ],
        );
        write(&other, &[("deploy/kustomization.yaml", "resources: [map.yaml]\n"), ("deploy/map.yaml", &map("remote"))]);
        commit(&fleet);
        commit(&other);
        git(&other, &["tag", "v1"]);
        user.write(".gitconfig", &format!("[url \"file://{}\"]\n\tinsteadOf = {URL}\n", other.display()));
        Self { user, fleet }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let fleet = self.fleet.display().to_string();
        self.user.run(&[arguments, &["--repo", &fleet]].concat())
    }

    fn findings(&self, more: &[&str]) -> Vec<String> {
        let ran = self.run(&[&["check", "-o", "json"], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let json: Value = serde_json::from_str(&ran.out).expect("JSON");
        let findings = json["findings"].as_array().expect("findings").iter();
        findings.filter(|one| one["rule"] == "remote-resource").map(|one| one["message"].to_string()).collect()
    }
}

#[test]
fn a_base_of_another_repository_is_built_once_it_is_brought() {
    let bed = Bed::new(&format!("'{URL}//deploy?ref=v1'"));
    let refused = bed.run(&["build", "--path", "app"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.err.contains("app/kustomization.yaml:1:13: `ssh://git@git.example.test/o/r//deploy?ref=v1` is not in the"),
        "{refused:?}"
    );
    assert!(refused.err.contains("--fetch brings it"), "{refused:?}");
    let refused = bed.run(&["build", "--kustomization", "flux-system/app"]);
    assert!(refused.code == 1 && refused.err.contains("--fetch brings it"), "{refused:?}");

    let built = bed.run(&["build", "--path", "app", "--fetch"]);
    assert_eq!((built.code, &built.out), (0, &bed.run(&["build", "--path", "here"]).out), "{built:?}");
    let clones: Vec<_> = std::fs::read_dir(bed.user.file(".cache/fluxdeck/repositories")).expect("the cache").flatten().collect();
    assert_eq!(clones.len(), 1);
    assert_eq!(bed.run(&["build", "--path", "app"]).code, 1, "what was brought once may not be that of today");

    let found = bed.run(&["where", "cm/pre-remote", "data.a"]);
    let expected = format!("set by    {URL}//deploy/map.yaml?ref=v1:4:11  resource");
    assert!(found.out.contains(&expected), "{found:?}");
}

#[test]
fn what_is_not_here_is_one_note_and_nothing_else_fails() {
    let base = format!("'{URL}//deploy?ref=v1'");
    let bed = Bed::new(&base);
    let note = format!("\"2 Kustomizations use {URL}//deploy?ref=v1, which is not here: its objects are not known\"");
    assert_eq!(bed.findings(&[]), [note]);
    // a change of what is here is planned, and says what it is not proven against
    let changed =
        bed.run(&["run", "set-field", "cm/pre-own", "--set", "data.a=two", "--kustomization", "flux-system/app", "--dry-run"]);
    assert_eq!(changed.code, 0, "{changed:?}");
    let said = changed.out + &changed.err;
    assert!(said.contains("remote resources") && said.contains("not here, and built without"), "{said}");
    assert_eq!(bed.run(&["where", "cm/pre-own", "data.a"]).code, 0);
    let gone = bed.run(&["where", "cm/pre-remote", "data.a"]);
    assert!(gone.code == 1 && gone.err.contains("--fetch brings them"), "{gone:?}");

    assert_eq!(bed.findings(&["--fetch"]), Vec::<String>::new(), "a tag does not move");
    assert_eq!(bed.findings(&[]), Vec::<String>::new(), "it is here from then on");
}

#[test]
fn a_branch_is_said_to_move_and_a_name_that_is_gone_fails() {
    let bed = Bed::new(&format!("'{URL}//deploy'"));
    let moves = bed.findings(&["--fetch"]);
    assert!(moves.len() == 1 && moves[0].contains("which may be another one each time: it was "), "{moves:?}");
    let bed = Bed::new(&format!("'{URL}//deploy?ref=gone'"));
    let ran = bed.run(&["check", "--fetch"]);
    assert!(ran.code == 1 && ran.out.contains("error [build] again/kustomization.yaml:1:13: `"), "{ran:?}");
}

#[test]
fn a_file_of_the_web_that_does_not_answer_is_a_note_with_its_reason() {
    let bed = Bed::new(&format!("'{CRDS}'"));
    let note = bed.findings(&["--fetch"]);
    let [note] = &note[..] else { panic!("{note:?}") };
    assert!(note.contains("which is not here (") && note.contains("the proxy does not connect"), "{note}");
    let refused = bed.run(&["build", "--path", "app", "--fetch"]);
    assert!(refused.code == 1 && refused.err.contains("cannot be brought: "), "{refused:?}");
}

#[test]
fn the_configuration_of_the_user_asks_for_it_and_that_of_the_repository_cannot() {
    let bed = Bed::new(&format!("'{URL}//deploy?ref=v1'"));
    write(&bed.fleet, &[(".fluxdeck.toml", "fetch = true\n")]);
    assert_eq!(bed.run(&["build", "--path", "app"]).code, 1);
    write(&bed.user.file(".config/fluxdeck"), &[("config.toml", "fetch = \"repositories\"\n")]);
    assert_eq!(bed.run(&["build", "--path", "app"]).code, 1);
    write(&bed.user.file(".config/fluxdeck"), &[("config.toml", "fetch = true\n")]);
    assert_eq!(bed.run(&["build", "--path", "app"]).code, 0);
}
