//! A file of a repository for the screen: sanitised lines, without credentials and values of Secrets.
//!
//! Masking goes by lines and errs on the safe side: where a document mentions a Secret, everything below `data` and `stringData`
//! is masked, at any depth (also in a patch inside another file); so are the literals of a `secretGenerator`.

use crate::domain::text::{redact, sanitise_line};
use crate::kinds::masked::MASKED;

/// Most lines that are shown.
const MOST: usize = 50_000;

/// Why a file is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// SOPS keeps it.
    Encrypted,
    /// It is not a text file.
    Binary,
}

/// The lines of a file. `is_secret`: a Secret is made of it, whatever it looks like.
///
/// # Errors
/// It is not for eyes.
pub fn lines(bytes: &[u8], is_secret: bool) -> Result<Vec<String>, Hidden> {
    let text = std::str::from_utf8(bytes).map_err(|_| Hidden::Binary)?;
    if text.contains('\0') {
        return Err(Hidden::Binary);
    }
    if text.contains("ENC[AES256_GCM,") {
        return Err(Hidden::Encrypted);
    }
    let (mut shown, text) = (Vec::new(), redact(text));
    let all: Vec<&str> = text.lines().take(MOST).collect();
    for document in all.split_inclusive(|line| line.starts_with("---")) {
        let mut masker = Masker::new(document, is_secret);
        shown.extend(document.iter().map(|line| masker.line(&sanitise_line(line))));
    }
    Ok(shown)
}

/// What is masked in one document.
struct Masker {
    how: How,
    /// The column of the key below which everything is masked.
    below: Option<(usize, Block)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Nothing: no Secret is mentioned.
    Nothing,
    /// Every value.
    All,
    /// Below keys that hold a Secret's values.
    Blocks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Values,
    /// `NAME=value`.
    Literals,
}

impl Masker {
    fn new(document: &[&str], is_secret: bool) -> Self {
        let speaks = |line: &&str| line.contains("Secret");
        // JSON and flow style have no blocks to go by
        let is_flow = |line: &&str| line.trim_start().starts_with('{');
        let in_flow = document.iter().any(speaks) && document.iter().find(|line| !line.trim().is_empty()).is_some_and(is_flow);
        // a manifest of it has its values in blocks; anything else that a Secret is made of is a value as a whole
        let is_manifest = document.iter().any(|line| {
            let line = line.trim_start_matches([' ', '-']);
            line.starts_with("kind: Secret") || line.starts_with("secretGenerator:")
        });
        let how = match document.iter().any(|line| line.contains("Secret") || line.contains("secretGenerator")) {
            _ if in_flow || is_secret && !is_manifest => How::All,
            true => How::Blocks,
            false => How::Nothing,
        };
        Self { how, below: None }
    }

    fn line(&mut self, line: &str) -> String {
        let content = line.trim_start_matches([' ', '-']);
        let indent = line.len() - content.len();
        match self.how {
            How::Nothing => return line.to_owned(),
            How::All if !content.is_empty() => return masked(line, content),
            How::Blocks if !content.starts_with('#') && !content.is_empty() => {}
            _ => return line.to_owned(),
        }
        match self.below {
            Some((column, block)) if indent > column => {
                return match block {
                    Block::Values => masked(line, content),
                    Block::Literals => literal(line),
                };
            }
            Some((column, Block::Literals)) if indent == column && line.trim_start().starts_with('-') => return literal(line),
            _ => self.below = None,
        }
        let key = content.split_once(':').map(|(key, rest)| (key.trim().trim_matches(['"', '\'']), rest.trim()));
        match key {
            Some(("data" | "stringData" | "literals", "")) | Some(("data" | "stringData", "|" | ">" | "|-" | ">-")) => {
                let block = if key.is_some_and(|(key, _)| key.ends_with("ata")) { Block::Values } else { Block::Literals };
                self.below = Some((indent, block));
                line.to_owned()
            }
            Some(("data" | "stringData" | "literals", _)) => masked(line, content),
            _ => line.to_owned(),
        }
    }
}

