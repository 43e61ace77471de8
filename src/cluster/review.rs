//! What the API server says of its user: what he may do, and who he is. These are requests that write nothing.

use http::Request;
use serde_json::{Value, json};

use super::connection::Connection;
use super::failure::Failure;
use fluxdeck_model::actions::Ask;
use fluxdeck_model::domain::text::sanitise;

/// Asks whether the user may do that (SelfSubjectAccessReview, `authorization.k8s.io/v1`).
///
/// # Errors
/// As for any request.
pub async fn may(connection: &Connection, ask: &Ask) -> Result<bool, Failure> {
    let name = ask.name.as_deref().unwrap_or_default();
    let attributes = Attributes { verb: ask.verb, group: ask.group, resource: ask.plural, namespace: &ask.namespace, name };
    allowed(connection, &attributes).await
}

/// What a right is about.
pub(super) struct Attributes<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    pub resource: &'a str,
    pub namespace: &'a str,
    /// Empty for all of the namespace.
    pub name: &'a str,
}

/// As [`may`], of any kind.
///
/// # Errors
/// As for any request.
pub(super) async fn allowed(connection: &Connection, asked: &Attributes<'_>) -> Result<bool, Failure> {
    let Attributes { verb, group, resource, namespace, name } = asked;
    let attributes = json!({"verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name});
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes},
    });
    let answer = post(connection, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await?;
    Ok(answer.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or_default())
}

/// Asks who the user is (SelfSubjectReview, `authentication.k8s.io/v1`, since Kubernetes 1.28).
///
/// # Errors
/// As for any request; [`Failure::NotFound`] on older servers.
pub async fn who(connection: &Connection) -> Result<String, Failure> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let answer = post(connection, "/apis/authentication.k8s.io/v1/selfsubjectreviews", &review).await?;
    let name = answer.pointer("/status/userInfo/username").and_then(Value::as_str);
    name.map(|name| sanitise(name).into_owned()).ok_or_else(|| Failure::NotFound("the API server does not say".to_owned()))
}

async fn post(connection: &Connection, uri: &str, body: &Value) -> Result<Value, Failure> {
    let request = Request::post(uri).header(http::header::CONTENT_TYPE, "application/json").body(body.to_string().into_bytes());
    Ok(connection.client.request::<Value>(request.map_err(|error| Failure::NotFound(error.to_string()))?).await?)
}
