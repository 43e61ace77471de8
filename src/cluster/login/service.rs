//! The client of who logs in: each request asks the login for its credential first.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config};
use tower::{BoxError, Service};

use super::{Credential, PATIENCE, Use, locked};
use crate::cluster::client;

/// Makes a client of that configuration, which holds no credential of its own.
///
/// # Errors
/// The configuration is wrong: certificates, the proxy.
pub fn client(config: Config, login: Use) -> kube::Result<Client> {
    let namespace = config.default_namespace.clone();
    // what is wrong with the configuration is found now, and not by the first request
    let bare = client::of(config.clone())?;
    // that it waits for a login is said before the request's own time is over
    let patience = config.connect_timeout.map_or(PATIENCE, |limit| PATIENCE.min(limit / 2));
    let lines = Arc::new(Lines { config, bare, certified: Mutex::new(None) });
    Ok(ClientBuilder::new(Authenticated { login, lines, patience }, namespace).build())
}

/// Connections to the server: a certificate is shown while they are opened, a token with each request.
struct Lines {
    config: Config,
    bare: Client,
    /// Those of the last certificate.
    certified: Mutex<Option<(Arc<Credential>, Client)>>,
}

impl Lines {
    /// # Errors
    /// The certificate is none, or its key does not belong to it.
    fn of(&self, credential: &Arc<Credential>) -> kube::Result<Client> {
        let Some((certificate, key)) = &credential.certificate else { return Ok(self.bare.clone()) };
        let mut certified = locked(&self.certified);
        if let Some((_, client)) = certified.as_ref().filter(|(of, _)| Arc::ptr_eq(of, credential)) {
            return Ok(client.clone());
        }
        let mut config = self.config.clone();
        // as the kubeconfig would hold them
        let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        config.auth_info.client_certificate_data = Some(base64(certificate));
        config.auth_info.client_key_data = Some(base64(key).into());
        let client = client::of(config)?;
        *certified = Some((credential.clone(), client.clone()));
        Ok(client)
    }
}

struct Authenticated {
    login: Use,
    lines: Arc<Lines>,
    /// How long a request waits for a login.
    patience: Duration,
}

impl Service<Request<Body>> for Authenticated {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // each request waits for itself
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (login, lines, patience) = (self.login.clone(), self.lines.clone(), self.patience);
        Box::pin(async move {
            let credential = login.for_request(patience).await?;
            let client = lines.of(&credential)?;
            if let Some(header) = &credential.header {
                request.headers_mut().insert(AUTHORIZATION, header.clone());
            }
            let response = client.send(request).await?;
            if response.status() == StatusCode::UNAUTHORIZED {
                login.refuse(&credential);
            }
            Ok(response)
        })
    }
}
