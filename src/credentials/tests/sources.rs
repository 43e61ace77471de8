//! The sources: variables, `gh`, `glab`, `tea` and git, each for its own host.

use std::collections::BTreeMap;

use super::super::environment;
use super::super::find::{Asked, Failure, find_in};
use super::super::keyring::Keyring;
use super::super::tea;
use super::{PLANTED, Source, origin};

type Pairs = &'static [(&'static str, &'static str)];

fn variables(pairs: Pairs) -> impl Fn(&str) -> Option<String> + Sync {
    let all: BTreeMap<_, _> = pairs.iter().copied().collect();
    move |name: &str| all.get(name).map(|value| (*value).to_owned())
}

#[test]
fn a_variable_is_for_the_host_that_it_is_for() {
    const HUB: &str = "https://github.com";
    const GHE: &str = "https://ghe.example.com";
    const GIT: &str = "https://git.example.com";
    const LAB: &str = "https://gitlab.com";
    for (pairs, url, expected) in [
        (&[("GITHUB_TOKEN", "t")] as Pairs, HUB, Some("GITHUB_TOKEN")),
        (&[("GITHUB_TOKEN", "t"), ("GH_TOKEN", "u")], HUB, Some("GH_TOKEN")),
        (&[("GITHUB_TOKEN", "t"), ("GH_TOKEN", "u")], GHE, None),
        (&[("GITHUB_TOKEN", "t"), ("GH_HOST", "ghe.example.com")], GHE, None),
        (&[("GITHUB_TOKEN", "t")], "https://acme.ghe.com", None),
        (&[("GITHUB_TOKEN", "t")], "https://github.com.evil.com", None),
        // a runner of Gitea, or of an Enterprise Server
        (&[("GITHUB_TOKEN", "t"), ("GITHUB_SERVER_URL", GIT)], HUB, None),
        (&[("GITHUB_TOKEN", "t"), ("GITHUB_SERVER_URL", HUB)], HUB, Some("GITHUB_TOKEN")),
        (&[("GH_ENTERPRISE_TOKEN", "t")], GHE, None),
        (&[("GH_ENTERPRISE_TOKEN", "t"), ("GH_HOST", "ghe.example.com")], GHE, Some("GH_ENTERPRISE_TOKEN")),
        (&[("GH_ENTERPRISE_TOKEN", "t"), ("GH_HOST", "ghe.example.com")], GIT, None),
        (&[("GH_ENTERPRISE_TOKEN", "t"), ("GH_HOST", "ghe.example.com")], "http://ghe.example.com", None),
        (&[("GITEA_TOKEN", "t")], GIT, None),
        (&[("GITEA_TOKEN", "t"), ("GITEA_SERVER_URL", "https://git.example.com/")], GIT, Some("GITEA_TOKEN")),
        (&[("GITEA_TOKEN", "t"), ("GITEA_INSTANCE_URL", GIT)], GIT, Some("GITEA_TOKEN")),
        (&[("GITEA_TOKEN", "t"), ("GITEA_SERVER_URL", GIT)], "http://git.example.com", None),
        (&[("GITEA_TOKEN", "t"), ("GITEA_SERVER_URL", "http://127.0.0.1:3000")], "http://127.0.0.1:3000", Some("GITEA_TOKEN")),
        (&[("GITEA_TOKEN", "t"), ("GITEA_SERVER_URL", GIT)], GHE, None),
        (&[("GITLAB_TOKEN", "t")], LAB, Some("GITLAB_TOKEN")),
        (&[("GITLAB_ACCESS_TOKEN", "t")], LAB, Some("GITLAB_ACCESS_TOKEN")),
        (&[("BITBUCKET_TOKEN", "ana@example.com:t")], "https://bitbucket.org", Some("BITBUCKET_TOKEN")),
        (&[("BITBUCKET_TOKEN", "t")], HUB, None),
        (&[("GITEA_TOKEN", "t"), ("GITLAB_TOKEN", "t")], "https://bitbucket.org", None),
        (&[("GITLAB_TOKEN", "t")], GIT, None),
        (&[("GITLAB_TOKEN", "t")], HUB, None),
        (&[("GITLAB_TOKEN", "t"), ("GITLAB_HOST", "git.example.com")], GIT, Some("GITLAB_TOKEN")),
        (&[("GITLAB_TOKEN", "t"), ("GITLAB_HOST", GIT)], GIT, Some("GITLAB_TOKEN")),
        (&[("GITLAB_TOKEN", "t"), ("GITLAB_HOST", GIT)], LAB, None),
        (&[("GITLAB_TOKEN", "t"), ("GITLAB_URI", GIT), ("CI_SERVER_URL", LAB)], LAB, None),
        // a runner of a self-managed GitLab
        (&[("GITLAB_TOKEN", "t"), ("CI_SERVER_URL", GIT)], GIT, Some("GITLAB_TOKEN")),
        (&[("GITLAB_TOKEN", "t"), ("CI_SERVER_URL", GIT)], LAB, None),
        (&[("GITEA_TOKEN", "two words"), ("GITEA_SERVER_URL", GIT)], GIT, None),
    ] {
        let token = environment::token(&variables(pairs), &origin(url));
        let source = token.map(|token| token.source());
        assert_eq!(source, expected.map(Source::Environment), "{pairs:?} {url}");
    }
}

