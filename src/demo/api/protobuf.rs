//! Bodies in Kubernetes' protobuf, which kubectl sends for the kinds that it knows (apimachinery `runtime/serializer/protobuf`): those
//! that `kubectl create NAME`, `auth can-i` and `auth whoami` send, by the field numbers of k8s.io/api `generated.proto`. A field that is
//! in no table is refused when it says something; answers are always JSON, which every client accepts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What a field holds.
#[derive(Clone, Copy)]
enum Field {
    Text,
    Number,
    Flag,
    /// A map from texts to texts, or to bytes.
    Texts,
    Bytes,
    One(Message),
    Many(Message),
}
use Field::{Bytes, Flag, Many, Number, One, Text, Texts};

/// Number, name and content of every field that is known.
type Message = &'static [(u64, &'static str, Field)];

/// The envelope: apiVersion and kind, and the object itself.
const MAGIC: &[u8] = b"k8s\0";
const TYPE: Message = &[(1, "apiVersion", Text), (2, "kind", Text)];

/// Said by the server alone: senders leave it empty.
const EMPTY: Message = &[];
const META: Message =
    &[(1, "name", Text), (2, "generateName", Text), (3, "namespace", Text), (11, "labels", Texts), (12, "annotations", Texts)];
const ACCESS: Message =
    &[(1, "resourceAttributes", One(RESOURCE)), (2, "nonResourceAttributes", One(&[(1, "path", Text), (2, "verb", Text)]))];
const RESOURCE: Message = &[
    (1, "namespace", Text),
    (2, "verb", Text),
    (3, "group", Text),
    (4, "version", Text),
    (5, "resource", Text),
    (6, "subresource", Text),
    (7, "name", Text),
];
const CONTAINER: Message = &[(1, "name", Text), (2, "image", Text), (8, "resources", One(EMPTY))];
const TEMPLATE: Message = &[(1, "metadata", One(META)), (2, "spec", One(&[(2, "containers", Many(CONTAINER))]))];
const DEPLOYMENT: Message = &[
    (1, "replicas", Number),
    (2, "selector", One(&[(1, "matchLabels", Texts)])),
    (3, "template", One(TEMPLATE)),
    (4, "strategy", One(EMPTY)),
];

/// The fields of a kind beside its metadata.
const KINDS: &[(&str, Message)] = &[
    ("Namespace", &[(2, "spec", One(EMPTY)), (3, "status", One(EMPTY))]),
    ("ConfigMap", &[(2, "data", Texts), (3, "binaryData", Bytes), (4, "immutable", Flag)]),
    ("Secret", &[(2, "data", Bytes), (3, "type", Text), (4, "stringData", Texts), (5, "immutable", Flag)]),
    ("ServiceAccount", &[]),
    ("Deployment", &[(2, "spec", One(DEPLOYMENT)), (3, "status", One(EMPTY))]),
    ("SelfSubjectReview", &[(2, "status", One(EMPTY))]),
    ("SelfSubjectAccessReview", &[(2, "spec", One(ACCESS)), (3, "status", One(EMPTY))]),
    ("SelfSubjectRulesReview", &[(2, "spec", One(&[(1, "namespace", Text)])), (3, "status", One(EMPTY))]),
];

/// Reads an object; nothing when its kind, or something that it says, is in no table.
pub(super) fn read(body: &[u8]) -> Option<Value> {
    let envelope = fields(body.strip_prefix(MAGIC)?)?;
    let part = |number: u64| envelope.iter().find_map(|(at, part)| if *at == number { part.bytes() } else { None });
    let mut object = message(TYPE, part(1)?)?;
    let (_, known) = KINDS.iter().find(|(kind, _)| object.get("kind").is_some_and(|found| found == kind))?;
    let known: Vec<_> = [(1, "metadata", One(META))].iter().chain(*known).copied().collect();
    object.extend(message(&known, part(2)?)?);
    object.entry("metadata").or_insert_with(|| json!({}));
    Some(Value::Object(object))
}

