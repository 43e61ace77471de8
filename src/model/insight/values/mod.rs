//! Effective Helm values: each key with the layer that it comes from and what it overrides, now and in each release that Helm still keeps;
//! and what differs between two of these, values and manifests.
//!
//! ```text
//!  chart default                          ← lowest     `chart.values` of the stored release
//!  chart.spec.valuesFiles                              merged over the chart's own by source-controller: part of the same
//!  spec.valuesFrom[0], [1], …                          ConfigMaps and Secrets, in their order ([`compose`](self::compose))
//!  spec.valuesFrom[n] with a targetPath                below or above the inline values: the table there says when
//!  spec.values                            ← highest
//! ```
//! Values of Secrets and of sensitive names are masked wherever they are shown, until a person asks for them on the screen.

mod between;
mod compose;
mod list;
mod print;
mod set;
mod shared;
mod stored;
#[cfg(test)]
mod tests;
mod tree;

pub use between::{ManifestPatch, ValuesChange};
pub use compose::{HiddenValue, ReferenceData, ValuesReference, ValuesSpec, composed};
pub use list::{KeyList, Overridden, ReleaseValues, StoredReleases, ValueKey};
pub use print::annotated;
pub use stored::{ReleaseStorage, StoredRelease};
pub use tree::{PathStep, written};

use crate::domain::Str;
use crate::kinds;

/// Where a key of the values comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValuesLayer {
    /// The chart itself.
    Chart,
    /// A file of `chart.spec.valuesFiles`; empty where it is not known which of them.
    ChartFile(Str),
    /// An item of `spec.valuesFrom`, from 0.
    From { item: usize, kind: Str, name: Str, key: Str },
    /// The same, with the path that it sets.
    Target { item: usize, kind: Str, name: Str, key: Str, path: Str },
    /// `spec.values`.
    Inline,
    /// A stored release of that number has it, and nothing that is there today says so.
    Release(u64),
}

impl ValuesLayer {
    pub(self) fn of(item: usize, reference: &ValuesReference) -> Self {
        let ValuesReference { kind, name, key, target, .. } = reference.clone();
        match target.is_empty() {
            true => Self::From { item, kind, name, key },
            false => Self::Target { item, kind, name, key, path: target },
        }
    }

    /// As a person reads it: `ConfigMap web-values`, `Secret web (password) at auth.password`.
    pub fn word(&self) -> String {
        let object = |kind: &str, name: &str, key: &str| match key {
            "values.yaml" => format!("{kind} {name}"),
            key => format!("{kind} {name} ({key})"),
        };
        match self {
            Self::Chart => "chart default".to_owned(),
            Self::ChartFile(file) if file.is_empty() => "valuesFiles".to_owned(),
            Self::ChartFile(file) => format!("valuesFiles {file}"),
            Self::From { kind, name, key, .. } => object(kind, name, key),
            Self::Target { kind, name, key, path, .. } => format!("{} at {path}", object(kind, name, key)),
            Self::Inline => "spec.values".to_owned(),
            Self::Release(number) => format!("release {number}"),
        }
    }

    /// The same in one word, for programs.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Chart => "chart",
            Self::ChartFile(_) => "valuesFiles",
            Self::From { .. } => "valuesFrom",
            Self::Target { .. } => "targetPath",
            Self::Inline => "inline",
            Self::Release(_) => "release",
        }
    }

    /// What the chart says by itself.
    pub fn is_default(&self) -> bool {
        matches!(self, Self::Chart | Self::ChartFile(_))
    }

    /// Kind and name of the object of the cluster that has it.
    pub fn object(&self) -> Option<(&str, &str)> {
        match self {
            Self::From { kind, name, .. } | Self::Target { kind, name, .. } => Some((kind, name)),
            _ => None,
        }
    }

    pub(self) fn is_of_secret(&self) -> bool {
        self.object().is_some_and(|(kind, _)| kind == kinds::SECRET.kind)
    }
}