#[test]
fn a_login_of_tea_is_found_by_its_url() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, broken) = (folder.path().join("config.yml"), folder.path().join("broken.yml"));
    let login = |name: &str, url: &str, token: &str| {
        format!(
            "- name: {name}\n  url: {url}\n  token: {token}\n  default: false\n  ssh_host: h\n  insecure: false\n  user: ops\n"
        )
    };
    let logins = [login("a", "https://other.example.com", "other"), login("b", "https://git.example.com/", PLANTED)].concat();
    std::fs::write(&file, format!("logins:\n{logins}preferences:\n  editor: false\n")).expect("written");
    std::fs::write(&broken, "logins: [").expect("written");
    let places = [folder.path().join("none.yml"), file];
    for (url, value) in [
        ("https://git.example.com", Some(PLANTED)),
        ("http://git.example.com", None),
        ("https://git.example.com:3000", None),
        ("https://third.example.com", None),
    ] {
        let token = tea::token(&places, &origin(url));
        assert_eq!(token.as_ref().and_then(|token| token.reveal(&origin(url))), value, "{url}");
    }
    assert!(tea::token(&[broken], &origin("https://git.example.com")).is_none());
    let home = tea::places(&variables(&[("XDG_CONFIG_HOME", "/xdg")]));
    assert_eq!(home[0], std::path::Path::new("/xdg/tea/config.yml"));
}

fn command(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

/// The command of the configuration is the only source where there is one.
#[tokio::test]
async fn the_command_of_the_configuration_comes_first_and_its_failure_shows_no_token() {
    let origin = origin("https://github.com");
    let none = variables(&[("GITHUB_TOKEN", "other")]);
    let run = async |script: &str| {
        let command = command(script);
        find_in(Asked { origin: &origin, repository: "ops/fleet", command: Some(&command) }, &none).await
    };
    let token = run("echo PLANTEDTOKEN").await.expect("a token").expect("a token");
    assert_eq!((token.reveal(&origin), token.source()), (Some(PLANTED), Source::Command));

    for (script, expected) in [
        ("exit 0", "it prints no token"),
        ("echo one two", "it prints no token"),
        ("echo PLANTEDTOKEN; echo 'PLANTEDTOKEN: the store is locked' >&2; exit 1", "***: the store is locked"),
        ("echo 'password=PLANTEDTOKEN' >&2; exit 1", "***"),
        ("printf 'a\\033[31mb' >&2; exit 1", "a\u{fffd}[31mb"),
        ("test -t 0 || exec </dev/tty", "tty"),
    ] {
        let failure = run(script).await.expect_err(script);
        let shown = format!("{failure:?} {}", failure.error(&origin));
        assert!(shown.contains(expected) && !shown.contains("PLANTED"), "{script}: {shown}");
    }
    let missing = ["no-such-program-anywhere".to_owned()];
    let asked = Asked { origin: &origin, repository: "ops/fleet", command: Some(&missing) };
    let failure = find_in(asked, &none).await.expect_err("it is missing");
    assert!(matches!(failure, Failure::Command(_)) && failure.to_string().contains("is not installed"), "{failure}");
}

#[tokio::test]
async fn a_variable_comes_before_other_programs() {
    let origin = origin("https://github.com");
    let asked = Asked { origin: &origin, repository: "ops/fleet", command: None };
    let token = find_in(asked, &variables(&[("GITHUB_TOKEN", PLANTED)])).await.expect("no command").expect("a token");
    assert_eq!((token.reveal(&origin), token.source()), (Some(PLANTED), Source::Environment("GITHUB_TOKEN")));
}

/// A password store may ask its user each time.
#[tokio::test]
async fn a_source_is_asked_once_and_again_when_its_token_was_not_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let calls = folder.path().join("calls");
    let script = format!("echo called >>'{}'; echo {PLANTED}", calls.display());
    let (origin, command) = (origin("https://git.example.com"), command(&script));
    let asked = |repository| Asked { origin: &origin, repository, command: Some(&command) };
    let count = || std::fs::read_to_string(&calls).map_or(0, |text| text.lines().count());
    let keyring = Keyring::default();
    for (repository, calls) in [("ops/fleet", 1), ("ops/fleet", 1), ("ops/apps", 2), ("ops/fleet", 2)] {
        let token = keyring.token(asked(repository)).await.expect("it prints one").expect("a token");
        assert_eq!((token.source(), count()), (Source::Command, calls), "{repository}");
    }
    assert!(!format!("{keyring:?}").contains(PLANTED), "{keyring:?}");

    keyring.forget(&origin, "ops/fleet");
    for (repository, calls) in [("ops/apps", 2), ("ops/fleet", 3), ("ops/fleet", 3)] {
        keyring.token(asked(repository)).await.expect("it prints one").expect("a token");
        assert_eq!(count(), calls, "{repository}");
    }
}

#[tokio::test]
async fn that_there_is_no_token_is_asked_again() {
    let keyring = Keyring::default();
    let (origin, nothing) = (origin("https://git.example.com"), command("true"));
    let asked = Asked { origin: &origin, repository: "ops/fleet", command: Some(&nothing) };
    assert_eq!(keyring.token(asked).await.err(), Some(Failure::NotOne));
    let now = command(&format!("echo {PLANTED}"));
    let asked = Asked { command: Some(&now), ..asked };
    assert!(keyring.token(asked).await.expect("it prints one").is_some());
}
