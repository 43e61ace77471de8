//! Registries: pages, what they ask to be shown, who gets to see it, and how they fail.

use tokio::net::TcpListener;

use super::*;
use crate::credentials::LoginSource;

/// ana:PLANTEDSECRET
const BASIC: &str = "Basic YW5hOlBMQU5URURTRUNSRVQ=";

fn tags(names: &str) -> String {
    serde_json::json!({"name": "acme/web", "tags": names.split(' ').collect::<Vec<_>>()}).to_string()
}

async fn asked(home: &Home, server: &Server) -> Result<Published, Failure> {
    let name = format!("{}/acme/web:1.0", server.host());
    server.during(home.catalogs().tags(&name, false, NOW)).await
}

/// A registry that lets in who shows a token, with its token server at that URL.
fn guarded(realm: &str, names: &'static str) -> impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static + use<> {
    guarded_as(realm, "acme/web", names)
}

fn guarded_as(realm: &str, name: &str, names: &'static str) -> impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static + use<> {
    let wants = format!(r#"Bearer realm="{realm}",service="registry",scope="repository:{name}:pull""#);
    move |asked| {
        let is_let_in = asked.authorization.as_deref() == Some("Bearer t1");
        Some(match asked.path.starts_with("/v2/") {
            true if is_let_in => Answer::new(200, tags(names)),
            true => Answer::new(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
                .with("www-authenticate", wants.clone()),
            false => Answer::new(200, r#"{"token":"t1","expires_in":300}"#),
        })
    }
}

/// A registry that is its own token server.
async fn own_guard(names: &'static str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let realm = format!("http://{}/token", listener.local_addr().expect("it is bound"));
    Server::at(listener, guarded(&realm, names))
}

#[tokio::test]
async fn tags_come_from_all_pages_and_are_sorted_after_the_last() {
    let server = Server::of(|asked| {
        let next = |last: &str| format!("</v2/acme/web/tags/list?last={last}&n=1000>; rel=\"next\"");
        Some(match asked.path.as_str() {
            "/v2/acme/web/tags/list?n=1000" => Answer::new(200, tags("1.10.0 1.9.0")).with("link", next("1.9.0")),
            "/v2/acme/web/tags/list?last=1.9.0&n=1000" => Answer::new(200, tags("1.9.0 2.0.0-rc.1")).with("link", next("x%20y")),
            "/v2/acme/web/tags/list?last=x%20y&n=1000" => Answer::new(200, r#"{"name":"acme/web","tags":["latest","v2.0.0"]}"#),
            _ => return None,
        })
    })
    .await;
    let published = asked(&Home::new(), &server).await.expect("tags");
    assert_eq!(names(&published), "v2.0.0 2.0.0-rc.1 1.10.0 1.9.0 latest");
    assert_eq!((published.is_whole(), published.left_out, server.seen().len()), (true, 0, 3));
}

#[tokio::test]
async fn a_repository_without_tags_is_one() {
    for body in [r#"{"name":"acme/web","tags":null}"#, r#"{"tags":[]}"#, "{}"] {
        let server = Server::of(move |_| Some(Answer::new(200, body))).await;
        assert_eq!(asked(&Home::new(), &server).await.map(|it| it.versions.len()), Ok(0), "{body}");
    }
}

#[tokio::test]
async fn signatures_and_names_that_no_tag_has_are_left_out() {
    let digest = "a".repeat(64);
    let all = serde_json::json!({"tags": [
        "1.0.0", format!("sha256-{digest}.sig"), format!("sha256-{digest}.att"), format!("sha256-{digest}"), "sha256-ab",
        "1.0\u{1b}[31m", "", "a b", "../../x", "x".repeat(129), "-rf", "1.0.0\u{202e}",
    ]})
    .to_string();
    let server = Server::of(move |_| Some(Answer::new(200, all.clone()))).await;
    let published = asked(&Home::new(), &server).await.expect("tags");
    assert_eq!((names(&published).as_str(), published.left_out), ("1.0.0 sha256-ab", 7));
}

/// Google's registries say when something was uploaded.
#[tokio::test]
async fn a_tag_has_its_age_where_the_registry_knows_it() {
    let digest = format!("sha256:{}", "b".repeat(64));
    let all = serde_json::json!({"tags": ["1.0.0", "other"], "manifest": {
        digest.clone(): {"tag": ["1.0.0"], "timeUploadedMs": "1700000000000", "timeCreatedMs": "0"},
        "\u{1b}[2J": {"tag": ["other"], "timeUploadedMs": "soon"},
    }})
    .to_string();
    let server = Server::of(move |_| Some(Answer::new(200, all.clone()))).await;
    let published = asked(&Home::new(), &server).await.expect("tags");
    let [first, second] = &published.versions[..] else { panic!("{published:?}") };
    assert_eq!((first.digest.as_deref(), first.created), (Some(digest.as_str()), Timestamp::from_second(1_700_000_000).ok()));
    assert_eq!((&second.digest, second.created), (&None, None));
}

#[tokio::test]
async fn a_token_is_got_without_a_login_where_the_user_has_none() {
    let server = own_guard("1.0.0").await;
    assert_eq!(asked(&Home::new(), &server).await.map(|it| names(&it)), Ok("1.0.0".to_owned()));
    let expected = [
        "GET /v2/acme/web/tags/list?n=1000 -",
        "GET /token?service=registry&scope=repository%3Aacme%2Fweb%3Apull -",
        "GET /v2/acme/web/tags/list?n=1000 Bearer t1",
    ];
    assert_eq!(shown(&server), expected);
}

#[tokio::test]
async fn a_password_is_shown_to_the_token_server_that_the_registry_names_and_not_to_the_registry() {
    let elsewhere = Server::of(|_| Some(Answer::new(200, r#"{"access_token":"t1","token":""}"#))).await;
    let server = Server::of(guarded(&format!("http://{}/auth", elsewhere.host()), "1.0.0")).await;
    let home = Home::logged_in(&server.host());
    let found = elsewhere.during(asked(&home, &server)).await;
    assert_eq!(found.map(|it| names(&it)), Ok("1.0.0".to_owned()));
    assert_eq!(shown(&elsewhere), [format!("GET /auth?service=registry&scope=repository%3Aacme%2Fweb%3Apull {BASIC}")]);
    assert!(shown(&server).iter().all(|line| !line.contains("Basic")), "{:?}", shown(&server));
}

#[tokio::test]
async fn an_identity_token_is_sent_in_a_form_and_a_registry_token_is_shown_as_it_is() {
    let server = own_guard("1.0.0").await;
    let home = Home::new();
    home.write("config.json", &format!(r#"{{"auths": {{"{}": {{"identitytoken": "{PLANTED}"}}}}}}"#, server.host()));
    assert!(asked(&home, &server).await.is_ok());
    let form = server.seen().into_iter().find(|asked| asked.method == "POST").expect("a form");
    assert_eq!((form.path.as_str(), form.authorization), ("/token", None));
    let expected = format!(
        "service=registry&scope=repository%3Aacme%2Fweb%3Apull&client_id=fluxdeck&grant_type=refresh_token&refresh_token={PLANTED}"
    );
    assert_eq!(form.body, expected);

    let server = own_guard("1.0.0").await;
    home.write("config.json", &format!(r#"{{"auths": {{"{}": {{"registrytoken": "t1"}}}}}}"#, server.host()));
    assert!(asked(&home, &server).await.is_ok());
    assert_eq!(shown(&server)[1], "GET /v2/acme/web/tags/list?n=1000 Bearer t1");
}

#[tokio::test]
async fn a_registry_may_want_the_password_itself() {
    let server = Server::of(|asked| {
        let is_let_in = asked.authorization.as_deref() == Some(BASIC);
        let refused = || Answer::new(401, "").with("www-authenticate", "Negotiate").with("www-authenticate", "Basic realm=\"r\"");
        Some(if is_let_in { Answer::new(200, tags("1.0.0")) } else { refused() })
    })
    .await;
    assert!(asked(&Home::logged_in(&server.host()), &server).await.is_ok());
    let failure = asked(&Home::new(), &server).await.expect_err("refused");
    let why = "it wants a user and a password".to_owned();
    assert_eq!(failure, Failure::Unauthorised { why, login: None, helper: None });
    assert_eq!(
        failure.error("web").hint,
        "check the address, and log in with docker or helm: secrets of the cluster are not used"
    );
}

#[tokio::test]
async fn a_login_that_is_not_taken_is_named_and_asked_for_once() {
    let server = Server::of(|asked| {
        Some(match asked.path.starts_with("/v2/") {
            true => Answer::new(401, "").with("www-authenticate", r#"Bearer realm="/token""#),
            false => Answer::new(401, r#"{"details":"incorrect username or password"}"#),
        })
    })
    .await;
    let failure = asked(&Home::logged_in(&server.host()), &server).await.expect_err("refused");
    assert!(matches!(&failure, Failure::Unauthorised { login: Some(LoginSource::Docker), .. }), "{failure:?}");
    assert_eq!(failure.error("web").hint, "log in again: the login of docker's configuration was not taken");
    assert_eq!(server.seen().len(), 2);
    // a token that opens nothing
    let server = Server::of(|asked| {
        Some(match asked.path.starts_with("/v2/") {
            true => Answer::new(401, "").with("www-authenticate", r#"Bearer realm="/token""#),
            false => Answer::new(200, r#"{"token":"t2"}"#),
        })
    })
    .await;
    let failure = asked(&Home::new(), &server).await.expect_err("refused");
    assert!(matches!(failure, Failure::Unauthorised { .. }) && server.seen().len() == 3, "{failure:?}");
}

/// `registry.k8s.io` does: what another host wants is met without the login of the first.
#[tokio::test]
async fn another_host_gets_no_login_and_its_token_goes_to_it_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let realm = format!("http://{}/token", listener.local_addr().expect("it is bound"));
    let other = Server::at(listener, guarded_as(&realm, "images/web", "1.0.0"));
    let to = format!("http://{}/v2/images/web/tags/list?n=1000", other.host());
    let server = Server::of(move |_| Some(Answer::new(307, "").with("location", to.clone()))).await;
    let home = Home::logged_in(&server.host());
    let found = other.during(asked(&home, &server)).await;
    assert_eq!(found.map(|it| names(&it)), Ok("1.0.0".to_owned()));
    assert_eq!(shown(&server), ["GET /v2/acme/web/tags/list?n=1000 -"]);
    assert_eq!(
        shown(&other)[1..],
        [
            "GET /token?service=registry&scope=repository%3Aimages%2Fweb%3Apull -".to_owned(),
            "GET /v2/images/web/tags/list?n=1000 Bearer t1".to_owned()
        ]
    );
}

#[tokio::test]
async fn a_page_elsewhere_and_a_token_server_that_leads_elsewhere_are_not_asked() {
    let other = Server::of(|_| Some(Answer::new(200, tags("6.6.6")))).await;
    let host = other.host();
    let link = format!("<http://{host}/v2/acme/web/tags/list?last=a>; rel=\"next\"");
    let server = Server::of(move |_| Some(Answer::new(200, tags("1.0.0")).with("link", link.clone()))).await;
    let found = other.during(asked(&Home::logged_in(&server.host()), &server)).await;
    assert_eq!(found, Err(Failure::NotAsked(format!("its next page is at http://{host}, which is not asked"))));

    let to = format!("http://{host}/token");
    let server = Server::of(move |asked| {
        Some(match asked.path.starts_with("/v2/") {
            true => Answer::new(401, "").with("www-authenticate", r#"Bearer realm="/token""#),
            false => Answer::new(302, "").with("location", to.clone()),
        })
    })
    .await;
    let found = other.during(asked(&Home::logged_in(&server.host()), &server)).await;
    let why = "its token server leads elsewhere, which is not followed".to_owned();
    assert_eq!((found, other.seen().len()), (Err(Failure::NotAsked(why)), 0));
}

#[tokio::test]
async fn a_token_server_without_a_public_address_is_not_asked() {
    for realm in ["http://169.254.169.254/token", "ftp://example.com/token", "http://[fe80::1]/token", "file:///etc/passwd"] {
        let server = Server::of(guarded(realm, "1.0.0")).await;
        let failure = asked(&Home::logged_in(&server.host()), &server).await.expect_err("not asked");
        assert!(matches!(failure, Failure::NotAsked(_)), "{realm}: {failure:?}");
    }
}

#[tokio::test]
async fn what_a_registry_answers_has_a_class() {
    for (status, body, expected) in [
        (404, r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#, Failure::NotFound),
        (403, r#"{"errors":[{"code":"DENIED","message":"no rights"}]}"#, Failure::Forbidden("no rights".to_owned())),
        (429, r#"{"errors":[{"code":"TOOMANYREQUESTS"}]}"#, Failure::RateLimited),
        (500, "", Failure::Server { status: 500, why: "Internal Server Error".to_owned() }),
        (401, "", Failure::Unauthorised { why: "Unauthorized".to_owned(), login: None, helper: None }),
        (200, "<html>", Failure::Unreadable("it is not a list of tags".to_owned())),
        (200, r#"{"tags":"all"}"#, Failure::Unreadable("it is not a list of tags".to_owned())),
    ] {
        let server = Server::of(move |_| Some(Answer::new(status, body))).await;
        let found = asked(&Home::new(), &server).await;
        assert_eq!(found, Err(expected), "{status} {body}");
    }
}

#[tokio::test]
async fn nothing_that_a_registry_does_takes_for_ever_or_fills_the_memory() {
    let home = Home::new();
    // pages without an end
    let server = Server::of(|asked| {
        let at: u64 = asked.path.rsplit("last=").next().and_then(|last| last.parse().ok()).unwrap_or(0);
        let link = format!("<?last={}>; rel=\"next\"", at + 1);
        Some(Answer::new(200, tags(&format!("1.0.{at}"))).with("link", link))
    })
    .await;
    let published = asked(&home, &server).await.expect("tags");
    assert_eq!((published.versions.len(), published.is_whole()), (200, false));
    // and in a circle
    let server = Server::of(|_| Some(Answer::new(200, tags("1.0.0")).with("link", "<?n=1000>; rel=\"next\""))).await;
    let published = asked(&home, &server).await.expect("tags");
    assert_eq!((published.versions.len(), published.is_whole(), server.seen().len()), (1, false, 2));
    // a page of 1 GB
    let endless = || std::iter::repeat_with(|| vec![b' '; 1 << 20]).take(1 << 10);
    let server = Server::of(move |_| Some(Answer::stream(endless()))).await;
    assert_eq!(asked(&home, &server).await, Err(Failure::TooLarge(16 << 20)));
    // a token of one
    let server = Server::of(move |asked| {
        Some(match asked.path.starts_with("/v2/") {
            true => Answer::new(401, "").with("www-authenticate", r#"Bearer realm="/token""#),
            false => Answer::stream(endless()),
        })
    })
    .await;
    assert_eq!(asked(&home, &server).await, Err(Failure::TooLarge(128 << 10)));
    // silence
    let silent = Server::of(|_| None).await;
    let name = format!("{}/acme/web", silent.host());
    let short = home.catalogs().within(1, Duration::from_millis(50));
    let found = silent.during(short.tags(&name, false, NOW)).await;
    assert_eq!(found, Err(Failure::TooLong(Duration::from_millis(50))));
    // steps without an end
    let server = Server::of(|_| Some(Answer::new(302, "").with("location", "/v2/x"))).await;
    assert_eq!(asked(&home, &server).await, Err(Failure::NotAsked("it redirects without end".to_owned())));
}

/// A HelmRepository of type `oci`: helm takes whole versions only, and writes `+` as `_`.
#[tokio::test]
async fn versions_of_a_chart_in_a_registry_are_those_that_helm_takes() {
    let server = own_guard("1.0.0 1.1.0_build.5 v2.0.0 1.2 latest 2.0.0-rc.1").await;
    let home = Home::new();
    home.write("registry.json", &format!(r#"{{"auths": {{"{}": {{"auth": "YW5hOlBMQU5URURTRUNSRVQ="}}}}}}"#, server.host()));
    let url = format!("oci://{}/acme/", server.host());
    let published = server.during(home.catalogs().chart_versions(&url, false, "web", NOW)).await.expect("versions");
    assert_eq!(names(&published), "2.0.0-rc.1 1.1.0+build.5 1.0.0");
    assert!(shown(&server)[1].ends_with(BASIC), "{:?}", shown(&server));
}

#[cfg(unix)]
#[tokio::test]
async fn a_helper_is_asked_for_the_login_and_its_failure_is_said() {
    let server = own_guard("1.0.0").await;
    let home = Home::new();
    let helper = |text: &str| {
        let path = home.folder.path().join("docker-credential-planted");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    };
    home.write("config.json", &format!(r#"{{"credHelpers": {{"{}": "planted"}}, "credsStore": "none"}}"#, server.host()));
    helper(&format!("echo '{{\"ServerURL\":\"'$(cat)'\",\"Username\":\"ana\",\"Secret\":\"{PLANTED}\"}}'"));
    assert!(asked(&home, &server).await.is_ok());
    assert!(shown(&server)[1].ends_with(BASIC), "{:?}", shown(&server));
    // public ones are read all the same
    helper("echo 'the keychain is locked'; exit 1");
    assert!(asked(&home, &server).await.is_ok());
    let closed = Server::of(|_| Some(Answer::new(401, "").with("www-authenticate", "Basic realm=\"r\""))).await;
    home.write("config.json", &format!(r#"{{"credHelpers": {{"{}": "planted"}}}}"#, closed.host()));
    let failure = asked(&home, &closed).await.expect_err("refused");
    let hint = "credential helper planted of docker's configuration: the keychain is locked";
    assert_eq!(failure.error("web").hint, hint);
}

#[tokio::test]
async fn the_digest_of_a_tag_is_what_the_registry_says_and_no_tag_leads_elsewhere() {
    let digest = format!("sha256:{}", "c".repeat(64));
    let said = digest.clone();
    let server = Server::of(move |asked| match asked.path.as_str() {
        "/v2/acme/web/manifests/1.0" => Some(Answer::new(200, "{}").with("docker-content-digest", said.clone())),
        "/v2/acme/web/manifests/mute" => Some(Answer::new(200, "{}")),
        _ => None,
    })
    .await;
    let (home, name) = (Home::new(), format!("{}/acme/web", server.host()));
    let catalogs = home.catalogs();
    assert_eq!(server.during(catalogs.digest(&name, false, "1.0")).await, Ok(digest));
    for tag in ["mute", "../../x", "", "a b"] {
        assert!(matches!(server.during(catalogs.digest(&name, false, tag)).await, Err(Failure::NotAsked(_))), "{tag}");
    }
}
