//! Tokens that other programs print: what they are asked with, and what nobody sees.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::super::Failure;
use super::super::credential_helper::ask;
use super::super::token::{ask_gh, ask_git, ask_glab};

/// A program of a few lines, which runs in the folder beside it.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program");
    std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{text}\n", folder.display())).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
    path
}

#[tokio::test]
async fn gh_is_asked_for_one_host_and_not_by_variables_that_are_for_any() {
    let folder = tempfile::tempdir().expect("a folder");
    let gh = script(folder.path(), "env > environment; echo \"$@\" > arguments; tty >> arguments; echo PLANTED");
    assert_eq!(ask_gh(&gh, "ghe.example.com").await.as_deref(), Some("PLANTED\n"));

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("written by the program");
    assert_eq!(read("arguments"), "auth token --hostname ghe.example.com\nnot a tty\n");
    let environment = read("environment");
    assert!(environment.contains("GH_PROMPT_DISABLED=1") && !environment.contains("_TOKEN="), "{environment}");

    let gh = script(folder.path(), "echo PLANTED; echo 'no oauth token found for ghe.example.com' >&2; exit 1");
    assert_eq!(ask_gh(&gh, "ghe.example.com").await, None);
}

/// As glab 1.80 answers, of its own configuration (`internal/commands/auth/login/helper.go`).
#[tokio::test]
async fn glab_is_asked_as_a_helper_of_git_and_the_token_of_a_job_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let answer = |user: &str| {
        let printed = format!("printf 'capability[]=authtype\\nusername={user}\\npassword=PLANTED\\n'");
        script(folder.path(), &format!("env > environment; cat > asked; echo \"$@\" > arguments; {printed}"))
    };
    assert_eq!(ask_glab(&answer("oauth2"), "git.example.com").await.as_deref(), Some("PLANTED"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("written by the program");
    assert_eq!(read("arguments"), "auth git-credential get\n");
    assert_eq!(read("asked"), "protocol=https\nhost=git.example.com\n\n");
    let environment = read("environment");
    for line in ["NO_PROMPT=true", "GLAB_CHECK_UPDATE=false", "GLAB_SEND_TELEMETRY=false"] {
        assert!(environment.lines().any(|one| one == line), "{line}: {environment}");
    }
    let is_token = |line: &str| ["GITLAB_TOKEN=", "JOB_TOKEN="].iter().any(|name| line.starts_with(name));
    assert!(!environment.lines().any(is_token), "{environment}");

    assert_eq!(ask_glab(&answer("gitlab-ci-token"), "git.example.com").await, None);
    assert_eq!(ask_glab(&answer("me"), "git.example.com\nhost=evil.example.com").await, None);
    assert_eq!(ask_glab(&script(folder.path(), "exit 1"), "git.example.com").await, None);
}

/// The git of this machine, with that helper and none of the user's.
fn git(folder: &Path, helper: &str) -> Command {
    let mut command = Command::new("git");
    for (at, (key, value)) in
        [("credential.helper", ""), ("credential.helper", helper), ("core.askPass", "false")].iter().enumerate()
    {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    command.env("GIT_CONFIG_COUNT", "3").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.current_dir(folder);
    command
}

#[tokio::test]
async fn gits_helpers_are_asked_for_the_host_and_nobody_else_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked = folder.path().join("asked");
    let helper =
        format!("!f() {{ test $1 = get || exit 0; cat > {}; echo username=me; echo password=PLANTED; }}; f", asked.display());
    let fill = async |helper: &str, host: &str| {
        ask_git(git(folder.path(), helper), "https", host, "ops/fleet").await.map(|(_, password)| password)
    };

    assert_eq!(fill(&helper, "git.example.com").await.as_deref(), Some("PLANTED"));
    let seen = std::fs::read_to_string(&asked).expect("the helper was asked");
    assert!(seen.contains("protocol=https\nhost=git.example.com\n"), "{seen}");

    // without a helper git would ask at the terminal, or in a window
    assert_eq!(fill("", "git.example.com").await, None);
    assert_eq!(fill("!f() { echo username=me; }; f", "git.example.com").await, None);
    assert_eq!(fill(&helper, "git.example.com\nhost=evil.example.com").await, None);
}

#[tokio::test]
async fn a_helper_of_docker_gets_the_server_on_standard_input_and_has_an_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let limit = std::time::Duration::from_secs(20);
    let prints = r#"{"ServerURL": "ghcr.io", "Username": "ana", "Secret": "PLANTED"}"#;
    let helper = script(folder.path(), &format!("echo \"$@\" > arguments; cat > asked; tty >> arguments; echo '{prints}'"));
    let helped = ask(&helper, "ghcr.io", limit).await.expect("it answers").expect("it knows the server");
    assert_eq!((helped.server.as_str(), helped.user.as_str()), ("ghcr.io", "ana"));
    assert_eq!(secrecy::ExposeSecret::expose_secret(&helped.secret), "PLANTED");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("written by the program");
    assert_eq!((read("arguments").as_str(), read("asked").as_str()), ("get\nnot a tty\n", "ghcr.io"));

    let limit = std::time::Duration::from_millis(50);
    let helper = script(folder.path(), "tail -f /dev/null");
    assert_eq!(ask(&helper, "ghcr.io", limit).await.err(), Some(Failure::TooLong(limit)));
}
