//! Helm repositories: what they are asked with, where they may lead, and how they fail.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const INDEX: &str =
    "apiVersion: v1\nentries:\n  web:\n  - version: 1.9.0\n  - version: 1.10.0\n    deprecated: true\n  - version: 2.0.0-rc.1\n";
/// ana:PLANTEDSECRET
const BASIC: &str = "Basic YW5hOlBMQU5URURTRUNSRVQ=";

fn entry(url: &str, more: &str) -> String {
    format!("- name: ours\n  url: {url}\n  username: ana\n  password: {PLANTED}\n{more}")
}

fn repositories(entries: &[String]) -> String {
    format!("apiVersion: \"\"\ngenerated: \"0001-01-01T00:00:00Z\"\nrepositories:\n{}", entries.concat())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// Asks for versions of `web` at a path of a server.
async fn asked(home: &Home, server: &Server, path: &str) -> Result<Published, Failure> {
    let url = format!("http://{}{path}", server.host());
    server.during(home.catalogs().chart_versions(&url, false, "web", NOW)).await
}

#[tokio::test]
async fn versions_of_a_chart_are_the_newest_first_with_the_time_of_asking() {
    let server = Server::of(|_| Some(Answer::new(200, INDEX))).await;
    let published = asked(&Home::new(), &server, "/charts/").await.expect("versions");
    assert_eq!((names(&published).as_str(), published.asked_at), ("2.0.0-rc.1 1.10.0 1.9.0", NOW));
    assert_eq!((published.is_whole(), published.left_out, published.is_beyond_flux), (true, 0, false));
    assert!(published.versions[1].is_deprecated);
    assert_eq!(shown(&server), ["GET /charts/index.yaml -"]);
    let marked = published.marked("1.x").expect("a range");
    assert_eq!(marked.newest("1.x").map(|it| it.name.as_str()), Some("1.10.0"));
}

#[tokio::test]
async fn an_index_may_come_packed() {
    let server = Server::of(|_| Some(Answer::new(200, packed(INDEX.as_bytes())).with("content-encoding", "gzip"))).await;
    let published = asked(&Home::new(), &server, "").await.expect("versions");
    assert_eq!(published.versions.len(), 3);
    assert!(server.seen()[0].whole.to_lowercase().contains("accept-encoding: gzip"));
    for (body, encoding) in [(&packed(INDEX.as_bytes())[..60], "gzip"), (INDEX.as_bytes(), "gzip"), (INDEX.as_bytes(), "br")] {
        let body = body.to_vec();
        let server = Server::of(move |_| Some(Answer::new(200, body.clone()).with("content-encoding", encoding))).await;
        let failure = asked(&Home::new(), &server, "").await.expect_err("not an index");
        assert!(matches!(failure, Failure::Unreadable(_)), "{failure:?}");
    }
}

/// Nothing is read behind the entry of the chart: the rest of the index need not come.
#[tokio::test]
async fn nothing_is_read_behind_the_chart() {
    let body = || {
        std::iter::once(format!("{INDEX}  xyz:\n").into_bytes())
            .chain(std::iter::repeat_with(|| b"  - version: 1.0.0\n".repeat(1000)))
    };
    let server = Server::of(move |_| Some(Answer::stream(body()))).await;
    assert_eq!(asked(&Home::new(), &server, "").await.expect("versions").versions.len(), 3);
}

#[tokio::test]
async fn an_index_that_flux_does_not_read_is_said_to_be_one() {
    let server = Server::of(|_| Some(Answer::new(200, format!("{INDEX}  xyz:\n")).of_length(60 << 20))).await;
    assert!(asked(&Home::new(), &server, "").await.expect("versions").is_beyond_flux);
}

#[tokio::test]
async fn the_login_of_helm_goes_to_the_host_of_its_entry_alone() {
    let server = Server::of(|asked| {
        let is_known = asked.authorization.as_deref() == Some(BASIC);
        Some(if is_known { Answer::new(200, INDEX) } else { Answer::new(401, "no") })
    })
    .await;
    let host = server.host();
    for (entries, is_let_in) in [
        (vec![entry(&format!("http://{host}/charts"), "")], true),
        (vec![entry(&format!("http://{host}/other"), "")], true),
        (vec![entry(&format!("https://{host}/charts"), "")], false),
        (vec![entry("http://127.0.0.1:1/charts", "")], false),
        (vec![entry(&format!("http://{host}.example.com/charts"), "  pass_credentials_all: true\n")], false),
        (vec![], false),
    ] {
        let home = Home::new();
        home.write("repositories.yaml", &repositories(&entries));
        let found = asked(&home, &server, "/charts").await;
        assert_eq!(found.is_ok(), is_let_in, "{entries:?}: {found:?}");
        if let Err(failure) = found {
            assert!(matches!(&failure, Failure::Unauthorised { login: None, .. }), "{failure:?}");
            assert_silent(&failure);
        }
    }
}

/// Of several entries of a host that of the repository, else that of the nearest path.
#[tokio::test]
async fn the_nearest_entry_is_taken() {
    let server = Server::of(|_| Some(Answer::new(401, "no"))).await;
    let of =
        |user: &str, path: &str| format!("- url: http://{}{path}\n  username: {user}\n  password: {PLANTED}\n", server.host());
    let home = Home::new();
    home.write("repositories.yaml", &repositories(&[of("root", "/"), of("team", "/a/b/"), of("other", "/a/c")]));
    for (path, expected) in [("/a/b", "team"), ("/a/c/", "other"), ("/a/b/x", "team"), ("/x", "root")] {
        let failure = asked(&home, &server, path).await.expect_err("refused");
        let shown = server.seen().pop().and_then(|asked| asked.authorization).expect("a login");
        let login = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &shown[6..]).expect("a pair");
        assert_eq!(String::from_utf8_lossy(&login), format!("{expected}:{PLANTED}"), "{path}");
        assert!(matches!(&failure, Failure::Unauthorised { login: Some(_), .. }), "{failure:?}");
        assert_silent(&failure);
    }
}

