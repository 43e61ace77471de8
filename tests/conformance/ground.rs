//! Where a scenario plays: a cluster, its users, and its time.

use std::path::PathBuf;
use std::time::Duration;

use fluxdeck::demo::{User, World};
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;

#[allow(dead_code, reason = "each test binary plays on its own ground")]
pub enum Ground {
    /// The embedded cluster; its clock moves when somebody waits.
    Demo(World),
    /// The bed, by its directory; waiting takes time.
    Bed(PathBuf),
}

/// What came back: the code, and the body.
pub type Answer = (u16, Value);

impl Ground {
    pub fn is_bed(&self) -> bool {
        matches!(self, Self::Bed(_))
    }

    pub async fn client(&self, user: &str) -> Client {
        match self {
            Self::Demo(world) => world.client(&match user {
                "developer" => User::developer(),
                "viewer" => User::viewer(),
                _ => User::admin(),
            }),
            Self::Bed(dir) => {
                let raw = Kubeconfig::read_from(dir.join(format!("{user}.kubeconfig"))).expect("the bed's kubeconfig");
                let mut config = Config::from_custom_kubeconfig(raw, &KubeConfigOptions::default()).await.expect("a context");
                config.default_retry = false;
                Client::try_from(config).expect("a client")
            }
        }
    }

    /// Sends a request as a user. A body has its media type in front.
    pub async fn ask(&self, user: &str, method: &str, uri: &str, body: Option<(&str, &Value)>) -> Answer {
        self.ask_for(user, method, uri, body, "application/json").await
    }

    /// As [`Self::ask`], in a given representation.
    pub async fn ask_for(&self, user: &str, method: &str, uri: &str, body: Option<(&str, &Value)>, accept: &str) -> Answer {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).expect("a method")).uri(uri);
        request = request.header("accept", accept).header("user-agent", "conformance/1");
        let bytes = body.map(|(_, body)| body.to_string().into_bytes()).unwrap_or_default();
        if let Some((media, _)) = body {
            request = request.header("content-type", media);
        }
        let request = request.body(Body::from(bytes)).expect("a request");
        let response = self.client(user).await.send(request).await.expect("an answer");
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (code, serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into()))
    }

    pub async fn get(&self, uri: &str) -> Value {
        let (code, object) = self.ask("admin", "GET", uri, None).await;
        if code == 200 { object } else { Value::Null }
    }

    pub async fn merge(&self, uri: &str, patch: &Value) -> Answer {
        self.ask("admin", "PATCH", uri, Some(("application/merge-patch+json", patch))).await
    }

    /// Lets time pass.
    pub async fn pass(&self, span: Duration) {
        match self {
            Self::Demo(world) => world.advance(span),
            Self::Bed(_) => tokio::time::sleep(span).await,
        }
    }

    /// Waits until an object is as wanted; fails with what was waited for.
    pub async fn until(&self, uri: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..240 {
            last = self.get(uri).await;
            if wanted(&last) {
                return last;
            }
            self.pass(Duration::from_millis(500)).await;
        }
        panic!("{uri} does not become what was waited for: {last:#}");
    }
}