/// The encoding of a field.
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    fn says_nothing(&self) -> bool {
        matches!(self, Self::Number(0) | Self::Bytes([]))
    }
}

fn message(known: &[(u64, &str, Field)], bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for (number, wire) in fields(bytes)?.into_iter().filter(|(_, wire)| !wire.says_nothing()) {
        let (_, name, field) = known.iter().find(|(known, ..)| *known == number)?;
        let text = |bytes: &[u8]| Some(Value::from(std::str::from_utf8(bytes).ok()?));
        match (field, wire) {
            (Number, Wire::Number(value)) => drop(object.insert((*name).to_owned(), value.into())),
            (Flag, Wire::Number(value)) => drop(object.insert((*name).to_owned(), (value != 0).into())),
            (Text, Wire::Bytes(bytes)) => drop(object.insert((*name).to_owned(), text(bytes)?)),
            (One(known), Wire::Bytes(bytes)) => {
                let below = message(known, bytes)?;
                if !below.is_empty() {
                    object.insert((*name).to_owned(), below.into());
                }
            }
            (Many(known), Wire::Bytes(bytes)) => {
                let items = object.entry(*name).or_insert_with(|| json!([])).as_array_mut()?;
                items.push(message(known, bytes)?.into());
            }
            (Texts | Bytes, Wire::Bytes(bytes)) => {
                let pair = fields(bytes)?;
                let part =
                    |number: u64| pair.iter().find(|(at, _)| *at == number).map_or(Some(&[][..]), |(_, part)| part.bytes());
                let value = part(2)?;
                let value = if matches!(field, Bytes) { STANDARD.encode(value).into() } else { text(value)? };
                object.entry(*name).or_insert_with(|| json!({}))[std::str::from_utf8(part(1)?).ok()?] = value;
            }
            _ => return None,
        }
    }
    Some(object)
}

/// Takes a message apart: numbers and what stands for them.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let wire = match tag & 7 {
            0 => Wire::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (part, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Wire::Bytes(part)
            }
            _ => return None,
        };
        found.push((tag >> 3, wire));
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let end = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(end + 1);
    *bytes = rest;
    Some(number.iter().rev().fold(0, |value, byte| (value << 7) | u64::from(byte & 0x7f)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `kubectl auth can-i list pods` of version 1.32 sends.
    const MAY: &[u8] = b"k8s\0\x0a\x32\x0a\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12\x41\x0a\x10\x0a\0\x12\0\x1a\0\x22\0\
        \x2a\0\x32\0\x38\0\x42\0\x12\x23\x0a\x21\x0a\x0bflux-system\x12\x04list\x1a\0\x22\0\x2a\x04pods\x32\0\x3a\0\x1a\x08\x08\0\x12\0\x1a\0\
        \x20\0\x1a\0\x22\0";

    #[test]
    fn what_kubectl_asks_is_read() {
        let attributes = json!({"namespace": "flux-system", "verb": "list", "resource": "pods"});
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {}, "spec": {"resourceAttributes": attributes},
        });
        assert_eq!(read(MAY), Some(review));
    }

    #[test]
    fn maps_lists_and_bytes_are_read() {
        let secret = b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x17\x0a\x05\x0a\x03key\x12\x06\x0a\x01a\x12\x01b\x1a\x06Opaque";
        let expected =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "data": {"a": "Yg=="}, "type": "Opaque"});
        assert_eq!(read(secret), Some(expected));
    }

    #[test]
    fn what_is_not_understood_as_a_whole_is_not_read_at_all() {
        for (what, body) in [
            ("no protobuf", &b"{\"kind\": \"Pod\"}"[..]),
            ("another kind", b"k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x12\0"),
            ("a field in no table", b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x04\x4a\x02hi"),
            ("an end in the middle", &MAY[..40]),
            ("a length beyond the end", b"k8s\0\x0a\x7f\x0a"),
            ("a number without end", b"k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        ] {
            assert_eq!(read(body), None, "{what}");
        }
    }
}
