//! Key and value pairs of a generator, each with its place: env files first, then literals, then files.
//! Source: kustomize api v0.21.1 `kv/kv.go`, `internal/generators/utils.go` (ParseFileSource).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::error::{BuildError, Result};
use super::super::kustomization::GeneratorArgs;
use super::super::node::{Layer, Location, Node, Notation, Origin, Tag, Text, Trace};
use super::super::session::{Folder, Session};
use super::super::trace::{Composition, Joint, Part, PartRole};

pub(super) struct Pair {
    pub key: Text,
    pub value: Arc<[u8]>,
    pub trace: Trace,
}

impl Pair {
    /// A text that holds it between other bytes.
    fn cut(key: &str, text: &Text, range: Range<usize>, origin: Origin) -> Self {
        let value = text[range.clone()].as_bytes().into();
        let mut made = Composition::new(Joint::Pair);
        let scalar = made.scalar(Trace::new(origin.clone()), text, Tag::Str);
        made.parts.push(Part { role: PartRole::Value, text: text[range.clone()].into(), cut: Some((scalar, range)) });
        Self { key: key.into(), value, trace: Trace::composed(origin, made, None) }
    }
}

/// All pairs in kustomize's order, and the first remote resource that others are in and that is not here.
///
/// # Errors
/// A source that cannot be read.
pub(super) fn load(session: &Session<'_>, folder: &Folder, args: &GeneratorArgs) -> Result<(Vec<Pair>, Option<Text>)> {
    let (mut pairs, mut missing) = (Vec::new(), None);
    for source in &args.envs {
        let path = source.text().unwrap_or_default();
        match session.known(session.load(folder, path), source)? {
            Some((file, content)) => env_file(&file, &content, &mut pairs)?,
            None => drop(missing.get_or_insert_with(|| path.into())),
        }
    }
    for source in &args.literals {
        pairs.push(literal(source)?);
    }
    for source in &args.files {
        let (key, path) = file_source(source)?;
        let Some((file, value)) = session.known_in(session.load(folder, path), path, source)? else {
            missing.get_or_insert_with(|| path.into());
            continue;
        };
        let origin = Origin::new(&file, 1, 1, Layer::Generator).as_form(Notation::File);
        pairs.push(Pair { key: key.into(), value, trace: Trace::new(origin) });
    }
    Ok((pairs, missing))
}

fn env_file(file: &Text, content: &[u8], pairs: &mut Vec<Pair>) -> Result<()> {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    if content.is_empty() {
        return Ok(());
    }
    let location = Arc::new(Location::of(file));
    for (at, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let origin = Origin::at(&location, number, 1, Layer::Generator).as_form(Notation::Line);
        // Go's line scanner takes one carriage return off and no line longer than 64 KiB
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() >= 64 << 10 {
            return Err(BuildError::invalid("a line longer than 64 KiB").at(&origin));
        }
        let line = std::str::from_utf8(line).map_err(|_| BuildError::invalid("not UTF-8").at(&origin))?;
        let line = if at == 0 { line.trim_start_matches('\u{feff}') } else { line };
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match text.split_once('=') {
            Some(("", _)) => {}
            Some((key, value)) => pairs.push(Pair::cut(key, &line.into(), line.len() - value.len()..line.len(), origin)),
            // there is no `=` behind which another value could stand
            None => {
                pairs.push(Pair { key: text.into(), value: Arc::default(), trace: Trace::new(origin.as_form(Notation::Maker)) });
            }
        }
    }
    Ok(())
}

/// What SOPS adds to an env file goes when it is decrypted (sops v3 `stores/dotenv`, keys that begin with `sops_`).
pub(super) fn drop_sealing(pairs: &mut BTreeMap<Text, Pair>) {
    if pairs.contains_key("sops_mac") {
        pairs.retain(|key, pair| !key.starts_with("sops_") || pair.trace.origin.form != Notation::Line);
    }
}

fn literal(source: &Node) -> Result<Pair> {
    let text = source.text().unwrap_or_default();
    match text.split_once('=').filter(|(key, _)| !key.is_empty()) {
        Some((key, value)) => {
            let (inner, begin) = (unquoted(value), text.len() - value.len());
            let begin = begin + usize::from(inner.len() < value.len());
            let text = source.shared_text().expect("settings are texts");
            Ok(Pair::cut(key, text, begin..begin + inner.len(), source.origin().as_layer(Layer::Generator)))
        }
        None => Err(BuildError::invalid(format!("invalid literal source {text}, expected key=value")).at(source.origin())),
    }
}

/// Without the quotes around it.
pub(in super::super) fn unquoted(value: &str) -> &str {
    let inner = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    if value.len() < 2 { value } else { inner('"').or_else(|| inner('\'')).unwrap_or(value) }
}

/// `[key=]path`
fn file_source(source: &Node) -> Result<(&str, &str)> {
    let text = source.text().unwrap_or_default();
    let fail = |message: String| Err(BuildError::invalid(message).at(source.origin()));
    match text.split('=').collect::<Vec<_>>().as_slice() {
        [path] => Ok((base(path), path)),
        ["", path] => fail(format!("missing key name for file path `{path}`")),
        [key, ""] => fail(format!("missing file path for key name `{key}`")),
        [key, path] => Ok((key, path)),
        _ => fail(format!("key name or file path of `{text}` contains '='")),
    }
}

fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    trimmed.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_around_a_literal_go() {
        for (value, expected) in [("\"a\"", "a"), ("'a'", "a"), ("\"a'", "\"a'"), ("\"", "\""), ("a", "a"), ("''", "")] {
            assert_eq!(unquoted(value), expected);
        }
    }

    #[test]
    fn env_files_are_read_line_by_line() {
        let mut pairs = Vec::new();
        env_file(&"e".into(), b"\xef\xbb\xbfA=1\r\n# no\n\n  B=x=y \nC", &mut pairs).expect("valid");
        let found: Vec<_> = pairs.iter().map(|pair| (pair.key.as_ref(), pair.value.as_ref(), pair.trace.origin.line)).collect();
        assert_eq!(found, [("A", b"1".as_ref(), 1), ("B", b"x=y ".as_ref(), 4), ("C", b"".as_ref(), 5)]);
    }
}
