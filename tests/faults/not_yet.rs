//! What does not hold yet: cells of the table (`fault way`) and names of `found`, each with what is seen instead. The list only shrinks:
//! what holds and is still on it fails.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

const LOST: &str = "an order that is given while a session backs off is lost (A2)";
const HIDDEN: &str = "one kind that fails is not named, and ends headless commands with nothing (B3)";
const DEAD: &str = "what is open dies with its connection, and goes on saying that it lives (A3)";
const HASTY: &str = "`Retry-After` is not heeded (C11)";
const RAW: &str = "what an error page says goes to the terminal as it is (C1)";

pub const NOT_YET: &[(&str, &str)] = &[
    ("unanswered orders", LOST),
    ("refused orders", LOST),
    ("reset_undone orders", LOST),
    ("reset_done orders", LOST),
    ("internal_error orders", LOST),
    ("error_page orders", LOST),
    ("error_page headless", RAW),
    ("bad_gateway orders", LOST),
    ("bad_gateway headless", RAW),
    ("too_many_requests orders", LOST),
    ("unauthorised orders", LOST),
    ("truncated_body orders", LOST),
    ("hanging_body orders", LOST),
    ("endless_body orders", LOST),
    ("garbage orders", LOST),
    ("arrives_late write", "what arrives after the second look is told as not done (C7)"),
    ("version_fails orders", LOST),
    ("discovery_unanswered orders", LOST),
    ("events_unanswered screen", "events have no time limit (B6)"),
    ("log_reset screen", "a log that was cut is told as ended (C2)"),
    ("log_unanswered screen", "logs have no time limit (B5, B6)"),
    ("a_look_while_it_backs_off_is_had_later", LOST),
    ("a_log_goes_on_after_a_reconnection", DEAD),
    ("a_log_goes_on_after_one_401", DEAD),
    ("a_log_goes_on_after_an_outage", DEAD),
    ("a_pod_that_is_not_answered_is_given_up", "`request-timeout` does not hold for a log's pod (B6)"),
    ("a_storage_of_helm_that_hangs_holds_nothing_up", "`request-timeout` does not hold for Helm's storage (B6)"),
    ("what_was_asked_when_the_connection_was_made_anew_is_answered", DEAD),
    ("a_pod_that_is_gone_hides_no_other_log", "one pod spoils all (B5)"),
    ("a_log_that_hangs_hides_no_other_log", "logs are opened one after the other, without a limit (B5)"),
    ("a_write_waits_as_long_as_the_server_says", HASTY),
    ("a_look_that_failed_once_is_tried_again", "it says `trying again`, and does not (C3)"),
    ("one_kind_that_fails_leaves_the_others_to_get_tree_and_snapshot", HIDDEN),
    ("a_limit_for_one_request_is_none_for_all_that_connecting_asks", "`request-timeout` bounds the whole discovery (B8)"),
    ("nothing_that_a_gateway_says_reaches_the_terminal_raw", RAW),
];

/// Tries something: it must hold, or not, as the list says.
pub async fn tried(name: &str, what: impl Future<Output = ()>) {
    let Some((_, why)) = NOT_YET.iter().find(|(known, _)| *known == name) else { return what.await };
    let failed = AssertUnwindSafe(what).catch_unwind().await.is_err();
    assert!(failed, "`{name}` holds by now: it leaves the list ({why})");
}
