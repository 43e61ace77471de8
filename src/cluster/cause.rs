//! Why a server cannot be reached, found in the types of the errors below a request and never in their words.
//!
//! Two libraries say by a text alone what happened; both are given a type where the client is put together (`client.rs`): the resolver's
//! errors have no kind of their own (std gives `Uncategorized` for what `getaddrinfo` says), and the error types of hyper-util's proxies
//! are not public.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

/// Why there was no answer, or none that is HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing listens at the address.
    Refused,
    /// The name of the server does not resolve here.
    NoSuchName,
    /// No route leads to the address.
    NoRoute,
    TimedOut,
    /// The connection ended before the answer was whole.
    Closed,
    /// The proxy of the context cannot be reached, or does not let through.
    Proxy,
    /// The server's certificate is not accepted.
    Certificate(Certificate),
    /// The server has ended the handshake with an alert.
    Alert(AlertDescription),
    /// What answers speaks no TLS, or none that this program speaks.
    Tls,
    Other,
}

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Expired,
    NotYetValid,
    /// Not issued by the authority that is expected.
    UnknownIssuer,
    /// Issued for another name than the server is addressed by.
    WrongName,
    Other,
}

/// The name of a server does not resolve. Its words are the resolver's.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Unresolved(pub io::Error);

/// What is between us and a proxy, or what the proxy says of a server. Its words are those of what it holds.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct OfProxy(pub Box<dyn Error + Send + Sync>);

impl Cause {
    /// The cause that the outermost error names that names one.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        // hyper says of every connection that ended that it did; why is further down
        let is_cut = || chain(error).filter_map(|error| error.downcast_ref::<hyper::Error>()).any(is_closed);
        chain(error).find_map(named).or_else(|| is_cut().then_some(Self::Closed)).unwrap_or(Self::Other)
    }

    /// What to do about it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Refused => "nothing listens there: is the cluster up, and is the server of this context right?",
            Self::NoSuchName => "the name is not known here: check the network, the VPN and the server of this context",
            Self::Proxy => {
                "it is reached through a proxy: check the proxy-url of this context, and whether the proxy lets through"
            }
            Self::Tls => "what answers there speaks no TLS that is known here: is the server of this context right?",
            Self::Alert(_) => "the server breaks off: does it take the certificate of this user, and this version of TLS?",
            Self::Certificate(Certificate::Expired) => {
                "the server's certificate has expired: it has to be renewed there, unless the clock of this machine is wrong"
            }
            Self::Certificate(Certificate::NotYetValid) => {
                "the server's certificate is not valid yet: is the clock of this machine right?"
            }
            Self::Certificate(Certificate::WrongName) => {
                "the server's certificate is for other names: check the server of this context, and its tls-server-name"
            }
            Self::Certificate(Certificate::UnknownIssuer | Certificate::Other) => {
                "the server's certificate is not the one that the kubeconfig expects: check its certificate-authority and server"
            }
            Self::NoRoute | Self::TimedOut | Self::Closed | Self::Other => {
                "check the network, the VPN and the server of this context"
            }
        }
    }
}

/// The errors below an error, itself first. What an `io::Error` holds is none of its sources: those of what it holds are.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| below(*error))
}

fn below<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

/// The cause that this one error names.
fn named(error: &(dyn Error + 'static)) -> Option<Cause> {
    if error.is::<OfProxy>() {
        return Some(Cause::Proxy);
    }
    if error.is::<Unresolved>() {
        return Some(Cause::NoSuchName);
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error));
    }
    of_kind(error.downcast_ref::<io::Error>()?.kind())
}

fn is_closed(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || error.is_closed() || error.is_canceled()
}

fn of_kind(kind: io::ErrorKind) -> Option<Cause> {
    use io::ErrorKind as Kind;
    match kind {
        Kind::ConnectionRefused => Some(Cause::Refused),
        Kind::TimedOut => Some(Cause::TimedOut),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => Some(Cause::NoRoute),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::NotConnected | Kind::UnexpectedEof => {
            Some(Cause::Closed)
        }
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> Cause {
    use CertificateError as Wrong;
    let certificate = match error {
        rustls::Error::AlertReceived(alert) => return Cause::Alert(*alert),
        rustls::Error::InvalidCertificate(wrong) => wrong,
        _ => return Cause::Tls,
    };
    Cause::Certificate(match certificate {
        Wrong::Expired | Wrong::ExpiredContext { .. } => Certificate::Expired,
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => Certificate::NotYetValid,
        Wrong::UnknownIssuer => Certificate::UnknownIssuer,
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => Certificate::WrongName,
        _ => Certificate::Other,
    })
}

#[cfg(test)]
#[path = "tests/cause.rs"]
mod tests;
