use super::*;
use crate::guards::{PolicyCommand, PolicySubject};

fn read(text: &str) -> Vec<PolicyCommand> {
    RepositoryPolicy::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}")).policy
}

fn one(command: &str, when: &str) -> PolicyCommand {
    read(&format!("[[policy]]\nname = \"a\"\ncommand = {command}\n{when}\n")).remove(0)
}

#[test]
fn a_policy_is_for_changes_that_fit_each_of_its_lists() {
    let subject = PolicySubject {
        paths: ["apps/web.yaml".to_owned()].into(),
        kinds: [("apps".to_owned(), "Deployment".to_owned()), (String::new(), "Service".to_owned())].into(),
        playbook: Some("scale".to_owned()),
    };
    for (when, fits) in [
        ("", true),
        ("when = {}", true),
        ("when = { paths = [\"apps/**\"] }", true),
        ("when = { paths = [\"*.json\", \"web.yaml\"] }", true),
        ("when = { paths = [\"clusters\"] }", false),
        ("when = { kinds = [\"Service\"] }", true),
        ("when = { kinds = [\"Deployment.apps\"] }", true),
        ("when = { kinds = [\"Deployment.extensions\"] }", false),
        ("when = { kinds = [\"deployment\"] }", false),
        ("when = { playbooks = [\"scale\", \"edit\"] }", true),
        ("when = { playbooks = [\"edit\"] }", false),
        ("when = { paths = [\"apps\"], kinds = [\"Secret\"] }", false),
        ("when = { paths = [\"apps\"], kinds = [\"Service\"], playbooks = [\"scale\"] }", true),
    ] {
        assert_eq!(one("[\"true\"]", when).when.fits(&subject), fits, "{when}");
    }
    let of_anybody = PolicySubject { playbook: None, ..subject };
    assert!(!one("[\"true\"]", "when = { playbooks = [\"scale\"] }").when.fits(&of_anybody));
}

#[test]
fn a_policy_that_is_none_is_an_error_that_names_it() {
    let many = "[[policy]]\nname = \"a\"\ncommand = [\"a\"]\n".repeat(21);
    let long = format!("[[policy]]\nname = \"a\"\ncommand = [\"{}\"]\n", "x".repeat(9000));
    for (text, said) in [
        ("[[policy]]\ncommand = [\"a\"]\n", "missing field `name`"),
        ("[[policy]]\nname = \" \"\ncommand = [\"a\"]\n", "has no name"),
        ("[[policy]]\nname = \"a\\u001b[2J\"\ncommand = [\"a\"]\n", "is not a name"),
        ("[[policy]]\nname = \"a\"\ncommand = []\n", "names no program"),
        ("[[policy]]\nname = \"a\"\ncommand = \"a b\"\n", "invalid type"),
        ("[[policy]]\nname = \"a\"\ncommand = [\"a\\u0000\"]\n", "has a NUL"),
        ("[[policy]]\nname = \"a\"\ncommand = [\"a\"]\nwhen = { paths = [\"[\"] }\n", "is not a glob"),
        ("[[policy]]\nname = \"a\"\ncommand = [\"a\"]\nwhen = { path = [\"a\"] }\n", "unknown field `path`"),
        ("[[policy]]\nname = \"a\"\ncommand = [\"a\"]\n[[policy]]\nname = \"a\"\ncommand = [\"b\"]\n", "two [[policy]] a"),
        (many.as_str(), "more than 20"),
        (long.as_str(), "too long"),
        ("[changes]\nlabels = [\"\"]\n", "neither a label nor a reviewer"),
    ] {
        let error = RepositoryPolicy::read(text.as_bytes()).expect_err(text);
        assert!(error.message.contains(said) && !error.message.contains(char::is_control), "{error}");
    }
}

#[test]
fn a_program_names_the_files_that_its_words_and_their_pieces_are() {
    let tree = Memory::new([("ci/check.sh", "exit 0"), ("apps/web.yaml", "a: 1\n")]);
    for (command, files) in [
        ("[\"sh\", \"-c\", \"cd ci && sh 'ci/check.sh'; true\"]", vec!["ci/check.sh"]),
        ("[\"conftest\", \"--policy=ci/check.sh\", \"apps/web.yaml\"]", vec!["apps/web.yaml", "ci/check.sh"]),
        ("[\"conftest\", \"apps\", \"/etc/passwd\", \"../x\"]", vec![]),
    ] {
        assert_eq!(one(command, "").files(&tree).into_keys().collect::<Vec<_>>(), files, "{command}");
    }
}
