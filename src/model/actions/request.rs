//! What is sent, how its arrival is proven, and what is waited for afterwards: data, so that a job can be written down between
//! two steps.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Switch;
use crate::domain::{Object, ObjectRef, Uid};

/// One request of an action and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub object: ObjectRef,
    /// The uid of the confirmed object: for another one of the same name the API server refuses the request.
    pub uid: Uid,
    pub request: Request,
    pub proof: Proof,
    pub until: Until,
    /// Whether the object must not be suspended: reconciling a suspended object has no effect.
    pub must_run: bool,
    /// What the request does to its suspension; none where it is about something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// A merge patch (RFC 7386, `application/merge-patch+json`), without the uid, which is added when it is sent.
    Merge(Value),
    /// DELETE with background propagation, as `flux delete` and `kubectl delete` do.
    Delete,
}

/// How the object shows that a request has arrived: an unknown outcome is looked up by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The value at this JSON pointer; null for absent.
    Says { pointer: String, value: Value },
    /// It is gone, terminating, or another object.
    Gone,
}

/// What is waited for once the API server has accepted a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// Nothing: it is done.
    Taken,
    /// The controller has handled this token (`status.lastHandledReconcileAt`) and is done.
    Handled(String),
    /// It is seen as no longer suspended: earlier requests have no effect.
    Resumed,
    /// The controller is done with the generation that the request made.
    Observed,
    /// The workload has rolled out the request's change.
    RolledOut,
    Gone,
}

impl Request {
    /// The body as sent: the patch with the uid of the target. The API server answers 409 when the object of
    /// that name has another one (k8s.io/apiserver `storage/interfaces.go`, Preconditions).
    pub fn body(&self, uid: Uid) -> Value {
        let uid = uid.to_string();
        match self {
            Self::Merge(patch) => {
                let mut patch = patch.clone();
                patch["metadata"]["uid"] = uid.into();
                patch
            }
            Self::Delete => json!({
                "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background", "preconditions": {"uid": uid},
            }),
        }
    }

    /// A merge patch of annotations; null removes one.
    pub fn annotate<'a>(annotations: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let annotations: serde_json::Map<_, _> = annotations.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Self::Merge(json!({"metadata": {"annotations": annotations}}))
    }
}

impl Proof {
    pub fn annotation(key: &str, value: impl Into<Value>) -> Self {
        Self::Says {
            pointer: format!("/metadata/annotations/{}", key.replace('~', "~0").replace('/', "~1")),
            value: value.into(),
        }
    }

    /// Whether the object as it is now shows that the request has arrived; none where there is no such object.
    pub fn holds(&self, object: Option<&Value>, uid: Uid) -> bool {
        match (self, object) {
            (Self::Gone, None) => true,
            (Self::Gone, Some(object)) => {
                !object["metadata"]["deletionTimestamp"].is_null()
                    || object["metadata"]["uid"].as_str().is_none_or(|now| Uid::parse(now) != uid)
            }
            (Self::Says { .. }, None) => false,
            (Self::Says { pointer, value }, Some(object)) => object.pointer(pointer).unwrap_or(&Value::Null) == value,
        }
    }
}

impl Step {
    /// A request to reconcile that object, with the token in these annotations (flux2 `reconcile.go`: one patch, one text, or the
    /// controller does not see that they belong together, fluxcd/pkg `apis/meta/annotations.go` HandleAnnotationRequest).
    pub fn reconcile(object: &Object, token: &str, also: &[&str]) -> Self {
        let keys = std::iter::once(super::reconcile::REQUESTED_AT).chain(also.iter().copied());
        Self {
            object: object.id.clone(),
            uid: object.uid,
            request: Request::annotate(keys.map(|key| (key, token.into()))),
            proof: Proof::annotation(super::reconcile::REQUESTED_AT, token),
            until: Until::Handled(token.to_owned()),
            must_run: true,
            switch: None,
        }
    }

    /// Whether that is the object of this step, and not another one of its name.
    pub fn is_about(&self, object: &Value) -> bool {
        object["metadata"]["uid"].as_str().is_some_and(|uid| Uid::parse(uid) == self.uid)
    }

    /// Whether the object, or its absence, shows that the request has arrived. A request to reconcile shows in the status too, when
    /// there was another request since.
    pub fn is_shown_by(&self, object: Option<&Value>) -> bool {
        if self.until == Until::Gone {
            return self.proof.holds(object, self.uid);
        }
        let Some(object) = object.filter(|object| self.is_about(object)) else { return false };
        let was_handled = match &self.until {
            Until::Handled(token) => object["status"]["lastHandledReconcileAt"] == token.as_str(),
            _ => false,
        };
        was_handled || self.proof.holds(Some(object), self.uid)
    }

    pub fn delete(object: &Object) -> Self {
        Self {
            object: object.id.clone(),
            uid: object.uid,
            request: Request::Delete,
            proof: Proof::Gone,
            until: Until::Gone,
            must_run: false,
            switch: None,
        }
    }
}
