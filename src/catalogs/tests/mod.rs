//! Catalogues on ports of this machine, which answer as real ones do, and as nobody should.

mod bulk;
mod formats;
mod registry;
mod repository;
mod server;

use std::collections::BTreeMap;

use hyper_util::client::legacy::connect::HttpConnector;

use super::*;
use server::{Answer, Asked, Server};

/// Part of every secret of these tests.
const PLANTED: &str = "PLANTEDSECRET";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// The home of a user with docker and helm.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("written");
    }

    /// Docker has a user and a password at a host.
    fn logged_in(host: &str) -> Self {
        let home = Self::new();
        // ana:PLANTEDSECRET
        home.write("config.json", &format!(r#"{{"auths": {{"{host}": {{"auth": "YW5hOlBMQU5URURTRUNSRVQ="}}}}}}"#));
        home
    }

    /// Directly, whatever proxies and logins this machine has.
    fn catalogs(&self) -> Catalogs {
        let at = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        let variables: BTreeMap<_, _> = [
            ("DOCKER_CONFIG", at("")),
            ("HELM_REGISTRY_CONFIG", at("registry.json")),
            ("HELM_REPOSITORY_CONFIG", at("repositories.yaml")),
            ("PATH", format!("{}:/usr/bin:/bin", at(""))),
        ]
        .into();
        Catalogs::over(Network::through(HttpConnector::new()), Arc::new(move |name: &str| variables.get(name).cloned()))
    }
}

fn names(published: &Published) -> String {
    published.versions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// What was asked: paths, with what was shown.
fn shown(server: &Server) -> Vec<String> {
    let line =
        |asked: Asked| format!("{} {} {}", asked.method, asked.path, asked.authorization.unwrap_or_else(|| "-".to_owned()));
    server.seen().into_iter().map(line).collect()
}

/// Not one word for people holds the secret.
fn assert_silent(failure: &Failure) {
    let error = failure.error("tags of web");
    let all = format!("{failure:?} {failure} {error:?}");
    assert!(!all.contains(PLANTED) && !all.contains("UExBTlRFRA"), "{all}");
}
