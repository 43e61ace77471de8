//! What is kept of one version of a chart (helm `pkg/repo`, `ChartVersion`).

use jiff::Timestamp;
use serde::Deserialize;

use fluxdeck_model::domain::published::PublishedVersion;
use fluxdeck_model::domain::text::printable;

/// The names of the fields that are read.
pub const FIELDS: [&str; 5] = ["version", "appVersion", "created", "digest", "deprecated"];
/// Longest name of a version, in bytes.
const LONGEST: usize = 256;
/// Longest version of what is installed that is kept, in characters.
const APP: usize = 64;

/// An entry as it is written.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Entry {
    version: Option<String>,
    /// YAML's `1.10` is a text here: a string takes any scalar as it is written.
    app_version: Option<String>,
    created: Option<String>,
    digest: Option<String>,
    deprecated: Option<Flag>,
}

/// A boolean, or the text of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Boolean(bool),
    Text(String),
}

impl Entry {
    /// The version. None if it has no name that one could ask for.
    pub fn published(self) -> Option<PublishedVersion> {
        let name = self.version?;
        let is_name = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_graphic());
        is_name.then(|| PublishedVersion {
            name,
            app_version: self.app_version.as_deref().and_then(shown),
            created: self.created.and_then(|it| it.parse::<Timestamp>().ok()),
            digest: self.digest.as_deref().and_then(digest),
            is_deprecated: match self.deprecated {
                Some(Flag::Boolean(is_set)) => is_set,
                Some(Flag::Text(text)) => text == "true",
                None => false,
            },
            is_in_range: None,
        })
    }
}

fn shown(text: &str) -> Option<String> {
    let text = printable(text.trim());
    (!text.is_empty()).then(|| text.chars().take(APP).collect())
}

/// With its algorithm: helm writes that of SHA-256 without.
fn digest(text: &str) -> Option<String> {
    let (algorithm, hex) = text.split_once(':').unwrap_or(("sha256", text));
    let is_hex = (32..=128).contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_word = algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte));
    (is_hex && is_word && algorithm.len() <= 32).then(|| format!("{algorithm}:{hex}"))
}
