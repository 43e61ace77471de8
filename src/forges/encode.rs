//! Names in addresses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays in a query (RFC 3986, "unreserved").
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Slashes stay in a path: branches have them, and forges take them as they are.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// A name as a part of a path.
pub fn path(name: &str) -> String {
    utf8_percent_encode(name, PATH).to_string()
}

/// A value of a query.
pub fn query(value: &str) -> String {
    utf8_percent_encode(value, QUERY).to_string()
}
