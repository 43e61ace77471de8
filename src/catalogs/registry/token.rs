//! Tokens of a token server (`distribution/spec/auth/token.md`, `oauth.md`).

use http::header::HeaderValue;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::Repository;
use super::challenge::Challenge;
use crate::catalogs::wire::{self, With};
use crate::catalogs::{Failure, Place};
use crate::credentials::{Login, LoginSecret, Origin};
use crate::forges::Network;

/// Largest answer, in bytes: it may have a token of 16 KiB twice.
const LARGEST: usize = 128 << 10;
/// How we are called where it is asked.
const CLIENT: &str = "fluxdeck";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

/// The value of `Authorization` that meets a challenge of a registry at `origin`, with the login that the user has there.
///
/// # Errors
/// The registry names a token server that nothing is shown to, or that gives no token.
pub async fn meet(
    network: &Network,
    challenge: &Challenge,
    origin: &Origin,
    login: Option<&Login>,
    repository: &Repository,
) -> Result<HeaderValue, Failure> {
    let login = login.filter(|login| login.reveal(origin).is_some());
    let refused = |why: &str| Failure::Unauthorised { why: why.to_owned(), login: login.map(Login::source), helper: None };
    let Challenge::Bearer { realm, service, scope } = challenge else {
        let basic = login.and_then(|login| login.basic_at(origin));
        return wire::authorization(&basic.ok_or_else(|| refused("it wants a user and a password"))?);
    };
    let secret = login.and_then(|login| login.reveal(origin));
    if let Some(LoginSecret::Bearer(token)) = secret {
        return wire::authorization(&format!("Bearer {}", token.expose_secret()));
    }
    // as a redirect: it keeps TLS, and does not lead into a private network
    let place = Place::at(origin, "/".to_owned())?.next(realm)?;
    if !place.origin().is_tls() && !place.origin().is_loopback() && login.is_some() {
        return Err(Failure::NotAsked(format!("its token server {} has no TLS", place.origin())));
    }
    // what anybody gets may be what the registry says: one that leads elsewhere has another name there
    let open = scope.clone().filter(|_| login.is_none());
    let scope = open.unwrap_or_else(|| scopes(scope.as_deref(), repository.path()));
    let mut with = With { accept: "application/json", ..With::default() };
    let mut asked: Vec<(&str, &str)> = service.iter().map(|service| ("service", service.as_str())).collect();
    asked.push(("scope", &scope));
    let place = match secret {
        Some(LoginSecret::Refresh(token)) => {
            asked.extend([("client_id", CLIENT), ("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())]);
            with.form = Some(form(&asked));
            place
        }
        _ => {
            let basic = login.and_then(|login| login.basic_at(origin));
            with.authorization = basic.map(|value| wire::authorization(&value)).transpose()?;
            place.asked(&form(&asked))?
        }
    };
    let reading = wire::send(network, &place, with).await?;
    if reading.status.is_redirection() {
        return Err(Failure::NotAsked("its token server leads elsewhere, which is not followed".to_owned()));
    }
    if !reading.status.is_success() {
        return Err(match wire::refusal(reading).await {
            Failure::Unauthorised { why, .. } | Failure::Forbidden(why) => refused(&why),
            failure => failure,
        });
    }
    let answer: Answer = serde_json::from_slice(&wire::whole(reading, LARGEST).await?)
        .map_err(|_| Failure::Unreadable("its token server gives no token".to_owned()))?;
    let token = answer.access_token.into_iter().chain(answer.token).find(|token| !token.is_empty());
    let token = token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
    wire::authorization(&format!(
        "Bearer {}",
        token.ok_or_else(|| Failure::Unreadable("its token server gives no token".to_owned()))?
    ))
}

/// What is asked for with a login: to read that repository, and nothing else that the registry names. Azure's registry has a right of its own for tags.
fn scopes(named: Option<&str>, repository: &str) -> String {
    let begin = format!("repository:{repository}:");
    let is_reading = |scope: &&str| {
        let rights = scope.strip_prefix(&begin);
        rights.is_some_and(|rights| rights.split(',').all(|right| matches!(right, "pull" | "metadata_read")))
    };
    let named = named.unwrap_or_default().split(' ').find(is_reading);
    named.map_or_else(|| format!("{begin}pull"), str::to_owned)
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_asked_for_than_to_read_the_repository() {
        for (named, expected) in [
            (None, "repository:acme/web:pull"),
            (Some("repository:acme/web:pull"), "repository:acme/web:pull"),
            (Some("repository:acme/web:metadata_read"), "repository:acme/web:metadata_read"),
            (Some("repository:acme/web:pull,push"), "repository:acme/web:pull"),
            (Some("repository:acme/other:pull repository:acme/web:pull,metadata_read"), "repository:acme/web:pull,metadata_read"),
            (Some("registry:catalog:*"), "repository:acme/web:pull"),
        ] {
            assert_eq!(scopes(named, "acme/web"), expected, "{named:?}");
        }
    }
}
