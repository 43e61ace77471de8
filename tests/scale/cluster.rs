//! A connection to the API server under test: plain requests, JSON in and out.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::BodyExt;
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// JSON of a whole object, or only its metadata as the API server reduces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Whole,
    Metadata,
}

#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl Cluster {
    /// From a kubeconfig, or from what kubectl would take.
    pub async fn connect(kubeconfig: Option<&Path>, compressed: bool) -> Result<Self, Failure> {
        let options = KubeConfigOptions::default();
        let mut config = match kubeconfig {
            Some(path) => Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &options).await?,
            None => Config::from_kubeconfig(&options).await?,
        };
        config.disable_compression = !compressed;
        config.default_retry = false;
        config.read_timeout = Some(Duration::from_secs(120));
        Ok(Self { client: Client::try_from(config)? })
    }

    /// Creates an object; what is already there is read instead. Returns it, and whether it is new.
    pub async fn create(&self, object: &Value, manager: &str) -> Result<(Value, bool), Failure> {
        let uri = format!("{}?fieldManager={manager}", collection(object));
        match self.send("POST", &uri, "application/json", serde_json::to_vec(object)?).await {
            Ok(made) => Ok((made, true)),
            Err(kube::Error::Api(status)) if status.is_already_exists() => {
                Ok((self.send("GET", &resource(object), "application/json", Vec::new()).await?, false))
            }
            Err(error) => Err(format!("{}: {error}", resource(object)).into()),
        }
    }

    pub async fn patch_status(&self, object: &Value, status: &Value, manager: &str) -> Result<(), Failure> {
        let uri = format!("{}/status?fieldManager={manager}", resource(object));
        let body = serde_json::to_vec(&serde_json::json!({"status": status}))?;
        let sent = self.send("PATCH", &uri, "application/merge-patch+json", body).await;
        sent.map(drop).map_err(|error| format!("status of {}: {error}", resource(object)).into())
    }

    pub async fn get(&self, uri: &str) -> Result<Value, Failure> {
        Ok(self.send("GET", uri, "application/json", Vec::new()).await?)
    }

    /// Deletes an object, or all of a collection.
    pub async fn delete(&self, uri: &str) -> Result<(), Failure> {
        Ok(self.send("DELETE", uri, "application/json", Vec::new()).await.map(drop)?)
    }

    async fn send(&self, method: &str, uri: &str, content: &str, body: Vec<u8>) -> Result<Value, kube::Error> {
        let request = Request::builder().method(method).uri(uri).header(header::CONTENT_TYPE, content);
        self.client.request(request.body(body).map_err(kube::Error::HttpError)?).await
    }

    /// The text of an answer that is not JSON.
    pub async fn text(&self, uri: &str) -> Result<String, Failure> {
        Ok(self.client.request_text(Request::get(uri).body(Vec::new())?).await?)
    }

    /// Reads an answer and throws it away; returns its last piece, for the reader of pages.
    pub async fn drain(&self, uri: &str, shape: Shape) -> Result<Drained, Failure> {
        let accept = match shape {
            Shape::Whole => "application/json",
            Shape::Metadata => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        };
        let request = Request::get(uri).header(header::ACCEPT, accept).body(Body::empty())?;
        let response = self.client.send(request).await?;
        if !response.status().is_success() {
            return Err(format!("{uri}: {}", response.status()).into());
        }
        let mut body = response.into_body();
        let mut drained = Drained { bytes: 0, head: Bytes::new(), tail: Vec::new() };
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                drained.add(data);
            }
        }
        Ok(drained)
    }
}

/// An answer that was read but not kept.
pub struct Drained {
    pub bytes: usize,
    /// Its first piece and its last bytes: a list of a built-in kind has its metadata in front,
    /// one of a custom resource behind.
    head: Bytes,
    tail: Vec<u8>,
}

impl Drained {
    const TAIL: usize = 4_096;

    fn add(&mut self, data: Bytes) {
        self.bytes += data.len();
        self.tail.extend_from_slice(&data[data.len().saturating_sub(Self::TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(Self::TAIL));
        if self.head.is_empty() {
            self.head = data;
        }
    }

    /// The token of the next page.
    pub fn next_page(&self) -> Option<String> {
        const FIELD: &str = "\"continue\":\"";
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&self.tail));
        let found = head.split_once(FIELD).or_else(|| tail.rsplit_once(FIELD));
        let (token, _) = found?.1.split_once('"')?;
        (!token.is_empty()).then(|| token.to_owned())
    }
}

/// The path of the collection that an object belongs to.
pub fn collection(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap_or("v1");
    let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
    let plural = if kind.ends_with('y') { format!("{}ies", kind.trim_end_matches('y')) } else { format!("{kind}s") };
    let root = if version.contains('/') { "apis" } else { "api" };
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}"),
        None => format!("/{root}/{version}/{plural}"),
    }
}

pub fn resource(object: &Value) -> String {
    format!("{}/{}", collection(object), object["metadata"]["name"].as_str().unwrap_or_default())
}
