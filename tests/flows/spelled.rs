//! Text that the headless commands print where only ASCII can be shown, and how they count.

use std::collections::BTreeSet;

use super::files::fleet;
use crate::support::program::{Fluxdeck, Ran};

/// Calls of each command, with `REPO` for a checkout. What is data for other programs is not among them, whatever it holds.
const CALLS: &[&str] = &[
    "tree --demo",
    "tree --demo -A -o wide",
    "tree ks/nope --demo",
    "pulse --demo",
    "pulse --demo -o wide",
    "tree ks/nope --demo -o dot",
    "tree --dependencies --demo",
    "why --demo",
    "why ks/crashing -n faults --demo",
    "trace deploy/web -n web --demo",
    "values worker -n flux-apps --demo --all -o wide",
    "values nope --demo",
    "describe ks/apps -n flux-system --demo",
    "events --for ks/crashing -n faults --demo",
    "events ks/nope -n nope --demo -o wide",
    "logs --demo --level error",
    "logs ks/crashing -n faults --demo",
    "logs ks/nope --demo",
    "get all -A --demo",
    "get ks -A --demo -o wide",
    "get ks nope --demo",
    "get ks -o jsonpath={.metadata.name}",
    "reconcile ks apps -n flux-system --demo",
    "reconcile ks apps -n flux-system --demo --dry-run",
    "suspend ks apps -n flux-system --demo --reason grüße",
    "suspend ks --all -A --demo --dry-run",
    "resume ks suspended -n faults --demo",
    "delete pod --all -n web --demo --dry-run",
    "delete ks web -n web --demo --dry-run",
    "restart deploy web -n web --demo --dry-run",
    "scale deploy web -n web --replicas 3 --demo --dry-run",
    "jobs list --demo",
    "jobs show 1 --demo",
    "build --repo REPO --kustomization production/flux-system/nope",
    "where deploy/frontend spec.replicas --repo REPO",
    "where deploy/frontend spec.template --repo REPO",
    "run scale deploy/frontend --replicas 7 --repo REPO --dry-run",
    "run scale deploy/nope --replicas 7 --repo REPO --dry-run",
    "run edit-file deploy/frontend --repo REPO --kustomization production/flux-system/apps --dry-run",
    "changes list --demo",
    "changes show 1 --demo",
    "check --cluster --demo",
    "check --pre --demo",
    "check --repo REPO",
    "check --repo REPO -v",
    "check --repo REPO -o github",
    "trust --repo REPO",
    "init --repo REPO --stdout",
    "drift --demo",
    "drift ks/nope --demo",
    "snapshot saved.gz --demo",
    "demo --serve 99999",
    "prs --demo",
    "playbooks",
    "info",
    "completion nope",
    "man /nowhere",
    "nope",
];

fn ran(call: &str, more: &[&str], locale: &str) -> Ran {
    let repository = fleet().display().to_string();
    let words: Vec<_> = call.split(' ').map(|word| if word == "REPO" { repository.as_str() } else { word }).collect();
    Fluxdeck::new().set("LANG", locale).run(&[&words, more].concat())
}

fn is_ascii(ran: &Ran) -> bool {
    ran.out.bytes().chain(ran.err.bytes()).all(|byte| byte <= 126)
}

#[test]
fn no_command_prints_anything_but_ascii_where_nothing_else_can_be_shown() {
    let mut plain = 0;
    for call in CALLS {
        let spelled = ran(call, &["--ascii"], "C.UTF-8");
        assert!(is_ascii(&spelled), "{call}: {spelled:?}");
        assert!(!(spelled.out + &spelled.err).is_empty(), "{call} prints nothing");
        let name = call.split(' ').next().expect("a name");
        let help = ran(name, &["--help", "--ascii"], "C.UTF-8");
        assert!(is_ascii(&help), "{call}: {help:?}");
    }
    for call in ["tree --demo", "get ks -A --demo", "check --repo REPO", "get --help", "jobs show 1 --demo"] {
        plain += usize::from(!is_ascii(&ran(call, &[], "C.UTF-8")));
        assert!(is_ascii(&ran(call, &[], "C")), "{call} in a locale without UTF-8");
    }
    assert!(plain >= 2, "some of it has other signs where they can be shown");
    let called: BTreeSet<_> = CALLS.iter().filter_map(|call| call.split(' ').next()).collect();
    for command in fluxdeck::cli::program().get_subcommands() {
        assert!(called.contains(command.get_name()), "{} is not called here", command.get_name());
    }
}

#[test]
fn data_for_other_programs_stays_as_it_is() {
    let user = Fluxdeck::new();
    user.write("kustomization.yaml", "configMapGenerator:\n- name: a\n  literals: [text=grüße]\n");
    for (output, expected) in [("yaml", "text: grüße"), ("json", "grüße")] {
        let built = user.run(&["build", "--repo", ".", "--path", ".", "-o", output, "--ascii"]);
        assert!(built.code == 0 && built.out.contains(expected), "{built:?}");
    }
}

/// `1 errors` and its like: whatever is printed here counts one of something somewhere.
#[test]
fn one_of_a_kind_is_counted_in_the_singular() {
    let wrong = regex::Regex::new(r"(^|[^0-9.,:/-])1 [a-z]*[a-rt-z]s\b").expect("a pattern");
    for call in CALLS {
        let ran = ran(call, &[], "C.UTF-8");
        let text = ran.out + &ran.err;
        // Helm's controller counts its own way
        let is_ours = |line: &&str| !line.contains("1 is ") && !line.contains("additions");
        let found = text.lines().filter(is_ours).find(|line| wrong.is_match(line));
        assert_eq!(found, None, "{call}");
    }
}
