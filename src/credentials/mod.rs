//! Tokens for the API of a forge, and where they come from. They are found when they are needed, and kept in memory only.
//!
//! Hosts come from objects of a cluster, which others can write. So a token is bound to the host that its source gives it for, with its
//! scheme, and is revealed for no other ([`Token::reveal`]). A token never becomes an argument, a line of the log or part of an error.
//!
//! ```text
//!  origin       scheme and host with its port: what a token is bound to
//!  token        the token itself, bound, and its source
//!  find         the sources in their order
//!  environment  which variables are read, and for which hosts
//!  keyring      those of this run
//!  tea          the logins of Gitea's command line client
//! ```
//! What is done with a token does *not* belong here.

mod environment;
mod find;
mod keyring;
mod origin;
mod tea;
mod token;

pub use environment::Variables;
pub use find::{Asked, Failure};
pub use keyring::Keyring;
pub use origin::Origin;
pub use token::{Source, Token};

#[cfg(test)]
mod tests;
