//! Which URLs are asked for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

/// What may be asked for. Tests, whose servers are on this machine, allow more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebPolicy {
    /// Also without TLS.
    pub plain: bool,
    /// Also at addresses that are not public.
    pub private: bool,
}

impl WebPolicy {
    /// # Errors
    /// Why a URL is not asked for.
    pub(super) fn takes(self, url: &Uri) -> Result<(), String> {
        match url.scheme_str() {
            Some("https") => {}
            Some("http") if self.plain => {}
            _ => return Err("only https is asked".to_owned()),
        }
        let authority = url.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err("it holds a credential, and none is sent".to_owned());
        }
        self.takes_host(url)
    }

    /// # Errors
    /// The host is this machine, or an address that is not public.
    pub(super) fn takes_host(self, url: &Uri) -> Result<(), String> {
        let host = url.host().unwrap_or_default();
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_local = || literal == "localhost" || literal.ends_with(".localhost");
        match literal.parse() {
            Ok(address) if !self.allows(address) => Err(format!("{address} is not a public address")),
            Err(_) if is_local() && !self.private => Err(format!("{literal} is not a public host")),
            _ => Ok(()),
        }
    }

    pub(super) fn allows(self, address: IpAddr) -> bool {
        self.private || is_public(address)
    }
}

/// Whether an address is one of the internet's: what is reserved for something else (IANA's special-purpose registries) is not.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped().or_else(|| embedded(address)) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_reserved
}

/// The address behind a translation: 64:ff9b::/96 (RFC 6052) and 2002::/16 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b, c, d, e, f) {
        (0x64, 0xff9b, 0, 0, 0, 0) => Some(of(g, h)),
        (0x2002, ..) => Some(of(b, c)),
        _ => None,
    }
}

/// Only 2000::/3 is given out, and not all of that is routed.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_given_out = a & 0xe000 == 0x2000;
    is_given_out && !(a == 0x2001 && (b < 0x200 || b == 0xdb8)) && a != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for (text, expected) in [
            ("140.82.121.3", true),
            ("1.1.1.1", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:50c0:8000::154", true),
            ("::1", false),
            ("::", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:1.1.1.1", true),
            ("64:ff9b::a9fe:a9fe", false),
            ("2002:7f00:1::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_public(text.parse().expect("an address")), expected, "{text}");
        }
    }

    #[test]
    fn a_host_is_judged_by_its_name_alone() {
        for (url, expected) in [
            ("http://169.254.169.254/latest/meta-data", false),
            ("ssh://git@127.0.0.1/o/r", false),
            ("https://me:secret@localhost/o/r", false),
            ("https://git.example.com/o/r", true),
            ("http://git.internal/o/r", true),
        ] {
            let takes = WebPolicy::default().takes_host(&url.parse().expect("a URL"));
            assert_eq!(takes.is_ok(), expected, "{url}");
        }
    }

    #[test]
    fn a_url_is_taken_as_its_scheme_its_host_and_its_credential_allow() {
        let test = WebPolicy { plain: true, private: true };
        for (url, open, of_test) in [
            ("https://example.com/a", "", ""),
            ("http://example.com/a", "only https is asked", ""),
            (
                "https://me:secret@example.com/a",
                "it holds a credential, and none is sent",
                "it holds a credential, and none is sent",
            ),
            ("https://127.0.0.1:8443/a", "127.0.0.1 is not a public address", ""),
            ("https://[::1]/a", "::1 is not a public address", ""),
            ("https://169.254.169.254/latest/meta-data", "169.254.169.254 is not a public address", ""),
            ("https://localhost/a", "localhost is not a public host", ""),
        ] {
            let why = |policy: WebPolicy| policy.takes(&url.parse().expect("a URL")).err().unwrap_or_default();
            assert_eq!((why(WebPolicy::default()).as_str(), why(test).as_str()), (open, of_test), "{url}");
        }
    }
}