#[tokio::test]
async fn a_redirect_is_followed_and_takes_no_login_to_another_host() {
    let other = Server::of(|_| Some(Answer::new(200, INDEX))).await;
    let to = format!("http://{}/there/index.yaml", other.host());
    let first = Server::of(move |asked| {
        Some(match asked.path.as_str() {
            "/a/index.yaml" => Answer::new(302, "").with("location", "/b/index.yaml"),
            "/round/index.yaml" => Answer::new(302, "").with("location", "/round/index.yaml"),
            "/meta/index.yaml" => Answer::new(302, "").with("location", "http://169.254.169.254/latest"),
            _ => Answer::new(301, "").with("location", to.clone()),
        })
    })
    .await;
    let home = Home::new();
    home.write("repositories.yaml", &repositories(&[entry(&format!("http://{}", first.host()), "")]));
    let found = other.during(asked(&home, &first, "/a")).await.expect("versions");
    assert_eq!(found.versions.len(), 3);
    assert_eq!(shown(&first), [format!("GET /a/index.yaml {BASIC}"), format!("GET /b/index.yaml {BASIC}")]);
    assert_eq!(shown(&other), ["GET /there/index.yaml -"]);
    for (path, why) in [("/round", "it redirects without end"), ("/meta", "169.254.169.254 is not the address of a server")] {
        let failure = asked(&home, &first, path).await.expect_err("not followed");
        assert_eq!(failure, Failure::NotAsked(why.to_owned()));
    }
}

