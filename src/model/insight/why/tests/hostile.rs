//! Messages of anybody: a megabyte, escape sequences, right-to-left text. Sentences stay sentences.

use serde_json::json;

use super::world::*;
use crate::domain::width;
use crate::insight::why::evidence::{BodyFacts, ClaimFacts, NodeFacts, QuotaFacts};

/// Columns of a sentence, the longest message in it cut.
const LONGEST: usize = 400;

#[test]
fn no_message_makes_a_sentence_that_is_longer_than_a_few_lines_or_moves_the_cursor() {
    let hostile = format!(
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gnp.exe\n{}\u{0301}\u{0301}\u{0301}\u{0301}\u{0301}\u{0301}",
        "x".repeat(16 << 10)
    );
    for reason in [
        "BuildFailed",
        "HealthCheckFailed",
        "AuthenticationFailed",
        "ReconciliationFailed",
        "DependencyNotReady",
        "AccessDenied",
        "",
    ] {
        for message in [
            hostile.clone(),
            format!("admission webhook \"{hostile}\" denied the request: {hostile}"),
            format!("exceeded quota: {hostile}, requested: {hostile}, used: {hostile}, limited: {hostile}"),
            format!("secrets \"{hostile}\" not found"),
            format!("no matches for kind \"{hostile}\" in version \"{hostile}\""),
            format!("[{}]", "Deployment/apps/web status: 'InProgress', ".repeat(1000)),
        ] {
            let world = World::of(&[("ks apps/web", failed(reason, &message)), ("gitrepo apps/web", failed(reason, &message))]);
            for asked in ["ks apps/web", "gitrepo apps/web"] {
                for step in world.why(asked).steps {
                    assert!(width::of(&step.says) <= LONGEST, "{reason}: {}", step.says);
                    assert!(!step.says.contains(['\u{1b}', '\n', '\u{202e}', '\u{7}']), "{}", step.says);
                }
            }
        }
    }
}

#[test]
fn bodies_of_any_shape_are_read() {
    for body in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"status": []}),
        json!({"status": {"conditions": "x", "containerStatuses": [1, null]}, "spec": {"volumes": {}}}),
    ] {
        BodyFacts::read(&body);
        NodeFacts::read(&body);
        ClaimFacts::read(&body, &[]);
        QuotaFacts::read(&body);
    }
}

#[test]
fn a_quota_that_is_used_up_says_of_what() {
    let quota = QuotaFacts::read(
        &json!({"metadata": {"name": "compute"}, "status": {"hard": {"pods": "4", "cpu": "8"}, "used": {"pods": "4", "cpu": "2"}}}),
    );
    assert_eq!(quota.full, [("pods".to_owned(), "4".to_owned(), "4".to_owned())]);
}

#[test]
fn a_megabyte_is_a_sentence_too() {
    let message = format!("kustomize build failed: {}", "\u{1b}[2Jx".repeat(200 << 10));
    let world = World::of(&[("ks apps/web", failed("BuildFailed", &message))]);
    let says = &world.why("ks apps/web").steps[0].says;
    assert!(width::of(says) <= LONGEST && !says.contains('\u{1b}') && says.starts_with("kustomize build failed: "), "{says}");
}
