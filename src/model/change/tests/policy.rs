//! Programs of the repository as checks: which are meant for a change, and what their ends come to.

use std::collections::BTreeSet;

use super::super::CheckResult;
use super::super::outside::{PolicyEnd, PolicyQuestion, PolicyRun};
use crate::guards::{PolicyCommand, PolicySubject, RepositoryPolicy};
use crate::render::tree::Memory;

const RULES: &str = "[[policy]]\nname = \"shape\"\ncommand = [\"./ci/shape.sh\"]\n[[policy]]\nname = \"apps\"\ncommand = [\"true\"]\nwhen = { paths = [\"apps/**\"] }\n";

fn runs(changed: &str) -> Vec<PolicyRun> {
    let base = Memory::new([("ci/shape.sh", "exit 0"), ("apps/web.yaml", "a: 1")]);
    let policies = RepositoryPolicy::read(RULES.as_bytes()).expect("rules").policy;
    let subject = PolicySubject { paths: [changed.to_owned()].into(), ..PolicySubject::default() };
    PolicyRun::all(&policies, &subject, &base)
}

#[test]
fn a_program_that_the_change_alters_does_not_judge_it() {
    let names = |changed: &str| runs(changed).iter().map(|run| run.policy.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names("apps/web.yaml"), names("other.yaml")),
        (vec!["shape".to_owned(), "apps".to_owned()], vec!["shape".to_owned()])
    );
    let run = runs("ci/shape.sh").remove(0);
    let begun = run.begun();
    assert_eq!((&*begun.name, begun.result), ("policy shape", CheckResult::NotRun));
    assert_eq!(begun.why, "the change alters ci/shape.sh, which it runs with");
    assert_eq!(run.barred("nobody has allowed it yet").begun().why, begun.why, "the first reason stays");
    let barred = runs("apps/web.yaml").remove(0).barred("nobody has allowed it yet").begun();
    assert_eq!((barred.result, barred.why.as_str()), (CheckResult::NotRun, "nobody has allowed it yet"));
    assert_eq!(runs("apps/web.yaml")[0].begun().result, CheckResult::UnderWay);
}

#[test]
fn an_exit_code_is_the_verdict_and_the_last_lines_are_fit_to_be_shown() {
    let run = &runs("apps/web.yaml")[0];
    let ended = |code, said: &str| run.ended(PolicyEnd::Ended { code, said: said.to_owned() });
    let many: String = (1..9).map(|number| format!("line {number}\n\n")).collect();
    for (check, result, why) in [
        (ended(Some(0), "checked 3\nall well\n"), CheckResult::Passed, "all well"),
        (ended(Some(0), ""), CheckResult::Passed, ""),
        (ended(Some(2), ""), CheckResult::Failed, "exit 2"),
        (ended(Some(1), &many), CheckResult::Failed, "exit 1: line 5 / line 6 / line 7 / line 8"),
        (ended(None, "a"), CheckResult::Failed, "ended by a signal: a"),
        (run.ended(PolicyEnd::NotRun("conftest is not installed".to_owned())), CheckResult::NotRun, "conftest is not installed"),
    ] {
        assert_eq!((check.result, check.why.as_str()), (result, why));
    }
    let hostile = ended(Some(1), "\u{1b}[2Jtoken=PLANTED1234567890\nhttps://me:PLANTED@h.test/x\n");
    assert!(!hostile.why.contains("PLANTED") && !hostile.why.contains('\u{1b}'), "{}", hostile.why);
    assert!(ended(Some(1), &"x".repeat(10_000)).why.len() < 300);
}

fn one(command: &str, when: &str) -> PolicyCommand {
    let text = format!("[[policy]]\nname = \"a\"\ncommand = {command}\n{when}\n");
    RepositoryPolicy::read(text.as_bytes()).expect("rules").policy.remove(0)
}

#[test]
fn what_is_allowed_are_these_words_for_this_repository_with_the_files_that_they_name() {
    let tree = |script: &str| Memory::new([("ci/check.sh", script), ("apps/web.yaml", "a: 1\n")]);
    let of = |command: &str, when: &str, key: &str, script: &str| {
        PolicyQuestion::of(&[one(command, when)], "ops/fleet", key, &tree(script)).expect("there is one")
    };
    let base = of("[\"./ci/check.sh\", \"-x\"]", "", "h/ops/fleet", "exit 0");
    assert_eq!(base, of("[\"./ci/check.sh\", \"-x\"]", "", "h/ops/fleet", "exit 0"));
    assert_eq!((base.files.as_slice(), base.is_allowed), (["ci/check.sh".to_owned()].as_slice(), false));
    assert_eq!(base.commands, [("a".to_owned(), "./ci/check.sh -x".to_owned())]);
    let others = [
        of("[\"./ci/check.sh\", \"-y\"]", "", "h/ops/fleet", "exit 0"),
        of("[\"./ci/check.sh -x\"]", "", "h/ops/fleet", "exit 0"),
        of("[\"./ci/check.sh\", \"-x\"]", "when = { kinds = [\"Secret\"] }", "h/ops/fleet", "exit 0"),
        of("[\"./ci/check.sh\", \"-x\"]", "", "h/ops/other", "exit 0"),
        of("[\"./ci/check.sh\", \"-x\"]", "", "h/ops/fleet", "exit 1"),
    ];
    let digests: BTreeSet<_> = others.iter().map(|other| &other.digest).collect();
    assert!(digests.len() == others.len() && !digests.contains(&base.digest));
    assert_eq!(PolicyQuestion::of(&[], "ops/fleet", "", &tree("")), None);
}