#[tokio::test]
async fn what_a_repository_answers_has_a_class() {
    for (status, body, expected) in [
        (404, "", "Failed web: not found, or not allowed"),
        (403, r#"{"errors":[{"code":"DENIED","message":"no rights"}]}"#, "Denied web: no rights"),
        (401, r#"{"message":"\u001b[31mtoken=PLANTEDSECRET"}"#, "Denied web: "),
        (429, "", "Unreachable web: it takes no more requests now"),
        (503, "<html>", "Unreachable web: it fails itself: 503 Service Unavailable"),
        (418, "", "Failed web: 418 I'm a teapot"),
        (200, "<html>log in</html>", "Failed web: its answer cannot be read: it is not the index of a Helm repository"),
        (200, "entries: {}\n", "Failed web: its index has no chart of that name"),
    ] {
        let server = Server::of(move |_| Some(Answer::new(status, body))).await;
        let failure = asked(&Home::new(), &server, "").await.expect_err("no versions");
        let error = failure.error("web");
        let text = format!("{} {}", kind(&error), error.message);
        assert!(text.starts_with(expected) && !error.hint.is_empty(), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert_silent(&failure);
    }
}

fn kind(error: &fluxdeck_model::error::Error) -> String {
    format!("{:?}", error.kind)
}

#[tokio::test]
async fn what_helm_has_and_nothing_here_follows_is_said_when_it_fails() {
    let server = Server::of(|_| Some(Answer::new(401, ""))).await;
    let home = Home::new();
    let more = "  caFile: /ca.pem\n  certFile: /a.pem\n  keyFile: ''\n  insecure_skip_tls_verify: true\n";
    home.write("repositories.yaml", &repositories(&[entry(&format!("http://{}", server.host()), more)]));
    let failure = asked(&home, &server, "").await.expect_err("refused");
    let error = failure.error("web");
    let hint = "helm's repositories.yaml has certFile, caFile, insecure_skip_tls_verify for it, which is not supported";
    assert_eq!((error.hint.as_str(), kind(&error).as_str()), (hint, "Denied"));
    assert_silent(&failure);
}

#[tokio::test]
async fn nothing_that_a_server_does_takes_for_ever_or_fills_the_memory() {
    let home = Home::new();
    // it says so
    let server = Server::of(|_| Some(Answer::new(200, INDEX).of_length(1 << 30))).await;
    assert_eq!(asked(&home, &server, "").await, Err(Failure::TooLarge(LARGEST_INDEX)));
    // it does not
    let endless = || std::iter::repeat_with(|| b"a: b\n".repeat(20_000));
    let server = Server::of(move |_| Some(Answer::stream(endless()))).await;
    let url = format!("http://{}", server.host());
    let small = || home.catalogs().within(4 << 20, Duration::from_secs(60));
    let found = server.during(small().chart_versions(&url, false, "web", NOW)).await;
    assert_eq!(found, Err(Failure::TooLarge(4 << 20)));
    // it is a bomb: 1 GB in 5 MB
    let bomb = packed(&vec![b'\n'; 16 << 20]);
    let bombs = move || std::iter::repeat_n(bomb.clone(), 64);
    let server = Server::of(move |_| Some(Answer::stream(bombs()).with("content-encoding", "gzip"))).await;
    let url = format!("http://{}", server.host());
    let found = server.during(small().chart_versions(&url, false, "web", NOW)).await;
    assert_eq!(found, Err(Failure::TooLarge(4 << 20)));
    // it is silent, from the beginning or in the middle
    let short = || home.catalogs().within(4 << 20, Duration::from_millis(50));
    let silent = Server::of(|_| None).await;
    let url = format!("http://{}", silent.host());
    let found = silent.during(short().chart_versions(&url, false, "web", NOW)).await;
    assert_eq!(found, Err(Failure::TooLong(Duration::from_millis(50))));
    // it leaves
    let server = Server::of(|_| Some(Answer::new(200, "entries:\n").of_length(100))).await;
    let found = asked(&home, &server, "").await;
    assert!(matches!(found, Err(Failure::Unreachable(_))), "{found:?}");
}