/// A line without the text after its key.
fn masked(line: &str, content: &str) -> String {
    let indent = &line[..line.len() - content.len()];
    match content.split_once(':') {
        Some((key, rest)) if rest.trim().is_empty() => format!("{indent}{key}:"),
        Some((key, _)) if !key.contains(['{', '"', ',']) || key.starts_with('"') => format!("{indent}{key}: {MASKED}"),
        _ if content.starts_with("---") || content.trim_matches(['{', '}', '[', ']', ',']).is_empty() => line.to_owned(),
        _ => match content.split_once('=') {
            Some((name, _)) => format!("{indent}{name}={MASKED}"),
            None => format!("{indent}{MASKED}"),
        },
    }
}

/// `- NAME=value` without its value; other lines of the block stay.
fn literal(line: &str) -> String {
    line.split_once('=').map_or_else(|| line.to_owned(), |(name, _)| format!("{name}={MASKED}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_secret: bool) -> String {
        lines(text.as_bytes(), is_secret).expect("a text").join("\n")
    }

    #[test]
    fn a_file_without_secrets_is_shown_as_it_is_but_sanitised() {
        let text = "kind: ConfigMap # plain\ndata:\n  a: \"b\"\n\tc: \u{1b}[31md";
        assert_eq!(shown(text, false), "kind: ConfigMap # plain\ndata:\n  a: \"b\"\n  c: \u{fffd}[31md");
    }

    #[test]
    fn no_value_of_a_secret_is_shown_wherever_it_stands() {
        const HUNTER: &str = "hunter2";
        for text in [
            "kind: Secret\nstringData:\n  password: hunter2\n  pem: |\n    hunter2\n",
            "kind: Secret\ndata: {password: hunter2}\n",
            "{\"kind\": \"Secret\", \"data\": {\"password\": \"hunter2\"}}",
            "{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"password\": \"hunter2\"\n  }\n}",
            "kind: ConfigMap\ndata:\n  a: b\n---\nkind: Secret\ndata:\n  password: hunter2\n",
            "patches:\n- target: {kind: Secret}\n  patch: |\n    stringData:\n      password: hunter2\n",
            "secretGenerator:\n- name: db\n  literals:\n  - password=hunter2\n  - other=hunter2\n",
            "secretGenerator:\n- name: db\n  literals: [password=hunter2]\n",
            "secretGenerator:\n- literals:\n    - password=hunter2\n  name: db\n",
        ] {
            let found = shown(text, false);
            assert!(!found.contains(HUNTER), "{text}\n→\n{found}");
            assert!(found.contains(MASKED) && found.lines().count() == text.lines().count(), "{found}");
        }
        for text in
            ["password=hunter2", "hunter2", "# hunter2", "a:\n  - hunter2", "ClientSecret=hunter2", "kind: Opaque\nx: hunter2"]
        {
            assert!(!shown(text, true).contains(HUNTER), "{text}");
        }
    }

    #[test]
    fn credentials_are_not_shown_anywhere_and_lines_stay_where_they_are() {
        let text = "spec:\n  url: https://me:hunter2@h.example.com/x\n  password: |\n    hunter2\n    hunter2\n  env:\n  - name: API_TOKEN\n    value: hunter2\n  port: 3";
        let found = shown(text, false);
        assert!(!found.contains("hunter2"), "{found}");
        assert_eq!(found.lines().nth(8), Some("  port: 3"));
    }

    #[test]
    fn of_what_a_secret_is_made_of_only_the_values_are_hidden() {
        let text = "kind: Kustomization\nsecretGenerator:\n- name: db\n  literals:\n  - password=x\nresources: [a.yaml]";
        assert_eq!(shown(text, true), text.replace("=x", &format!("={MASKED}")));
    }

    #[test]
    fn after_a_secret_the_rest_is_shown() {
        let text = "kind: Secret\ndata:\n  a: b\ntype: Opaque\n---\nkind: Pod\nspec: {a: b}";
        assert_eq!(shown(text, false), text.replace("a: b\nt", &format!("a: {MASKED}\nt")));
    }

    #[test]
    fn what_is_not_for_eyes_is_named() {
        assert_eq!(lines(b"a: ENC[AES256_GCM,data:x]", false), Err(Hidden::Encrypted));
        assert_eq!(lines(&[0xff, 0xfe, 0], false), Err(Hidden::Binary));
    }
}
