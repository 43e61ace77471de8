//! Tokens for the API of a forge, logins at registries and Helm repositories, and where they come from. They are found when they are needed,
//! and kept in memory only.
//!
//! Hosts come from objects of a cluster, which others can write. So a token or a login is bound to the host that its source gives it for,
//! with its scheme, and is revealed for no other ([`Token::reveal`], [`Login::reveal`]). None becomes an argument, a line of the log or part
//! of an error.
//!
//! ```text
//!  origin       scheme and host with its port: what a token is bound to
//!  token        the token itself, bound, and its source
//!  find         the sources in their order
//!  environment  which variables are read, and for which hosts
//!  keyring      those of this run
//!  tea          the logins of Gitea's command line client
//!  login        a login at a registry or a Helm repository, bound
//!  registry     logins of docker and helm at registries
//!  repositories logins of helm at Helm repositories
//!  folders      where docker and helm have their files
//! ```
//! What is done with a token does *not* belong here.

mod environment;
mod find;
mod folders;
mod keyring;
mod login;
mod origin;
mod registry;
mod repositories;
mod tea;
mod token;

pub use environment::{Variables, process as process_variable};
pub use find::{Asked, Failure};
pub use keyring::Keyring;
pub use login::{Login, LoginSecret, LoginSource};
pub use origin::Origin;
pub use registry::{Client, Found, login as registry_login};
pub use repositories::{KnownRepository, known as known_repository};
pub use token::{Source, Token};

#[cfg(test)]
mod tests;
