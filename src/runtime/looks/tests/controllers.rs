//! The logs of Flux's controllers: where they are found, and what is said of those that may not be read.

use fluxdeck_model::domain::Store;
use fluxdeck_model::insight::controller_log::LogConcern;
use fluxdeck_model::state::ControllerLogRequest;

use super::*;

const ALL: &str = "/apis/apps/v1/deployments?";

fn request() -> ControllerLogRequest {
    let apps =
        ObjectRef::new(ClusterId(0), GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"), "faults", "build-error");
    let span = LogSpan { tail: Some(500), ..LogSpan::default() };
    ControllerLogRequest { concern: LogConcern::of(&Store::default(), &apps), span, ..ControllerLogRequest::default() }
}

#[tokio::test(start_paused = true)]
async fn who_may_not_list_everywhere_finds_them_where_flux_mostly_is() {
    let server = Server::new();
    let script = |uri: &str, _: usize| uri.starts_with(ALL).then_some(Said::Status(403, "deployments is forbidden"));
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.look(frontend(), Aspect::ControllerLogs(request()));

    let (reply, _) = desk.reply().await;
    let Reply::Controllers(found) = reply else { panic!("{reply:?}") };
    let names: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.namespace.as_str(), found.pods.len())).collect();
    assert_eq!(names, [("kustomize-controller", "flux-system", 1)]);
    let lines = desk.output().await.concat();
    assert!(lines.contains("Kustomization/build-error.faults - Reconciliation failed"), "{lines}");
    assert!(!lines.contains("Kustomization/apps."), "{lines}");
}

#[tokio::test(start_paused = true)]
async fn who_may_see_none_gets_why_and_what_it_takes_and_it_is_asked_again() {
    let server = Server::new();
    let script = |uri: &str, before: usize| {
        (uri.contains("/deployments?") && before < 2).then_some(Said::Status(403, "deployments is forbidden"))
    };
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.look(frontend(), Aspect::ControllerLogs(request()));

    let error = failed(desk.reply().await.0);
    assert_eq!(error.message, "you may not see where Flux's controllers run: deployments is forbidden");
    assert!(error.hint.contains("pods/log") && error.hint.contains("trying again"), "{error:?}");
    let found = desk.output().await;
    assert!(found.iter().any(|line| line.contains("kustomize-controller")), "the role came meanwhile: {found:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_command_gets_an_answer_at_once() {
    let server = Server::new();
    let script = |uri: &str, _: usize| uri.contains("/log?").then_some(Said::Status(403, "pods/log is forbidden"));
    let live = server.live(script).await;
    let span = LogSpan { follows: true, gives_up: true, ..LogSpan::default() };
    let (inbox, mut replies) = mpsc::channel(64);
    let aspect = Aspect::ControllerLogs(ControllerLogRequest { span, ..request() });

    assert!(!logs_of(live, 7, None, aspect, LIMIT, inbox).await, "not all could be read");
    let mut said = String::new();
    while let Some(Message::Reply(ticket, reply)) = replies.recv().await {
        assert_eq!(ticket, Ticket(7));
        said.push_str(&format!("{reply:?}"));
    }
    assert!(said.contains("pods/log is forbidden"), "{said}");
}
