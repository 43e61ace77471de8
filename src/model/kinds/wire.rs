//! What the API sends, pruned while it is decoded: big fields that no screen shows are never allocated.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Keys dropped at any depth: pod templates, payloads, values and patches are fetched on demand.
/// No rule of health, edge or column reads below them.
const PRUNED: &[&str] = &[
    "managedFields",
    "template",
    "data",
    "stringData",
    "binaryData",
    "values",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "postRenderers",
    "volumes",
    "containers",
    "initContainers",
    "ephemeralContainers",
    "volumeClaimTemplates",
    "openAPIV3Schema",
    "resourcesTemplate",
    "tolerations",
    "affinity",
    "volumeMounts",
    "allocatedResources",
];

/// One object as the API sends it, with spec and status pruned.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Wire {
    pub api_version: String,
    pub kind: String,
    pub metadata: Meta,
    #[serde(deserialize_with = "pruned")]
    pub spec: Value,
    #[serde(deserialize_with = "pruned")]
    pub status: Value,
    /// The body of a scanner's report (`aquasecurity.github.io` `VulnerabilityReport`): only its summary.
    pub report: Report,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Report {
    pub summary: BTreeMap<String, Value>,
}

/// `metadata`, without managedFields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    #[serde(deserialize_with = "or_default")]
    pub resource_version: String,
    pub generation: Option<i64>,
    pub creation_timestamp: Option<String>,
    pub deletion_timestamp: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub owner_references: Vec<OwnerReference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
}

/// `null` where the API may write null instead of leaving the field out.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn pruned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Pruned.deserialize(deserializer)
}

struct Pruned;

impl<'de> DeserializeSeed<'de> for Pruned {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pruned {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Pruned)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if PRUNED.contains(&key.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                object.insert(key, map.next_value_seed(Pruned)?);
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_and_managed_fields_are_never_kept() {
        let wire: Wire = serde_json::from_str(
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":null,"managedFields":[{"x":1}],"labels":null},
                "data":{"token":"c2VjcmV0"},"spec":{"template":{"spec":{}},"replicas":3,"list":[{"values":{"a":1},"b":null}]}}"#,
        )
        .expect("an object");

        assert_eq!(wire.spec, serde_json::json!({"replicas": 3, "list": [{"b": null}]}));
        assert!(!format!("{wire:?}").contains("c2VjcmV0"));
    }
}
