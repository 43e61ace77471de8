//! What the server says when it refuses: a `Status`, word for word as kube-apiserver's (apimachinery `pkg/api/errors/errors.go`).

use serde_json::{Value, json};

use crate::demo::objects::{Conflict, Kind};

/// A refused request.
#[derive(Debug)]
pub(in crate::demo) struct Refusal {
    pub code: u16,
    pub status: Value,
    pub retry_after: Option<u32>,
}

pub(in crate::demo) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self::with(code, reason, message, Value::Null)
    }

    fn with(code: u16, reason: &str, message: impl Into<String>, details: Value) -> Self {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message.into(), "reason": reason, "code": code,
        });
        if !details.is_null() {
            status["details"] = details;
        }
        Self { code, status, retry_after: None }
    }

    fn of(code: u16, reason: &str, message: String, kind: &Kind, name: &str) -> Self {
        Self::with(code, reason, message, details(kind, name))
    }

    pub fn not_found(kind: &Kind, name: &str) -> Self {
        Self::of(404, "NotFound", format!("{} \"{name}\" not found", kind.resource()), kind, name)
    }

    /// No such path: what a server without that group or resource says.
    pub fn no_resource() -> Self {
        Self::with(404, "NotFound", "the server could not find the requested resource", json!({}))
    }

    pub fn exists(kind: &Kind, name: &str) -> Self {
        Self::of(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.resource()), kind, name)
    }

    pub fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        Self::of(409, "Conflict", format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.resource()), kind, name)
    }

    /// The object is not what the writer has read.
    pub fn modified(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    pub fn invalid(kind: &Kind, name: &str, why: &str) -> Self {
        Self::of_kind(422, "Invalid", kind, name, |who| format!("{who} is invalid: {why}"))
    }

    /// A refusal that names the kind, not the resource.
    fn of_kind(code: u16, reason: &str, kind: &Kind, name: &str, message: impl Fn(&str) -> String) -> Self {
        let group = if kind.group.is_empty() { String::new() } else { format!(".{}", kind.group) };
        let mut refusal = Self::of(code, reason, message(&format!("{}{group} \"{name}\"", kind.kind)), kind, name);
        refusal.status["details"]["kind"] = kind.kind.as_str().into();
        refusal
    }

    /// What a user may not do.
    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let what = if name.is_empty() { kind.resource() } else { format!("{} \"{name}\"", kind.resource()) };
        Self::of(403, "Forbidden", format!("{what} is forbidden: {why}"), kind, name)
    }

    /// Options of a request that make no sense.
    pub fn options(kind: &str, why: &str) -> Self {
        let details = json!({"group": "meta.k8s.io", "kind": kind});
        Self::with(422, "Invalid", format!("{kind}.meta.k8s.io \"\" is invalid: {why}"), details)
    }

    /// A resourceVersion that is not a number: the server does not even say that it is the sender's fault.
    pub fn version(version: &str) -> Self {
        let why =
            format!("resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax");
        let mut refusal = Self::new(500, "", why);
        refusal.status.as_object_mut().expect("made above").remove("reason");
        refusal
    }

    /// A deletion that was meant for another state of the object (apiserver `pkg/registry/rest/delete.go`).
    pub fn precondition(kind: &Kind, name: &str, field: &str, (wanted, found): (&str, &str)) -> Self {
        let fate = if field == "UID" { "deleted and then recreated" } else { "modified" };
        let why = format!(
            "the {field} in the precondition ({wanted}) does not match the {field} in record ({found}). The object might have been {fate}"
        );
        Self::of_kind(409, "Conflict", kind, name, |who| format!("Operation cannot be fulfilled on {who}: {why}"))
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub fn method() -> Self {
        Self::with(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", json!({}))
    }

    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// The server itself fails on its way to what it was asked for.
    pub fn internal(why: &str) -> Self {
        Self::with(500, "InternalError", format!("Internal error occurred: {why}"), json!({"causes": [{"message": why}]}))
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn too_many(retry_after: u32) -> Self {
        let mut refusal = Self::with(
            429,
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
            json!({"retryAfterSeconds": retry_after}),
        );
        refusal.retry_after = Some(retry_after);
        refusal
    }

    /// What this server does not know although a real one does.
    pub fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("the demo cluster does not know {what}"))
    }

    pub fn media(accepted: &str) -> Self {
        let message = format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json";
        Self::new(406, "NotAcceptable", message)
    }

    /// Fields that belong to others (apimachinery `util/managedfields/internal/conflict.go`).
    pub fn conflicts(kind: &Kind, name: &str, conflicts: &[Conflict]) -> Self {
        let message = match conflicts {
            [one] => format!("Apply failed with 1 conflict: conflict with {}: {}", one.manager, one.path),
            many => {
                let mut managers: Vec<_> = many.iter().map(|conflict| conflict.manager.as_str()).collect();
                managers.sort_unstable();
                managers.dedup();
                let lines = managers.iter().flat_map(|manager| {
                    let paths = many
                        .iter()
                        .filter(move |conflict| conflict.manager == *manager)
                        .map(|conflict| format!("- {}", conflict.path));
                    std::iter::once(format!("conflicts with {manager}:")).chain(paths)
                });
                format!("Apply failed with {} conflicts: {}", many.len(), lines.collect::<Vec<_>>().join("\n"))
            }
        };
        let mut refusal = Self::of(409, "Conflict", message, kind, name);
        let cause = |conflict: &Conflict| {
            let message = format!("conflict with {}", conflict.manager);
            json!({"reason": "FieldManagerConflict", "message": message, "field": conflict.path})
        };
        refusal.status["details"] = json!({"causes": conflicts.iter().map(cause).collect::<Vec<_>>()});
        refusal
    }
}

fn details(kind: &Kind, name: &str) -> Value {
    let mut details = json!({"name": name, "group": kind.group, "kind": kind.plural});
    let fields = details.as_object_mut().expect("made above");
    // empty ones are left out
    fields.retain(|_, value| value != "");
    details
}

/// What an accomplished deletion answers.
pub(super) fn deleted(kind: &Kind, name: &str, uid: &Value) -> Value {
    let mut details = details(kind, name);
    details["uid"] = uid.clone();
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
