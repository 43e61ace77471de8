//! Which token is found for which host, and what it shows of itself.

mod logins;
mod sources;

use super::{Origin, Source, Token};

/// Part of every secret of these tests.
const PLANTED: &str = "PLANTEDTOKEN";

fn origin(url: &str) -> Origin {
    Origin::of_url(url).unwrap_or_else(|| panic!("{url}"))
}

#[test]
fn a_token_is_revealed_to_its_host_and_the_api_of_that_alone() {
    let token = |url: &str| Token::new(PLANTED, origin(url), Source::Tea).expect("a token");
    for (bound, asked, is_revealed) in [
        ("https://github.com", "https://github.com", true),
        ("https://github.com", "https://api.github.com", true),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", true),
        ("https://github.com", "https://api.acme.ghe.com", false),
        ("https://github.com", "https://github.com.evil.com", false),
        ("https://git.example.com", "https://api.git.example.com", false),
        ("https://git.example.com", "http://git.example.com", false),
        ("https://git.example.com", "https://git.example.com:8443", false),
        ("https://git.example.com", "https://GIT.example.com:443", true),
        ("http://git.example.com:3000", "http://git.example.com:3000", true),
        ("http://git.example.com:3000", "https://git.example.com:3000", false),
    ] {
        assert_eq!(token(bound).reveal(&origin(asked)).is_some(), is_revealed, "{bound} {asked}");
    }
}

#[test]
fn a_token_is_one_word_and_shows_where_it_is_from_and_not_what_it_is() {
    let at = || origin("https://git.example.com");
    for (text, value) in [
        (" PLANTEDTOKEN\n", Some(PLANTED)),
        ("", None),
        ("\n", None),
        ("PLANTED TOKEN", None),
        ("PLANTED\nTOKEN", None),
        ("PLANTED\x1b[31m", None),
        ("PLANTED\u{fc}", None),
    ] {
        let token = Token::new(text, at(), Source::Environment("GITEA_TOKEN"));
        assert_eq!(token.as_ref().and_then(|token| token.reveal(&at())), value, "{text:?}");
        let shown = format!("{token:?} {:?}", token.as_ref().map(|token| token.source().to_string()));
        assert!(!shown.contains("PLANTED"), "{shown}");
    }
    let shown = Token::new(PLANTED, at(), Source::Gh).map(|token| token.source().to_string());
    assert_eq!(shown.as_deref(), Some("gh"));
}
