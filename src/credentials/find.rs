//! The sources of a token, in their order. The first that has one for the host is taken.

use super::environment::{self, Variables};
use super::origin::Origin;
use super::tea;
use super::token::{Source, Token};
use crate::programs;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::{Error, ErrorKind};

/// The name with which git sends a token of a repository, project or workspace to Bitbucket.
const BITBUCKET_ACCESS: &str = "x-token-auth";

/// What a token is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub origin: &'a Origin,
    /// `OWNER/NAME`, with all groups of GitLab: git's helpers may know a login for each (`credential.useHttpPath`).
    pub repository: &'a str,
    /// `token-command` of the configuration for this host: a program and its arguments. It is the only source then.
    pub command: Option<&'a [String]>,
}

/// Why there is no token although the configuration says where it comes from. It holds nothing of what the command printed as its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Command(#[from] programs::Failure),
    /// It printed nothing, or more than one word.
    #[error("it prints no token")]
    NotOne,
}

impl Failure {
    /// The failure in words, with what to do.
    pub fn error(&self, origin: &Origin) -> Error {
        let message = sanitise(&format!("token-command of {origin}: {self}")).into_owned();
        Error::new(ErrorKind::Failed, message, "run the command in a terminal: its standard output has to be the token alone")
    }
}

/// Finds a token, with the environment of the process: the command of the configuration, variables, the forge's own command line client
/// (`gh`, `glab`, `tea`), git's credential helpers. Starts up to three programs, which ask nobody and are ended at a limit. None if no
/// source has one for that host.
///
/// # Errors
/// The command of the configuration has none: no other source is asked then.
pub async fn find(asked: Asked<'_>) -> Result<Option<Token>, Failure> {
    find_in(asked, &environment::process).await
}

/// As [`find`], with these variables.
pub(super) async fn find_in(asked: Asked<'_>, variables: Variables<'_>) -> Result<Option<Token>, Failure> {
    let Asked { origin, repository, command } = asked;
    if let Some(command) = command {
        let printed = programs::token_of(command).await?;
        return Token::new(&printed, origin.clone(), Source::Command).map(Some).ok_or(Failure::NotOne);
    }
    if let Some(token) = environment::token(variables, origin) {
        return Ok(Some(token));
    }
    if origin.is_tls()
        && !origin.is_gitlab_com()
        && !origin.is_bitbucket()
        && let Some(printed) = programs::token_of_gh(origin.host()).await
        && let Some(token) = Token::new(&printed, origin.clone(), Source::Gh)
    {
        return Ok(Some(token));
    }
    if origin.is_tls()
        && !origin.is_github()
        && !origin.is_bitbucket()
        && let Some(printed) = programs::token_of_glab(origin.host()).await
        && let Some(token) = Token::new(&printed, origin.clone(), Source::Glab)
    {
        return Ok(Some(token));
    }
    if let Some(token) = tea::token(&tea::places(variables), origin) {
        return Ok(Some(token));
    }
    let (name, password) = match programs::login_of_git(origin.scheme(), origin.host(), repository).await {
        Some(login) => login,
        None => return Ok(None),
    };
    // Bitbucket takes a person's token for their name only; other forges, and tokens of repositories there, go by the token alone
    let is_of_person = origin.is_bitbucket() && !name.is_empty() && name != BITBUCKET_ACCESS;
    let value = if is_of_person { format!("{name}:{password}") } else { password };
    Ok(Token::new(&value, origin.clone(), Source::Git))
}
