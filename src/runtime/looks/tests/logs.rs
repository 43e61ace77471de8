//! Logs that are cut, end, hang, or are not there.

use super::*;

fn request(pods: &[&str]) -> LogRequest {
    LogRequest {
        pods: pods.iter().map(|pod| (*pod).into()).collect(),
        span: LogSpan { tail: Some(200), ..LogSpan::default() },
        ..LogRequest::default()
    }
}

/// A pod with one container in that state.
fn pod(state: &Value) -> Said {
    let status = json!({"name": "app", "ready": true, "restartCount": 0, "image": "", "imageID": "", "state": state});
    Said::Json(json!({
        "metadata": {"name": "a"}, "spec": {"restartPolicy": "Never", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }))
}

fn running() -> Said {
    pod(&json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}))
}

/// Lines of that many seconds.
fn lines(seconds: std::ops::Range<u32>) -> String {
    seconds.map(|second| format!("2026-01-01T00:00:{second:02}.5Z line {second}\n")).collect()
}

async fn output(
    server: &Server,
    pods: &[&str],
    script: impl Fn(&str, usize) -> Option<Said> + Send + Sync + 'static,
) -> Vec<String> {
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.look(frontend(), Aspect::Logs(request(pods)));
    desk.output().await
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_gone_hangs_or_waits_hides_no_other() {
    let script = |uri: &str, _: usize| {
        let pod = uri.split('/').nth(6)?.split('?').next()?;
        let is_log = uri.contains("/log?");
        Some(match (pod, is_log) {
            ("gone", _) => Said::Status(404, "pods \"gone\" not found"),
            ("hangs", true) | ("mute", false) => Said::Nothing,
            ("waits", true) => Said::Status(400, "container \"app\" in pod \"waits\" is waiting to start: ContainerCreating"),
            ("refused", true) => Said::Status(403, "pods \"refused\" is forbidden"),
            (_, true) => Said::Log(vec![lines(1..3)], Stops::Never),
            (_, false) => running(),
        })
    };
    let output = output(&Server::new(), &["gone", "hangs", "mute", "waits", "refused", "well"], script).await;

    let said = |text: &str| assert!(output.iter().filter(|line| line.contains(text)).count() == 1, "{text}: {output:#?}");
    said("well line 1");
    said("well line 2");
    said("— pod gone: it is gone");
    said("— pod hangs: cannot reach the API server: no answer to /api/v1/namespaces/web/pods/hangs/log within 15 s");
    said("— pod mute: cannot reach the API server: no answer to /api/v1/namespaces/web/pods/mute within 15 s");
    said("— pod waits: the API server answered 400: container \"app\" in pod \"waits\" is waiting to start");
    said("— pod refused: pods \"refused\" is forbidden: your role does not allow it");
    assert_eq!(output[0..2].iter().filter(|line| line.contains("hangs")).count(), 0, "nobody waits for it: {output:#?}");
}

#[tokio::test(start_paused = true)]
async fn lines_of_several_containers_are_in_the_order_of_their_times() {
    let script = |uri: &str, _: usize| {
        let from = if uri.contains("/a/") { 1 } else { 2 };
        let lines: String = (0..3).map(|at| lines(from + 2 * at..from + 2 * at + 1)).collect();
        Some(if uri.contains("/log?") { Said::Log(vec![lines], Stops::Never) } else { running() })
    };
    let output = output(&Server::new(), &["a", "b"], script).await;

    let order = ["a line 1", "b line 2", "a line 3", "b line 4", "a line 5", "b line 6"];
    assert_eq!(output, order);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_cut_says_so_and_goes_on_where_it_was() {
    let server = Server::new();
    let script = |uri: &str, before: usize| {
        Some(match (uri.contains("/log?"), before) {
            (false, _) => running(),
            (true, 0) => Said::Log(vec![lines(1..4), "2026-01-01T00:00:04.5Z lin".to_owned()], Stops::Broken),
            (true, 1) => Said::Status(502, "bad gateway"),
            (true, _) => Said::Log(vec![lines(3..6)], Stops::Never),
        })
    };
    let output = output(&server, &["a"], script).await;

    assert_eq!(
        output,
        [
            "line 1",
            "line 2",
            "line 3",
            "— pod a: the log was cut (connection reset by peer); opening it again",
            "! the API server answered 502: bad gateway: trying again",
            "line 4",
            "line 5",
        ]
    );
    assert_eq!(server.asked("sinceTime=2026-01-01T00%3A00%3A03Z"), 2, "from the last whole line on");
}

#[tokio::test(start_paused = true)]
async fn where_lines_may_be_missing_a_line_says_so() {
    let script = |uri: &str, before: usize| {
        Some(match (uri.contains("/log?"), before) {
            (false, _) => running(),
            (true, 0) => Said::Log(vec![lines(1..3)], Stops::Broken),
            // it was turned over meanwhile
            (true, _) => Said::Log(vec![lines(30..31)], Stops::Never),
        })
    };
    let output = output(&Server::new(), &["a"], script).await;

    assert_eq!(output[3..], ["— pod a: lines may be missing here", "line 30"], "{output:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_log_has_ended_only_when_its_container_has() {
    let server = Server::new();
    let script = |uri: &str, before: usize| {
        let stops = if before == 0 { Stops::Broken } else { Stops::Closed };
        Some(match (uri.contains("/log?"), before) {
            (true, _) => Said::Log(vec![lines(1..3)], stops),
            // closed in good order, and the container runs: a proxy has done that
            (false, 0..3) => running(),
            (false, _) => pod(&json!({"terminated": {"exitCode": 0, "reason": "Completed"}})),
        })
    };
    let output = output(&server, &["a"], script).await;

    assert_eq!(
        output,
        [
            "line 1",
            "line 2",
            "— pod a: the log was cut (connection reset by peer); opening it again",
            "— pod a: the container has ended (Completed, exit code 0)",
            "— the log has ended —",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_container_that_starts_again_is_followed_on() {
    let script = |uri: &str, before: usize| {
        Some(match (uri.contains("/log?"), before) {
            (true, 0) => Said::Log(vec![lines(1..3)], Stops::Closed),
            (true, _) => Said::Log(vec![lines(40..41)], Stops::Never),
            (false, 0) => running(),
            (false, _) => pod(&json!({"running": {"startedAt": "2026-01-01T00:00:35Z"}})),
        })
    };
    let output = output(&Server::new(), &["a"], script).await;

    assert_eq!(output, ["line 1", "line 2", "— pod a: the container has started again", "line 40"]);
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_at_the_next_connection() {
    let server = Server::new();
    let script = |from: u32, to: u32| {
        move |uri: &str, _: usize| {
            Some(if uri.contains("/log?") { Said::Log(vec![lines(from..to)], Stops::Never) } else { running() })
        }
    };
    let mut desk = Desk::new(Some(server.live(script(1, 4)).await));
    desk.look(frontend(), Aspect::Logs(request(&["a"])));
    assert_eq!(desk.output().await, ["line 1", "line 2", "line 3"]);

    desk.live.send_replace(Some(server.live(script(3, 7)).await));

    assert_eq!(desk.output().await, ["line 4", "line 5", "line 6"]);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_always_breaks_is_not_opened_in_a_circle() {
    let server = Server::new();
    let script =
        |uri: &str, _: usize| Some(if uri.contains("/log?") { Said::Log(vec![lines(1..3)], Stops::Broken) } else { running() });
    let output = output(&server, &["a"], script).await;

    assert_eq!(output.len(), 3, "what happens again and again is said once: {output:#?}");
    let an_hour = LONG.as_secs() / 8;
    assert!((an_hour - 10..an_hour + 10).contains(&(server.asked("/log?") as u64)), "{} in an hour", server.asked("/log?"));
}

#[tokio::test(start_paused = true)]
async fn the_previous_log_ends_and_is_missed_where_there_is_none() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|uri, _| (!uri.contains("/log?")).then(running)).await));
    desk.look(frontend(), Aspect::Logs(LogRequest { previous: true, ..request(&["a"]) }));

    assert_eq!(desk.output().await, ["! container app has no instance before the present one"]);
    assert_eq!(server.asked("/log?"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_line_without_end_is_cut() {
    let script = |uri: &str, _: usize| {
        let piece = "x".repeat(64 * 1024);
        Some(if uri.contains("/log?") {
            Said::Log(vec![piece; 64].into_iter().chain(["\n".to_owned(), lines(1..2)]).collect(), Stops::Never)
        } else {
            running()
        })
    };
    let output = output(&Server::new(), &["a"], script).await;

    assert_eq!((output[0].len(), output[1].as_str()), (16 * 1024 + 3, "line 1"));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_quiet_says_nothing_of_itself_and_is_looked_after() {
    let server = Server::new();
    let script =
        |uri: &str, _: usize| Some(if uri.contains("/log?") { Said::Log(vec![lines(1..3)], Stops::Never) } else { running() });
    let output = output(&server, &["a"], script).await;

    assert_eq!(output, ["line 1", "line 2"]);
    assert_eq!(server.asked("/log?"), 30, "once in two minutes");
}

#[tokio::test(start_paused = true)]
async fn a_log_whose_connection_is_dead_goes_on_and_says_so() {
    let script = |uri: &str, before: usize| {
        Some(match (uri.contains("/log?"), before) {
            (false, _) => running(),
            (true, 0) => Said::Log(vec![lines(1..3)], Stops::Never),
            (true, 1) => Said::Log(vec![lines(2..5)], Stops::Never),
            (true, _) => Said::Log(vec![lines(4..5)], Stops::Never),
        })
    };
    let output = output(&Server::new(), &["a"], script).await;

    assert_eq!(
        output,
        ["line 1", "line 2", "— pod a: nothing came for 120 s: opened again, the log goes on here", "line 3", "line 4"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_mute_from_its_beginning_is_read_from_there() {
    let script = |uri: &str, before: usize| {
        let texts = if before == 0 { Vec::new() } else { vec![lines(1..3)] };
        Some(if uri.contains("/log?") { Said::Log(texts, Stops::Never) } else { running() })
    };
    let output = output(&Server::new(), &["a"], script).await;

    assert_eq!(output[1..], ["line 1", "line 2"], "{output:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_forbidden_for_a_moment_goes_on() {
    let server = Server::new();
    let script = |uri: &str, before: usize| {
        Some(match (uri.contains("/log?"), before) {
            (true, 0) => Said::Log(vec![lines(1..3)], Stops::Broken),
            (true, 1..4) => Said::Status(403, "pods \"a\" is forbidden"),
            (true, _) => Said::Log(vec![lines(2..5)], Stops::Never),
            (false, 0) => Said::Status(403, "pods \"a\" is forbidden"),
            (false, _) => running(),
        })
    };
    let output = output(&server, &["a"], script).await;

    let refused = "! pods \"a\" is forbidden: your role does not allow it; trying again";
    let cut = "— pod a: the log was cut (connection reset by peer); opening it again";
    assert_eq!(output, [refused, "line 1", "line 2", cut, refused, "line 3", "line 4"]);
}

#[tokio::test(start_paused = true)]
async fn pods_of_one_workload_are_distinguished_by_the_end_of_their_names() {
    let script =
        |uri: &str, _: usize| Some(if uri.contains("/log?") { Said::Log(vec![lines(1..2)], Stops::Never) } else { running() });
    for (pods, expected) in [
        (&["web-7d9c54-88vtw", "web-7d9c54-x2"][..], ["88vtw line 1", "x2 line 1"]),
        (&["web-7d9c54-88vtw", "web-69647b-x2"], ["7d9c54-88vtw line 1", "69647b-x2 line 1"]),
        (&["web-0", "api-0"], ["web-0 line 1", "api-0 line 1"]),
    ] {
        let mut output = output(&Server::new(), pods, script).await;
        output.sort();
        let mut expected = expected.map(str::to_owned);
        expected.sort();
        assert_eq!(output, expected, "{pods:?}");
    }
}
