//! Files that SOPS encrypted: its message authentication code covers all of their values, so that after any edit without the key nobody
//! can open them (sops `README.md`, "Message Authentication Code"); comments are encrypted too.
//!
//! What counts: SOPS' mark anywhere, be it in a comment; a `sops` block with what SOPS itself needs in it (`mac` or `lastmodified`), at the
//! top level of a YAML or JSON document, as `[sops]` of an INI file, or as `sops_…` variables of a .env file (sops `stores/`).
//!
//! What deliberately does not: a rule in `.sops.yaml`, for Flux's own guide matches every YAML file; the word in a text, a name or a key
//! deeper down (a ConfigMap, a chart's values); a block `sops` with other settings in it; `ENC[` without SOPS' cipher (`ENC[PKCS7,` is
//! Puppet's, and signs nothing).

use crate::render::node::{Layer, Node};
use crate::render::read::{TextPlace, documents};

const MARK: &[u8] = b"ENC[AES256_GCM,";
/// Without one of them SOPS does not open a file.
const NEEDED: &[&str] = &["mac", "lastmodified"];

/// The line that shows it.
pub fn line(bytes: &[u8]) -> Option<u32> {
    if let Some(at) = bytes.windows(MARK.len()).position(|window| window == MARK) {
        return Some(count(&bytes[..at]));
    }
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("sops"))?;
    match documents(bytes, &TextPlace::file(&"".into(), Layer::Resource)) {
        Ok(found) if found.iter().any(Node::is_map) => found.iter().find_map(block),
        // no YAML, or what YAML takes for one long text, or a list
        _ => by_lines(text),
    }
}

fn count(before: &[u8]) -> u32 {
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

fn block(node: &Node) -> Option<u32> {
    let entry = node.entry("sops")?;
    let is_sops = entry.value.entries().iter().any(|inner| inner.key.text().is_some_and(|key| NEEDED.contains(&key)));
    is_sops.then(|| entry.key.origin().line)
}

/// INI, .env, and YAML that cannot be read.
fn by_lines(text: &str) -> Option<u32> {
    let mut block = None;
    for (line, number) in text.lines().zip(1..) {
        let word = line.trim_start().split([':', '=', ' ']).next().unwrap_or_default();
        if word.strip_prefix("sops_").is_some_and(|key| NEEDED.contains(&key)) && line.contains('=') {
            return Some(number);
        }
        match line.trim_end() {
            "[sops]" | "sops:" => block = Some(number),
            other if other.starts_with('[') => block = None,
            other if !other.is_empty() && !line.starts_with([' ', '\t']) && line.contains(':') && !line.contains('=') => {
                block = None;
            }
            _ if block.is_some() && NEEDED.contains(&word) => return block,
            _ => {}
        }
    }
    None
}
