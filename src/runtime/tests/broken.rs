use fluxdeck_model::state::{Reply, Ticket};

use super::*;

#[tokio::test]
async fn what_breaks_answers_who_waits_and_then_the_user_gets_a_notice() {
    let (inbox, mut messages) = mpsc::channel(4);
    let failed = |error: &Error| Some(Message::Reply(Ticket(7), Reply::Failed(error.clone())));
    noticed("a look-up", inbox.clone(), failed, async { panic!("a fault") }).await;
    let Ok(Message::Reply(Ticket(7), Reply::Failed(error))) = messages.try_recv() else { panic!("the view is answered") };
    assert_eq!(error.message, "a look-up broke down");
    let Ok(Message::Do(Intent::Complain(notice))) = messages.try_recv() else { panic!("the user gets a notice") };
    assert_eq!(notice, error);

    noticed("a look-up", inbox, failed, async {}).await;
    assert!(messages.try_recv().is_err(), "what ends well says nothing more");
}
