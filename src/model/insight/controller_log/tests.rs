//! Lines as controllers have written them in public issues and guides, and hostile ones.

use super::*;
use crate::domain::{ClusterId, GroupKind, ObjectRef, Store};

const FAILED: &str = r#"{"level":"error","ts":"2024-11-18T18:54:57.723Z","msg":"Reconciliation failed after 29.814194ms, next try in 1m0s","controller":"kustomization","controllerGroup":"kustomize.toolkit.fluxcd.io","controllerKind":"Kustomization","Kustomization":{"name":"apps","namespace":"flux-system"},"namespace":"flux-system","name":"apps","reconcileID":"c8cd043a-3145-4a86-a58e-2880d7cf8cfa","revision":"main@sha1:37edddfc4eaa444794ac84206b5e950c20954e10","error":"Certificate/cert-manager/example dry-run failed: no matches for kind \"Certificate\" in version \"cert-manager.io/v1\"\n"}"#;
const OLD: &str = r#"{"level":"info","ts":"2022-08-02T12:55:34.419Z","logger":"controller.gitrepository","msg":"no changes since last reconcilation: observed revision","reconciler group":"source.toolkit.fluxcd.io","reconciler kind":"GitRepository","name":"podinfo","namespace":"default"}"#;
const KLOG: &str = "E1121 07:37:40.437206       8 leaderelection.go:436] error retrieving resource lock flux-system/kustomize-controller-leader-election: context deadline exceeded";

fn read(line: &str) -> LogRecord {
    LogRecord::read(line, None)
}

fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    let group = match kind {
        "Kustomization" => "kustomize.toolkit.fluxcd.io",
        "HelmRelease" => "helm.toolkit.fluxcd.io",
        _ => "source.toolkit.fluxcd.io",
    };
    ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name)
}

