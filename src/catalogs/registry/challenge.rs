//! What a registry asks to be shown: `WWW-Authenticate` (RFC 9110, 11.6.1; RFC 6750).

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A user and a password.
    Basic,
    /// A token of a token server.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// The first one that can be met. There may be several headers, and several in one.
pub fn of(headers: &HeaderMap) -> Option<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(all).find_map(|(scheme, mut parameters)| match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: parameters.remove("realm")?,
            service: parameters.remove("service"),
            scope: parameters.remove("scope"),
        }),
        _ => None,
    })
}

/// The challenges of a header: schemes and names in small letters.
fn all(header: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut found: Vec<(String, BTreeMap<_, _>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        if end == 0 {
            // nothing is left, or nothing that can be read
            return found;
        }
        let (word, behind) = rest.split_at(end);
        let word = word.to_ascii_lowercase();
        match (behind.trim_start().strip_prefix('='), found.last_mut()) {
            (Some(value), Some((_, parameters))) => {
                let (value, behind) = quoted(value.trim_start());
                parameters.entry(word).or_insert(value);
                rest = behind;
            }
            (Some(_), None) => return found,
            (None, _) => {
                found.push((word, BTreeMap::new()));
                rest = behind;
            }
        }
    }
}

/// A value, with or without quotes, and what is behind it.
fn quoted(text: &str) -> (String, &str) {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if is_escaped => {
                value.push(letter);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (value, &inside[at + 1..]),
            _ => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_challenge_that_can_be_met_is_taken() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            Some(Challenge::Bearer { realm: realm.to_owned(), service: own(service), scope: own(scope) })
        };
        for (headers, expected) in [
            (&["Basic realm=\"a\""] as &[&str], Some(Challenge::Basic)),
            (
                &[
                    "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/nginx:pull\"",
                ],
                bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:library/nginx:pull")),
            ),
            // commas within quotes, blanks, capitals, and no quotes
            (
                &["BEARER  Realm = \"https://a/t\" , scope=\"repository:a:pull,push\""],
                bearer("https://a/t", None, Some("repository:a:pull,push")),
            ),
            (&["bearer realm=https://a/t,service=a"], bearer("https://a/t", Some("a"), None)),
            (&["Bearer realm=\"https://a/\\\"t\""], bearer("https://a/\"t", None, None)),
            (&["Negotiate", "Basic realm=\"a\""], Some(Challenge::Basic)),
            (&["Negotiate, Bearer realm=\"https://a/t\", Basic realm=\"b\""], bearer("https://a/t", None, None)),
            (&["Bearer service=\"a\""], None),
            (&["realm=\"a\""], None),
            (&["Bearer realm=\"https://a/t"], bearer("https://a/t", None, None)),
            (&["", ",,,", "===", "Digest realm=\"a\""], None),
        ] {
            let mut map = HeaderMap::new();
            for header in headers {
                map.append(WWW_AUTHENTICATE, header.parse().expect("a header"));
            }
            assert_eq!(of(&map), expected, "{headers:?}");
        }
    }
}
