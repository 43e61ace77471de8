//! Logins at registries, from the configuration of docker and of helm, which have one format (docker/cli `config/configfile`).
//!
//! A file that names a helper for a host, or for all (`credsStore`), has no other login for it. The keys of its `auths` are hosts, or URLs
//! of old. Podman's `auth.json`, and keys with a path, are *not* read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::environment::Variables;
use super::folders;
use super::login::{Login, LoginSecret, LoginSource};
use super::origin::Origin;
use crate::programs;

/// The key of Docker Hub, for historical reasons.
const HUB: &str = "https://index.docker.io/v1/";
/// The names of Docker Hub; its API is at the last one.
const HUB_HOSTS: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/// The user of a login that is an identity token.
const IS_TOKEN: &str = "<token>";
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whose configuration is looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Of images.
    Docker,
    /// Of charts: helm looks at docker's configuration after its own (helm `pkg/registry`).
    Helm,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

/// What was found: a login, and why a helper that has one did not give it.
#[derive(Debug, Default)]
pub struct Found {
    pub login: Option<Login>,
    /// For people.
    pub failed: Option<String>,
}

/// The login that the user has at a registry. Starts up to two helpers. A registry without TLS has none, unless it is on this machine: its
/// host is known by name alone, which anyone on the way can answer for.
pub async fn login(origin: &Origin, client: Client, variables: Variables<'_>) -> Found {
    let mut found = Found::default();
    if !origin.is_tls() && !origin.is_loopback() {
        return found;
    }
    let text = variables("DOCKER_AUTH_CONFIG");
    let variable = text.and_then(|text| serde_json::from_str::<Config>(&text).ok()).unwrap_or_default();
    found.login = of_file(&variable.auths, origin, LoginSource::DockerVariable);
    if found.login.is_some() {
        return found;
    }
    for (place, source) in places(client, variables) {
        let text = place.and_then(|place| folders::text(&place));
        let config: Config = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        match helper(&config, origin) {
            None => found.login = of_file(&config.auths, origin, source),
            Some((name, server)) => match of_helper(name, &server, origin, source, variables).await {
                Ok(login) => found.login = login,
                Err(why) => found.failed = Some(why),
            },
        }
        if found.login.is_some() {
            return Found { failed: None, ..found };
        }
    }
    found
}

fn places(client: Client, variables: Variables) -> [(Option<PathBuf>, LoginSource); 2] {
    let docker = (folders::docker(variables), LoginSource::Docker);
    let helm = (folders::helm(variables, "HELM_REGISTRY_CONFIG", "registry/config.json"), LoginSource::HelmRegistry);
    match client {
        Client::Docker => [docker, helm],
        Client::Helm => [helm, docker],
    }
}

/// Whether a key is for that host: a host, or a URL of one.
fn is_for(key: &str, origin: &Origin) -> bool {
    let host = key.split_once("://").map_or(key, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let is_hub = |host: &str| HUB_HOSTS.contains(&host);
    is_hub(host) && is_hub(origin.host()) || Origin::new(host, origin.is_tls()).as_ref() == Some(origin)
}

/// The helper for a host, and what it is to be asked for.
fn helper<'a>(config: &'a Config, origin: &Origin) -> Option<(&'a str, String)> {
    let usual = if HUB_HOSTS.contains(&origin.host()) { HUB } else { origin.host() };
    let own = config.cred_helpers.iter().find(|(key, _)| is_for(key, origin));
    match own {
        Some((_, name)) => Some((name, usual.to_owned())),
        None => config.creds_store.as_deref().filter(|name| !name.is_empty()).map(|name| (name, usual.to_owned())),
    }
}

async fn of_helper(
    name: &str,
    server: &str,
    origin: &Origin,
    source: LoginSource,
    variables: Variables<'_>,
) -> Result<Option<Login>, String> {
    let path = OsString::from(variables("PATH").unwrap_or_default());
    let helped = programs::ask_docker_helper(name, server, &path).await;
    let helped = helped.map_err(|failure| format!("credential helper {name} of {source}: {failure}"))?;
    let Some(helped) = helped else { return Ok(None) };
    // what it gives for another host is not sent to this one
    if !helped.server.is_empty() && !is_for(&helped.server, origin) {
        return Ok(None);
    }
    Ok(match helped.user.as_str() {
        IS_TOKEN => Some(Login::new(LoginSecret::Refresh(helped.secret), origin.clone(), source)),
        user => Login::basic(user, helped.secret.expose_secret(), origin.clone(), source),
    })
}

fn of_file(auths: &BTreeMap<String, Auth>, origin: &Origin, source: LoginSource) -> Option<Login> {
    let exact = auths.get(origin.host());
    let auth = exact.or_else(|| auths.iter().find(|(key, _)| is_for(key, origin)).map(|(_, auth)| auth))?;
    let token = |text: &str| (!text.is_empty()).then(|| SecretString::from(text));
    if let Some(token) = token(&auth.registrytoken) {
        return Some(Login::new(LoginSecret::Bearer(token), origin.clone(), source));
    }
    if let Some(token) = token(&auth.identitytoken) {
        return Some(Login::new(LoginSecret::Refresh(token), origin.clone(), source));
    }
    let pair = BASE64.decode(&auth.auth).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (user, password) = pair.split_once(':').unwrap_or((&auth.username, &auth.password));
    // docker pads what it writes
    Login::basic(user, password.trim_end_matches('\0'), origin.clone(), source)
}
