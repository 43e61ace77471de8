//! The tokens of this run, so that a source is asked once: it may be a program that asks its user (a password store, a security key).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::find::{Asked, Failure, find};
use super::origin::Origin;
use super::token::Token;

/// A token is kept for the host and the repository that it was asked for.
type Place = (Origin, String);

/// Tokens in memory, for as long as the program runs. Clones are the same. Its Debug shows no token.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    kept: Arc<Mutex<BTreeMap<Place, Token>>>,
}

impl Keyring {
    /// The token that was found before, else what [`find`] finds now. That there is none is not remembered: a login may follow.
    ///
    /// # Errors
    /// As [`find`].
    pub async fn token(&self, asked: Asked<'_>) -> Result<Option<Token>, Failure> {
        let place = place(asked.origin, asked.repository);
        if let Some(token) = self.lock().get(&place) {
            return Ok(Some(token.clone()));
        }
        let found = find(asked).await?;
        if let Some(token) = &found {
            self.lock().insert(place, token.clone());
        }
        Ok(found)
    }

    /// Drops the token of a repository: its host has not taken it. The next request asks the sources again.
    pub fn forget(&self, origin: &Origin, repository: &str) {
        self.lock().remove(&place(origin, repository));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Token>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(origin: &Origin, repository: &str) -> Place {
    (origin.clone(), repository.to_owned())
}
