//! Requests to a registry: without anything first, and with what it asks to be shown once it has asked.
//!
//! A registry may lead elsewhere (`registry.k8s.io` does). There the same is asked with no login, and with a token that anybody gets.

use http::header::HeaderValue;

use super::{Repository, challenge, token};
use crate::catalogs::wire::{self, With};
use crate::catalogs::{Catalogs, Failure, Place};
use crate::credentials::{self, Client, Found, Origin};
use crate::forges::Reading;

/// Redirects and challenges that are followed for one page.
const STEPS: usize = 8;

pub struct Session<'a> {
    catalogs: &'a Catalogs,
    repository: &'a Repository,
    client: Client,
    accept: &'static str,
    /// The login at the registry, once it was looked for.
    found: Option<Found>,
    /// What is shown, and where.
    shown: Option<(Origin, HeaderValue)>,
}

impl<'a> Session<'a> {
    pub fn new(catalogs: &'a Catalogs, repository: &'a Repository, client: Client) -> Self {
        Self { catalogs, repository, client, accept: "application/json", found: None, shown: None }
    }

    /// The same, for answers of these types.
    pub fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// Asks for a place; returns the answer of success with the place that gave it.
    pub async fn get(&mut self, mut place: Place) -> Result<(Reading, Place), Failure> {
        let mut has_met = None;
        for _ in 0..STEPS {
            let shown = self.shown.as_ref().filter(|(origin, _)| origin == place.origin()).map(|(_, value)| value.clone());
            let with = With { accept: self.accept, authorization: shown, ..With::default() };
            let reading = wire::send(&self.catalogs.network, &place, with).await?;
            if let Some(to) = wire::location(&reading) {
                place = place.next(to)?;
                continue;
            }
            if reading.status.is_success() {
                return Ok((reading, place));
            }
            let asked = challenge::of(&reading.headers).filter(|_| reading.status == http::StatusCode::UNAUTHORIZED);
            // a token may have expired between two pages, but not twice for one
            let is_again = has_met.as_ref() == Some(place.origin());
            let Some(asked) = asked.filter(|_| !is_again) else { return Err(self.refused(wire::refusal(reading).await)) };
            has_met = Some(place.origin().clone());
            self.meet(&asked, place.origin()).await?;
        }
        Err(Failure::NotAsked("it redirects without end".to_owned()))
    }

    async fn meet(&mut self, asked: &challenge::Challenge, origin: &Origin) -> Result<(), Failure> {
        let is_own = origin == self.repository.origin();
        if is_own && self.found.is_none() {
            self.found = Some(credentials::registry_login(origin, self.client, &*self.catalogs.variables).await);
        }
        let login = self.found.as_ref().filter(|_| is_own).and_then(|found| found.login.as_ref());
        let value = token::meet(&self.catalogs.network, asked, origin, login, self.repository).await;
        self.shown = Some((origin.clone(), value.map_err(|failure| self.refused(failure))?));
        Ok(())
    }

    /// A refusal, with the login that it is about.
    fn refused(&self, failure: Failure) -> Failure {
        let login = self.found.as_ref().and_then(|found| found.login.as_ref());
        match failure {
            Failure::Unauthorised { why, .. } => Failure::Unauthorised {
                why,
                login: login.map(credentials::Login::source),
                helper: self.found.as_ref().and_then(|found| found.failed.clone()),
            },
            failure => failure,
        }
    }
}
