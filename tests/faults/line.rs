//! That a fault looks to the client as it does over a network.

use std::time::Duration;

use fluxdeck::demo::User;
use fluxdeck::demo::faults::{After, End, Fault, On, Says, Verb, What};
use futures::{AsyncBufReadExt, TryStreamExt};
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;

use super::ground::Ground;

const PODS: &str = "/api/v1/namespaces/shop/pods";

/// The errors of a client, from the outermost to the first cause.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(error) = at {
        text = format!("{text} < {error}");
        at = error.source();
    }
    text
}

async fn ask(ground: &Ground, uri: &str) -> Result<String, kube::Error> {
    let client = ground.world.client(&User::admin());
    client.request_text(Request::get(uri).body(Vec::new()).expect("a request")).await
}

#[tokio::test(start_paused = true)]
async fn what_breaks_comes_as_the_errors_of_the_client_that_kube_has() {
    let ground = Ground::new().await;
    for (what, text) in [
        (What::Refused, "client error (Connect) < tcp connect error: Connection refused"),
        (What::Reset { is_done: true }, "client error (SendRequest) < connection error < connection reset"),
        (What::Reset { is_done: false }, "client error (SendRequest) < connection error < connection reset"),
        (What::Truncated, "error reading a body from connection < connection reset"),
    ] {
        ground.world.inject(Fault::new(On::EVERY, what));
        let error = ask(&ground, PODS).await.expect_err("a fault");
        assert!(causes(&error).contains(text), "{what:?}: {}", causes(&error));
        ground.world.lift();
        assert!(ask(&ground, PODS).await.is_ok(), "{what:?} is over");
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_do_not_end_hang_or_go_on() {
    let ground = Ground::new().await;
    let client = ground.world.client(&User::admin());
    for (what, goes_on) in [(What::Hangs, false), (What::Endless, true)] {
        ground.world.inject(Fault::new(On::EVERY, what));
        let request = Request::get(PODS).body(Body::empty()).expect("a request");
        let mut body = client.send(request).await.expect("a head").into_body();
        let mut read = 0;
        let reading = async {
            while let Some(Ok(frame)) = body.frame().await {
                read += frame.data_ref().map_or(0, bytes::Bytes::len);
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(600), reading).await.is_err(), "{what:?} has no end");
        assert!(read > 100 && (read > 500 * 1024) == goes_on, "{what:?}: {read} bytes");
        ground.world.lift();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_instead_is_answered_word_for_word() {
    let ground = Ground::new().await;
    for (what, code, text) in [
        (What::status(410), 410, "too old resource version"),
        (What::Status { code: 503, body: Says::Page, retry_after: None }, 503, "\u{1b}]0;pwn\u{7}"),
        (What::Status { code: 502, body: Says::Text, retry_after: None }, 502, "\u{1b}[2J"),
        (What::Garbage, 200, "[{{"),
    ] {
        ground.world.inject(Fault::new(On::EVERY, what).times(1));
        let client = ground.world.client(&User::admin());
        let answer = client.send(Request::get(PODS).body(Body::empty()).expect("a request")).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), code);
        let body = answer.into_body().collect_bytes().await.expect("a body");
        assert!(String::from_utf8_lossy(&body).contains(text), "{}", String::from_utf8_lossy(&body));
    }
    assert!(ask(&ground, PODS).await.is_ok(), "each was for one request");
}

#[tokio::test(start_paused = true)]
async fn watches_end_in_order_break_or_say_nothing() {
    let ground = Ground::new().await;
    let client = ground.world.client(&User::admin());
    let five = After::Time(Duration::from_secs(5));
    for (what, lines, ends) in [
        (What::Cut { after: five, how: End::InOrder }, true, Some(Ok(()))),
        (What::Cut { after: five, how: End::Reset }, true, Some(Err("connection reset"))),
        (What::Cut { after: After::Lines(1), how: End::InOrder }, true, Some(Ok(()))),
        (What::Cut { after: After::Lines(0), how: End::InOrder }, false, Some(Ok(()))),
        (What::GoneEvent, true, Some(Ok(()))),
        (What::Silent, false, None),
    ] {
        ground.world.inject(Fault::new(On::verbs(&[Verb::Watch]), what));
        let uri = format!("{PODS}?watch=true&timeoutSeconds=290&allowWatchBookmarks=true");
        let request = Request::get(&uri).body(Vec::new()).expect("a request");
        let mut stream = client.request_stream(request).await.expect("accepted").lines();
        let mut seen = 0;
        let reading = async {
            loop {
                match stream.try_next().await {
                    Ok(Some(_)) => seen += 1,
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(causes(&error)),
                }
            }
        };
        let end = tokio::time::timeout(Duration::from_secs(200), reading).await.ok();
        let is_it = match (&end, &ends) {
            (Some(Err(text)), Some(Err(expected))) => text.contains(expected),
            (end, ends) => end.as_ref().map(Result::is_ok) == ends.as_ref().map(Result::is_ok),
        };
        assert!(is_it && (seen > 0) == lines, "{what:?}: {seen} lines, {end:?}");
        ground.world.lift();
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_arrives_late_is_done_although_nobody_waits_for_it() {
    let ground = Ground::new().await;
    ground.world.inject(Fault::new(On::verbs(&[Verb::Patch]), What::ArrivesLate(Duration::from_secs(20))));
    let uri = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/shop/kustomizations/kept";
    let request = Request::patch(uri).header("content-type", "application/merge-patch+json");
    let request = request.body(br#"{"spec":{"suspend":true}}"#.to_vec()).expect("a request");
    let client = ground.world.client(&User::admin());
    assert!(tokio::time::timeout(Duration::from_secs(15), client.request_text(request)).await.is_err(), "no answer");
    assert!(!ground.is_suspended("kept").await, "not yet");

    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(ground.is_suspended("kept").await);
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_sent_is_counted_once() {
    let ground = Ground::new().await;
    ground.world.take_arrivals();
    for what in [What::Refused, What::Reset { is_done: false }, What::status(500)] {
        ground.world.inject(Fault::new(On::path("/pods"), what).times(1));
        assert!(ask(&ground, PODS).await.is_err());
    }
    assert!(ask(&ground, PODS).await.is_ok());
    let arrivals = ground.world.take_arrivals();
    assert!(arrivals.len() == 4 && arrivals.iter().all(|arrival| arrival.asks.path == PODS), "{arrivals:?}");
}

#[test]
fn nobody_who_uses_the_program_can_meet_a_fault() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the crate").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // what tests alone run no user meets
            if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source file");
            let is_theirs = path.ends_with("demo/world.rs") || path.ends_with("demo/faults/mod.rs");
            assert!(is_theirs || !text.contains(".inject("), "{} lays down faults", path.display());
            assert!(
                !text.contains(".wire()") && !text.contains(".reset_streams(") && !text.contains(".mute_streams("),
                "{} breaks connections",
                path.display()
            );
        }
    }
}
