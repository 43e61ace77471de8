//! What git does not have: values of variables that only the cluster knows, and what only the cluster can decrypt.
//!
//! kustomize-controller decrypts the files of `secretGenerator` and of `patches` before it builds (v1.9.4 `internal/decryptor`,
//! `DecryptSources`): the hash of what is generated from them is not the hash of what git has.

use super::substitute::has_variable;

/// In a name, in the place of the hash of what only the cluster can decrypt.
pub const UNKNOWN_HASH: &str = "…";
/// How SOPS marks a value.
pub const SEALED: &str = "ENC[AES256_GCM,";

/// A name that ends with a hash that git does not have.
pub fn has_unknown_hash(name: &str) -> bool {
    name.strip_suffix(UNKNOWN_HASH).is_some_and(|rest| rest.ends_with('-'))
}

/// Whether an object of that name in the cluster may be the one whose name git has without its hash. Of hashes: kustomize
/// `api/internal/hasher` (`encode`): ten letters of hexadecimal, five of them replaced.
pub fn may_be(name: &str, live: &str) -> bool {
    let Some(rest) = name.strip_suffix(UNKNOWN_HASH).filter(|rest| rest.ends_with('-')) else { return name == live };
    let hash = live.strip_prefix(rest).unwrap_or_default();
    hash.len() == 10 && hash.bytes().all(|letter| b"2456789bcdfghkmt".contains(&letter))
}

/// A text that is another one in the cluster, or may be.
pub fn is_unproven(text: &str) -> bool {
    has_variable(text) || has_unknown_hash(text) || text.starts_with(SEALED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_whatever_its_hash_is() {
        for (name, live, expected) in [
            ("login-…", "login-9k2t4bcdfg", true),
            ("login-…", "login-9k2t4bcdf", false),
            ("login-…", "login-a1234567890", false),
            ("login-…", "login-03aelopqrs", false),
            ("login-…", "login", false),
            ("login", "login", true),
            ("login", "login-9k2t4bcdfg", false),
        ] {
            assert_eq!(may_be(name, live), expected, "{name} {live}");
        }
    }

    #[test]
    fn what_is_written_out_is_proven() {
        for (text, expected) in [
            ("a-${b}", true),
            ("login-…", true),
            ("ENC[AES256_GCM,data:x]", true),
            ("login-9k2t7h8m4c", false),
            ("wait…", false),
            ("", false),
        ] {
            assert_eq!(is_unproven(text), expected, "{text}");
        }
    }
}
