use std::task::{Context, Poll};

use serde_json::{Value, json};

use super::*;

/// A log that comes in these pieces, and then breaks or ends.
struct Pieces {
    ahead: Vec<Vec<u8>>,
    is_broken: bool,
    read: usize,
}

impl Pieces {
    fn of(pieces: &[&str], is_broken: bool) -> Lines<Self> {
        Lines::new(Self { ahead: pieces.iter().rev().map(|piece| piece.as_bytes().to_vec()).collect(), is_broken, read: 0 })
    }
}

impl futures::AsyncRead for Pieces {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context, _: &mut [u8]) -> Poll<io::Result<usize>> {
        unreachable!("lines are read from the buffer")
    }
}

impl AsyncBufRead for Pieces {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.ahead.last().is_some_and(|piece| piece.len() == this.read) {
            this.ahead.pop();
            this.read = 0;
        }
        match this.ahead.last() {
            Some(piece) => Poll::Ready(Ok(&piece[this.read..])),
            None if this.is_broken => Poll::Ready(Err(io::Error::other("connection reset"))),
            None => Poll::Ready(Ok(&[])),
        }
    }

    fn consume(mut self: Pin<&mut Self>, used: usize) {
        self.read += used;
    }
}

async fn all(mut lines: Lines<Pieces>) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    loop {
        match lines.next().await {
            Ok(Some(line)) => found.push(line.text(false).to_owned()),
            Ok(None) => return (found, false),
            Err(_) => return (found, true),
        }
    }
}

#[tokio::test]
async fn lines_end_where_they_end_however_they_come() {
    for (pieces, expected) in [
        (&["a\nb\n"][..], &["a", "b"][..]),
        (&["a", "b", "\n", "\nc"], &["ab", "", "c"]),
        (&["2026-01-01T00:00:00.5Z a\n2026-01-01T00:00:01Z\n"], &["a", ""]),
        (&["\u{1b}[31mred\u{7}\n"], &["\u{fffd}[31mred\u{fffd}"]),
        (&[], &[]),
    ] {
        assert_eq!(all(Pieces::of(pieces, false)).await.0, expected, "{pieces:?}");
    }
}

#[tokio::test]
async fn a_log_that_breaks_has_not_ended() {
    let (lines, is_broken) = all(Pieces::of(&["whole\nhal"], true)).await;

    assert_eq!((lines, is_broken), (vec!["whole".to_owned()], true), "half a line is read again with the log");
}

#[tokio::test]
async fn a_line_without_end_is_returned_when_it_is_too_long_and_never_held() {
    let piece = "x".repeat(10_000);
    let pieces: Vec<_> = std::iter::repeat_n(piece.as_str(), 500).chain(["\nnext\n"]).collect();
    let mut lines = Pieces::of(&pieces, false);

    let first = lines.next().await.expect("no fault").expect("a line");
    assert!(lines.log.ahead.len() > 490, "it is returned before it has ended");
    assert_eq!(first.text(false).len(), LONGEST_LINE + "…".len());
    let next = lines.next().await.expect("no fault").expect("a line");
    assert_eq!(next.text(false), "next");
    assert!(lines.line.capacity() <= 2 * LONGEST_LINE, "{} bytes were held", lines.line.capacity());
}

#[test]
fn a_line_has_its_time_and_shows_it_when_asked() {
    let line = Line::read(b"2026-01-01T00:00:00.123456789Z level=info  x\r", false);

    assert_eq!(line.at, "2026-01-01T00:00:00.123456789Z".parse().ok());
    assert_eq!(line.text(false), "level=info  x");
    assert_eq!(line.text(true), "2026-01-01T00:00:00.123456789Z level=info  x");
    let bare = Line::read(b"no time here", false);
    assert_eq!((bare.at, bare.text(false)), (None, "no time here"));
}

#[test]
fn a_log_is_asked_for_from_a_whole_second_on() {
    let ask =
        LogAsk { namespace: "shop", pod: "web-1", container: "app", previous: false, follows: true, start: Start::tail(200) };
    assert_eq!(log_uri(&ask), "/api/v1/namespaces/shop/pods/web-1/log?container=app&timestamps=true&follow=true&tailLines=200");
    let since = "2026-01-01T00:00:00.9Z".parse().expect("a time");
    let again = LogAsk { previous: true, start: Start { since: Some(since), tail: Some(5000) }, ..ask };
    assert!(log_uri(&again).ends_with("&previous=true&sinceTime=2026-01-01T00%3A00%3A00Z&tailLines=5000"), "{}", log_uri(&again));
}

fn pod(change: impl FnOnce(&mut Value)) -> Vec<Container> {
    let mut pod = json!({
        "metadata": {"name": "web-1"},
        "spec": {
            "initContainers": [{"name": "copy"}, {"name": "proxy", "restartPolicy": "Always"}],
            "containers": [{"name": "app"}],
        },
        "status": {
            "phase": "Running",
            "initContainerStatuses": [
                {"name": "copy", "ready": true, "restartCount": 0, "image": "", "imageID": "",
                 "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
                {"name": "proxy", "ready": true, "restartCount": 0, "image": "", "imageID": "",
                 "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
            ],
            "containerStatuses": [
                {"name": "app", "ready": true, "restartCount": 1, "image": "", "imageID": "",
                 "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
                 "lastState": {"terminated": {"exitCode": 1}}},
            ],
        },
    });
    change(&mut pod);
    read(&serde_json::from_value(pod).expect("a pod"))
}

#[test]
fn a_container_has_ended_only_when_nothing_starts_it_again() {
    let ended = |code: i32| json!({"terminated": {"exitCode": code, "reason": "Error"}});
    let app = |change: &dyn Fn(&mut Value)| pod(|pod| change(pod)).pop().expect("the app").state;
    let restarts = ContainerState::Restarts("Error, exit code 1".to_owned());
    let over = |code: i32| ContainerState::Ended(format!("Error, exit code {code}"));

    let names: Vec<_> = pod(|_| ()).into_iter().map(|container| (container.name, container.state)).collect();
    assert_eq!(
        names,
        [
            ("copy".to_owned(), ContainerState::Ended("Completed, exit code 0".to_owned())),
            // a sidecar
            ("proxy".to_owned(), ContainerState::Restarts("Completed, exit code 0".to_owned())),
            ("app".to_owned(), ContainerState::Runs("2026-01-01T00:00:00Z".parse().ok())),
        ]
    );
    let state = |pod: &mut Value, state: Value| pod["status"]["containerStatuses"][0]["state"] = state;
    for (policy, code, expected) in
        [("Always", 1, restarts.clone()), ("OnFailure", 1, restarts), ("OnFailure", 0, over(0)), ("Never", 1, over(1))]
    {
        let found = app(&|pod| {
            state(pod, ended(code));
            pod["spec"]["restartPolicy"] = policy.into();
        });
        assert_eq!(found, expected, "{policy} {code}");
    }
    let deleted = app(&|pod| {
        state(pod, ended(1));
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    });
    assert_eq!(deleted, over(1), "what is deleted starts nothing again");
    let crashing = app(&|pod| state(pod, json!({"waiting": {"reason": "CrashLoopBackOff"}})));
    assert_eq!(crashing, ContainerState::Waits("CrashLoopBackOff".to_owned()));
    assert!(pod(|_| ())[2].has_previous && !pod(|_| ())[0].has_previous);
}