#[test]
fn lines_read_as_the_flux_cli_prints_them() {
    for (line, expected) in [
        (
            FAILED,
            "2024-11-18T18:54:57.723Z error Kustomization/apps.flux-system - Reconciliation failed after 29.814194ms, next try in 1m0s \
             Certificate/cert-manager/example dry-run failed: no matches for kind \"Certificate\" in version \"cert-manager.io/v1\"",
        ),
        (
            OLD,
            "2022-08-02T12:55:34.419Z info GitRepository/podinfo.default - no changes since last reconcilation: observed revision",
        ),
        (
            KLOG,
            "- error - error retrieving resource lock flux-system/kustomize-controller-leader-election: context deadline exceeded",
        ),
        (
            r#"{"level":"info","ts":"2026-01-01T00:00:00.000Z","logger":"setup","msg":"starting manager"}"#,
            "2026-01-01T00:00:00.000Z info - starting manager",
        ),
        (r#"{"level":"debug","ts":1669812345.25,"msg":"m"}"#, "2022-11-30T12:45:45.250Z debug - m"),
        ("goroutine 1 [running]:", "- - - goroutine 1 [running]:"),
        ("panic: runtime error: index out of range", "- error - panic: runtime error: index out of range"),
        (r#"{"neither":"a log line"}"#, r#"- - - {"neither":"a log line"}"#),
        ("{broken", "- - - {broken"),
        ("", "- - -"),
    ] {
        assert_eq!(read(line).line(), expected, "{line}");
    }
}

#[test]
fn the_other_fields_are_kept_and_what_is_said_already_is_not_repeated() {
    let record = read(FAILED);
    let names: Vec<_> = record.fields.iter().map(|(key, _)| key.as_str()).collect();

    assert_eq!(names, ["controller", "reconcileID", "revision"]);
    assert_eq!(record.revision(), "main@sha1:37edddfc4eaa444794ac84206b5e950c20954e10");
    assert_eq!(record.subject.expect("an object").to_string(), "Kustomization flux-system/apps");

    let applied = read(
        r#"{"msg":"server-side apply completed","output":{"Deployment/web/web":"configured"},"at":{"name":"a","namespace":"b"}}"#,
    );
    assert_eq!((applied.field("output.Deployment/web/web"), applied.field("at")), (Some("configured"), Some("b/a")));
}

#[test]
fn a_line_has_the_time_of_its_node_where_it_says_none() {
    let kept = "2026-01-01T00:00:00Z".parse().ok();
    for (line, at) in [
        (KLOG, "2026-01-01T00:00:00Z"),
        (OLD, "2022-08-02T12:55:34.419Z"),
        (r#"{"msg":"m","ts":"soon"}"#, "2026-01-01T00:00:00Z"),
    ] {
        assert_eq!(LogRecord::read(line, kept).at, at.parse().ok(), "{line}");
    }
}

#[test]
fn a_line_that_was_cut_still_names_its_object() {
    let long = FAILED.replace("dry-run failed", &"x".repeat(40_000));
    for length in [330, 420, 16_384] {
        let record = read(&format!("{}…", &long[..length]));
        assert_eq!(
            record.subject.map(|subject| subject.to_string()).as_deref(),
            Some("Kustomization flux-system/apps"),
            "{length}"
        );
        assert_eq!(record.form, LogForm::Fields);
    }
    assert!(read(&FAILED[..FAILED.find("dry-run").expect("there")]).error.starts_with("Certificate/cert-manager/example"));
    for length in 0..FAILED.len() {
        let _ = read(&FAILED[..length]);
    }
}

#[test]
fn hostile_lines_are_harmless() {
    let record = read(
        r#"{"level":"error","msg":"\u001b[2J\u202egone\nfetch https://ops:hunter2@git.example.com/f.git","error":"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ","token":"hunter2","password":{"a":"hunter2"},"output":{"password":"hunter2"},"name":"\u001b]0;x\u0007","controllerKind":"K"}"#,
    );
    let all = format!("{record:?} {}", record.line());

    assert!(!all.contains("hunter2") && !all.contains("eyJzdWIiOiIxIn0"), "{all}");
    assert!(!record.line().contains('\u{1b}') && !record.line().contains('\u{202e}') && !record.line().contains('\n'), "{all}");
    assert!(read(&format!("{{\"msg\":\"{}\"}}", "x".repeat(1 << 20))).message.len() <= crate::domain::text::LONGEST);
    assert_eq!(read(&"{\"a\":".repeat(100_000)).form, LogForm::Text, "it is nested deeper than anything is read");
}

#[test]
fn a_line_concerns_an_object_that_it_is_about_or_names() {
    let store = Store::default();
    let apps = LogConcern::of(&store, &object("Kustomization", "flux-system", "apps"));
    let line = |level: &str, subject: &str, text: &str| {
        read(&format!(
            r#"{{"level":"{level}","msg":"{text}","controllerKind":"Kustomization","namespace":"flux-system","name":"{subject}"}}"#
        ))
    };
    for (record, expected) in [
        (read(FAILED), true),
        (line("info", "apps", "m"), true),
        (line("error", "infra", "m"), false),
        (line("error", "apps-2", "m"), false),
        (line("info", "infra", "dependency of Kustomization/flux-system/apps"), true),
        (line("info", "infra", "dependency of Kustomization/flux-system/apps-2"), false),
        (line("info", "infra", "HelmRelease/flux-system/apps is late"), false),
        (read(&FAILED.replace(r#""namespace":"flux-system""#, r#""namespace":"other""#)), false),
        (read(&FAILED.replace("kustomize.toolkit", "example")), false),
        // about no object: what warns, and what names it
        (read(KLOG), true),
        (read("I1121 07:37:40.437206       8 leaderelection.go:257] attempting to acquire leader lease flux-system/x"), false),
        (read("W1121 07:37:40.437206       8 reflector.go:1] slow"), true),
        (read("queue: flux-system/apps"), true),
        (read("queue: flux-system/infra"), false),
        (read("goroutine 1 [running]:"), false),
    ] {
        assert_eq!(apps.takes(&record), expected, "{record:?}");
        assert!(LogConcern::everything().takes(&record));
    }
    assert_eq!(apps.controllers().into_iter().collect::<Vec<_>>(), ["kustomize-controller"]);
}

#[test]
fn flags_choose_as_those_of_the_flux_cli() {
    let sieve = |level: &str, kind: &str, name: &str, namespaces: &[&str]| {
        let text = |text: &str| (!text.is_empty()).then(|| text.into());
        LogSieve {
            level: LogLevel::parse(level),
            kind: text(kind),
            name: text(name),
            namespaces: namespaces.iter().map(|name| (*name).into()).collect(),
        }
    };
    for (sieve, [failed, old, klog]) in [
        (LogSieve::default(), [true, true, true]),
        (sieve("error", "", "", &[]), [true, false, true]),
        (sieve("info", "", "", &[]), [false, true, false]),
        (sieve("", "kustomization", "", &[]), [true, false, false]),
        (sieve("", "Kustomization", "APPS", &["flux-system"]), [true, false, false]),
        (sieve("", "Kustomization", "apps", &["default"]), [false, false, false]),
        (sieve("", "", "", &["default"]), [false, true, false]),
        (sieve("debug", "", "", &[]), [false, false, false]),
    ] {
        assert_eq!([FAILED, OLD, KLOG].map(|line| sieve.takes(&read(line))), [failed, old, klog], "{sieve:?}");
    }
}
