//! Logins at registries and Helm repositories: whose they are, and what they show of themselves.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::registry::{Client, login};
use super::super::{Login, LoginSecret, LoginSource, known_repository};
use super::{PLANTED, origin};

/// ana:PLANTEDTOKEN
const PAIR: &str = "YW5hOlBMQU5URURUT0tFTg==";

fn variables(folder: &Path, more: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + Sync + use<> {
    let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut all: BTreeMap<String, String> = [
        ("DOCKER_CONFIG".to_owned(), at("docker")),
        ("HELM_CONFIG_HOME".to_owned(), at("helm")),
        ("PATH".to_owned(), format!("{}:/usr/bin:/bin", at(""))),
    ]
    .into();
    all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    move |name: &str| all.get(name).cloned()
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    for folder in ["docker", "helm/registry"] {
        std::fs::create_dir_all(home.path().join(folder)).expect("made");
    }
    home
}

fn write(home: &tempfile::TempDir, name: &str, text: &str) {
    std::fs::write(home.path().join(name), text).expect("written");
}

fn user(login: &Login, url: &str) -> Option<String> {
    match login.reveal(&origin(url))? {
        LoginSecret::Password { user, .. } => Some(user.clone()),
        LoginSecret::Refresh(_) => Some("refresh".to_owned()),
        LoginSecret::Bearer(_) => Some("bearer".to_owned()),
    }
}

#[tokio::test]
async fn a_key_of_docker_is_for_its_host() {
    const HUB: &str = "https://registry-1.docker.io";
    for (key, url, is_found) in [
        ("ghcr.io", "https://ghcr.io", true),
        ("https://ghcr.io", "https://ghcr.io", true),
        ("https://ghcr.io/v2/", "https://ghcr.io", true),
        ("GHCR.io:443", "https://ghcr.io", true),
        ("ghcr.io", "https://ghcr.io.evil.com", false),
        ("ghcr.io", "https://ghcr.io:8443", false),
        ("ghcr.io/acme", "https://ghcr.io", true),
        ("registry.example.com:5000", "https://registry.example.com:5000", true),
        ("registry.example.com", "https://registry.example.com:5000", false),
        ("https://index.docker.io/v1/", HUB, true),
        ("docker.io", HUB, true),
        ("docker.io.evil.com", HUB, false),
        ("docker.io", "https://docker.io.evil.com", false),
        // without TLS on this machine only
        ("registry.example.com", "http://registry.example.com", false),
        ("127.0.0.1:5000", "http://127.0.0.1:5000", true),
        ("localhost:5000", "http://localhost:5000", true),
    ] {
        let home = home();
        write(&home, "docker/config.json", &format!(r#"{{"auths": {{"{key}": {{"auth": "{PAIR}"}}}}, "psFormat": "x"}}"#));
        let found = login(&origin(url), Client::Docker, &variables(home.path(), &[])).await;
        let user = found.login.as_ref().and_then(|login| user(login, url));
        assert_eq!(user.as_deref(), is_found.then_some("ana"), "{key} {url}");
        assert_eq!(found.failed, None);
        let shown = format!("{found:?}");
        assert!(!shown.contains(PLANTED) && !shown.contains(PAIR), "{shown}");
    }
}

#[tokio::test]
async fn every_form_of_a_login_is_read() {
    for (text, expected) in [
        (format!(r#"{{"auth": "{PAIR}"}}"#), Some("ana")),
        (format!(r#"{{"auth": "{}"}}"#, PAIR.trim_end_matches('=')), Some("ana")),
        (format!(r#"{{"username": "eva", "password": "{PLANTED}"}}"#), Some("eva")),
        (format!(r#"{{"auth": "{PAIR}", "identitytoken": "{PLANTED}"}}"#), Some("refresh")),
        (format!(r#"{{"auth": "{PAIR}", "registrytoken": "{PLANTED}"}}"#), Some("bearer")),
        (r#"{"auth": "!!!"}"#.to_owned(), None),
        (r#"{"auth": "YW5h"}"#.to_owned(), None),
        (r#"{"email": "ana@example.com"}"#.to_owned(), None),
        ("{}".to_owned(), None),
        ("{".to_owned(), None),
    ] {
        let home = home();
        write(&home, "docker/config.json", &format!(r#"{{"auths": {{"ghcr.io": {text}}}}}"#));
        let found = login(&origin("https://ghcr.io"), Client::Docker, &variables(home.path(), &[])).await;
        assert_eq!(found.login.and_then(|login| user(&login, "https://ghcr.io")).as_deref(), expected, "{text}");
    }
}

#[tokio::test]
async fn who_asks_decides_whose_configuration_is_first() {
    let home = home();
    let auths = |user: &str| format!(r#"{{"auths": {{"ghcr.io": {{"username": "{user}", "password": "{PLANTED}"}}}}}}"#);
    write(&home, "docker/config.json", &auths("docker"));
    write(&home, "helm/registry/config.json", &auths("helm"));
    // ana
    let variable = format!(r#"{{"auths": {{"ghcr.io": {{"auth": "{PAIR}"}}}}}}"#);
    for (client, more, expected) in [
        (Client::Docker, &[] as &[(&str, &str)], ("docker", LoginSource::Docker)),
        (Client::Helm, &[], ("helm", LoginSource::HelmRegistry)),
        (Client::Helm, &[("HELM_REGISTRY_CONFIG", "/nowhere")], ("docker", LoginSource::Docker)),
        (Client::Docker, &[("DOCKER_CONFIG", "/nowhere")], ("helm", LoginSource::HelmRegistry)),
        (Client::Docker, &[("DOCKER_AUTH_CONFIG", &variable)], ("ana", LoginSource::DockerVariable)),
        (Client::Docker, &[("DOCKER_AUTH_CONFIG", "{")], ("docker", LoginSource::Docker)),
    ] {
        let found = login(&origin("https://ghcr.io"), client, &variables(home.path(), more)).await;
        let login = found.login.expect("a login");
        assert_eq!((user(&login, "https://ghcr.io").as_deref(), login.source()), (Some(expected.0), expected.1), "{more:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_helper_has_the_last_word_for_its_hosts() {
    let home = home();
    let script = |name: &str, text: &str| {
        let path = home.path().join(format!("docker-credential-{name}"));
        std::fs::write(&path, format!("#!/bin/sh\ncat > {}/asked\n{text}\n", home.path().display())).expect("written");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    };
    let prints =
        |user: &str, server: &str| format!(r#"echo '{{"ServerURL": "{server}", "Username": "{user}", "Secret": "{PLANTED}"}}'"#);
    script("eva", &prints("eva", ""));
    script("token", &prints("<token>", "https://ghcr.io"));
    script("other", &prints("eva", "https://evil.com"));
    script("none", "echo credentials not found in native keychain; exit 1");
    script("locked", "echo the keychain is locked; exit 1");
    script("words", "echo hello");
    script("leaks", &format!("{}; exit 1", prints("eva", "")));
    let auths = format!(r#""auths": {{"ghcr.io": {{"auth": "{PAIR}"}}}}"#);
    let failed = |name: &str, why: &str| Some(format!("credential helper {name} of docker's configuration: {why}"));
    for (helpers, url, expected, asked, why) in [
        (r#""credsStore": "eva""#, "https://ghcr.io", Some("eva"), "ghcr.io", None),
        (r#""credsStore": "eva""#, "https://registry-1.docker.io", Some("eva"), "https://index.docker.io/v1/", None),
        (r#""credsStore": "locked", "credHelpers": {"ghcr.io": "eva"}"#, "https://ghcr.io", Some("eva"), "ghcr.io", None),
        (r#""credHelpers": {"quay.io": "eva"}"#, "https://ghcr.io", Some("ana"), "", None),
        (r#""credsStore": "token""#, "https://ghcr.io", Some("refresh"), "ghcr.io", None),
        // what it gives for another host goes nowhere
        (r#""credsStore": "other""#, "https://ghcr.io", None, "ghcr.io", None),
        (r#""credsStore": "none""#, "https://ghcr.io", None, "ghcr.io", None),
        (r#""credsStore": """#, "https://ghcr.io", Some("ana"), "", None),
        (r#""credsStore": "locked""#, "https://ghcr.io", None, "ghcr.io", failed("locked", "the keychain is locked")),
        (
            r#""credsStore": "words""#,
            "https://ghcr.io",
            None,
            "ghcr.io",
            failed("words", "it prints something that is not a credential"),
        ),
        (r#""credsStore": "leaks""#, "https://ghcr.io", None, "ghcr.io", failed("leaks", "it failed without a word")),
        (
            r#""credsStore": "missing""#,
            "https://ghcr.io",
            None,
            "",
            failed("missing", "docker-credential-missing is not installed"),
        ),
        (
            r#""credsStore": "../eva""#,
            "https://ghcr.io",
            None,
            "",
            failed("../eva", "`../eva` cannot be the name of a credential helper"),
        ),
    ] {
        write(&home, "docker/config.json", &format!("{{{auths}, {helpers}}}"));
        write(&home, "asked", "");
        let found = login(&origin(url), Client::Docker, &variables(home.path(), &[])).await;
        assert_eq!(found.login.as_ref().and_then(|login| user(login, url)).as_deref(), expected, "{helpers}");
        assert_eq!(found.failed, why, "{helpers}");
        let seen = std::fs::read_to_string(home.path().join("asked")).expect("a file");
        assert_eq!(seen, asked, "{helpers}");
    }
}

#[test]
fn an_entry_of_helm_is_for_its_scheme_and_host() {
    let home = home();
    write(
        &home,
        "helm/repositories.yaml",
        &format!(
            "apiVersion: \"\"\nrepositories:\n- name: a\n  url: https://charts.example.com/a\n  username: ana\n  password: {PLANTED}\n\
             - name: b\n  url: https://open.example.com\n- name: c\n  url: https://half.example.com\n  username: ana\n  caFile: /ca.pem\n"
        ),
    );
    for (url, expected, unsupported) in [
        ("https://charts.example.com/a", Some("ana"), &[] as &[&str]),
        ("https://charts.example.com:443/b/", Some("ana"), &[]),
        ("http://charts.example.com/a", None, &[]),
        ("https://charts.example.com:8443/a", None, &[]),
        ("https://charts.example.com.evil.com/a", None, &[]),
        ("https://open.example.com", None, &[]),
        ("https://half.example.com", None, &["caFile"]),
        ("charts.example.com/a", None, &[]),
    ] {
        let known = known_repository(url, &variables(home.path(), &[]));
        assert_eq!(known.login.as_ref().and_then(|login| user(login, url)).as_deref(), expected, "{url}");
        assert_eq!(known.unsupported, unsupported, "{url}");
        assert!(!format!("{known:?}").contains(PLANTED));
    }
    assert!(known_repository("https://charts.example.com/a", &variables(Path::new("/nowhere"), &[])).login.is_none());
    write(&home, "helm/repositories.yaml", "repositories: 5\n");
    assert!(known_repository("https://charts.example.com/a", &variables(home.path(), &[])).login.is_none());
}

#[test]
fn a_login_is_revealed_to_its_host_alone() {
    let at = || origin("https://ghcr.io");
    let login = Login::basic("ana", PLANTED, at(), LoginSource::Docker).expect("a login");
    assert_eq!(login.basic_at(&at()).as_deref(), Some(&*format!("Basic {PAIR}")));
    for other in ["http://ghcr.io", "https://ghcr.io:8443", "https://evil.com", "https://github.com"] {
        assert!(login.reveal(&origin(other)).is_none() && login.basic_at(&origin(other)).is_none(), "{other}");
    }
    for (user, password) in [("", "p"), ("u", ""), ("a:b", "p")] {
        assert!(Login::basic(user, password, at(), LoginSource::Docker).is_none(), "{user}");
    }
}
