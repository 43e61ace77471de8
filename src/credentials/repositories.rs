//! Logins at Helm repositories, as `helm repo add` keeps them: `repositories.yaml` (helm `pkg/repo`, `Entry`).

use serde::Deserialize;

use super::environment::Variables;
use super::folders;
use super::login::{Login, LoginSource};
use super::origin::Origin;

#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    repositories: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    url: String,
    username: String,
    password: String,
    cert_file: String,
    key_file: String,
    ca_file: String,
    #[serde(rename = "insecure_skip_tls_verify")]
    is_unverified: bool,
}

/// What the user's helm knows of a repository.
#[derive(Debug, Default)]
pub struct KnownRepository {
    pub login: Option<Login>,
    /// Settings of its entry that nothing here can follow, by their names there.
    pub unsupported: Vec<&'static str>,
}

/// What helm knows of the repository at a URL: its own entry, else that of the same host whose path is the nearest. A login is for the
/// scheme and the host of its entry alone, with the port; `pass_credentials_all` changes nothing of that.
pub fn known(url: &str, variables: Variables) -> KnownRepository {
    let place = folders::helm(variables, "HELM_REPOSITORY_CONFIG", "repositories.yaml");
    let text = place.and_then(|place| folders::text(&place)).unwrap_or_default();
    let file: File = serde_yaml::from_str(&text).unwrap_or_default();
    let Some(origin) = Origin::of_url(url) else { return KnownRepository::default() };
    let of_host = file.repositories.iter().filter(|entry| Origin::of_url(&entry.url).as_ref() == Some(&origin));
    // the last of equals would be taken
    let of_host: Vec<_> = of_host.collect();
    let Some(entry) = of_host.into_iter().rev().max_by_key(|entry| nearness(&entry.url, url)) else {
        return KnownRepository::default();
    };
    let unsupported = [
        ("certFile", !entry.cert_file.is_empty()),
        ("keyFile", !entry.key_file.is_empty()),
        ("caFile", !entry.ca_file.is_empty()),
        ("insecure_skip_tls_verify", entry.is_unverified),
    ];
    KnownRepository {
        login: Login::basic(&entry.username, &entry.password, origin, LoginSource::HelmRepositories),
        unsupported: unsupported.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect(),
    }
}

/// Whether two URLs have one path, else how many of its first parts they share.
fn nearness(a: &str, b: &str) -> (bool, usize) {
    let parts = |url: &str| {
        let path = url.split_once("://").map_or("", |(_, rest)| rest).split(['?', '#']).next().unwrap_or_default().to_owned();
        path.split('/').skip(1).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (a, b) = (parts(a), parts(b));
    (a == b, a.iter().zip(&b).take_while(|(a, b)| a == b).count())
}
