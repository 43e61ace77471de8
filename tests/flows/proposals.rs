//! Proposals as the runtime would answer them, for tests of what is drawn of them.

use fluxdeck_model::change::{
    Alternative, Authorship, Caution, ChangeOrder, ChangeRefusal, Check, CheckResult, FieldLines, ForgeChoice, LayerChoice,
    LineSpan, ObjectFate, ObjectKey, Proposal, ProposedField, ProposedFile, PullText, RenderedBuild, RenderedField,
    RenderedObject, SourceLine, WayChoice,
};
use fluxdeck_model::domain::{Checks, Merge, NewPull, Pull, PullState};
use fluxdeck_model::state::jobs::{ChangeOutcome, PreparedChange};

const PATCH: &str = "diff --git a/flux/apps/production/kustomization.yaml b/flux/apps/production/kustomization.yaml
index 1111111..2222222 100644
--- a/flux/apps/production/kustomization.yaml
+++ b/flux/apps/production/kustomization.yaml
@@ -4,4 +4,4 @@ kind: Kustomization
 buildMetadata: [originAnnotations]
 resources: [../base/web, ../base/checkout]
-replicas: [{name: checkout, count: 3}]
+replicas: [{name: checkout, count: 5}]
 patches:
";

fn check(name: &'static str, result: CheckResult, why: &str) -> Check {
    Check { name: name.into(), result, why: why.to_owned() }
}

/// What a build has then.
pub fn rendered(build: &str) -> RenderedBuild {
    let field = RenderedField { path: "spec.replicas".to_owned(), before: Some("3".to_owned()), after: Some("5".to_owned()) };
    let object =
        RenderedObject { object: "Deployment shop/checkout".to_owned(), fate: ObjectFate::Changed, fields: vec![field], more: 0 };
    RenderedBuild { builds: vec![build.to_owned()], objects: vec![object], more: 0, lost: None }
}

/// A change of the number of replicas from 3 to 5, as it was ordered.
pub fn ready(order: &ChangeOrder) -> Proposal {
    let mut order = order.clone();
    order.site.url = "https://forge.example/ops/fleet.git".to_owned();
    order.site.base = "main".to_owned();
    order.site.found_by = "Kustomization flux-apps/checkout is applied from GitRepository flux-apps/apps".to_owned();
    let branch = "fluxdeck/scale-shop-checkout-3f2a".to_owned();
    let title = "Deployment shop/checkout: replicas 3 -> 5".to_owned();
    let body = "| field | old | new |\n|---|---|---|\n| `spec.replicas` | `3` | `5` |\n".to_owned();
    Proposal {
        object: "Deployment shop/checkout".to_owned(),
        base: "86058adc0ffee0000000000000000000000000aa".to_owned(),
        ahead: Some(2),
        branch: branch.clone(),
        fields: vec![ProposedField {
            of: None,
            field: "spec.replicas".to_owned(),
            before: Some("3".to_owned()),
            after: Some("5".to_owned()),
            inverse: None,
            place: "flux/apps/production/kustomization.yaml:6".to_owned(),
            layer: "replicas".to_owned(),
        }],
        lines: vec![FieldLines {
            name: "spec.replicas".to_owned(),
            spans: vec![LineSpan { file: "flux/apps/production/kustomization.yaml".to_owned(), start: 6, end: 7 }],
        }],
        left_out: Vec::new(),
        files: vec![ProposedFile::of("flux/apps/production/kustomization.yaml", Some(b""), (1, 1))],
        patch: PATCH.to_owned(),
        rendered: vec![rendered("production/flux-apps/checkout")],
        checks: vec![
            check("edit", CheckResult::Passed, "two YAML readers see the wanted change and no other"),
            check("build", CheckResult::Passed, "production/flux-apps/checkout has the new value and no other difference"),
            check("others", CheckResult::Passed, "nothing else that the repository builds changes"),
            check("schema", CheckResult::Passed, "the built-in schema takes it"),
            check("server-side dry run", CheckResult::NotRun, "no cluster was asked"),
        ],
        build: "production/flux-apps/checkout".to_owned(),
        readers: Vec::new(),
        elsewhere: Vec::new(),
        besides: Vec::new(),
        unproven: Vec::new(),
        cautions: Vec::new(),
        pull: NewPull {
            title,
            body,
            head: branch,
            base: "main".to_owned(),
            is_draft: order.is_draft,
            merges_later: order.merges_later,
            ..NewPull::default()
        },
        text: PullText::default(),
        owners: None,
        author: Authorship {
            author: "Ana <ana@example.test>".to_owned(),
            address: "ana@example.test".to_owned(),
            is_signed: true,
            is_signed_off: false,
        },
        forge: ForgeChoice::Known {
            name: "gitea".to_owned(),
            repository: "ops/fleet".to_owned(),
            token: "GITEA_TOKEN".to_owned(),
        },
        open: None,
        merged_by_hand: None,
        fork: None,
        competing: Vec::new(),
        digest: "0".repeat(64),
        source: None,
        policy: None,
        order,
    }
}

/// The same where staging changes too.
pub fn wide(order: &ChangeOrder) -> Proposal {
    let mut proposal = ready(order);
    proposal.checks[2] = check("others", CheckResult::Failed, "also change: staging/flux-apps/checkout");
    proposal.besides = vec![
        "also changes staging/flux-apps/checkout:".to_owned(),
        "  Deployment shop/checkout spec.replicas: 3 -> 5".to_owned(),
    ];
    proposal
}

/// A line of a file.
pub fn line(file: &str, line: u32) -> SourceLine {
    SourceLine { file: file.to_owned(), line }
}

/// Refused, with three ways: one that changes more, one that changes nothing else, and one that cannot be taken.
pub fn refused() -> ChangeRefusal {
    let way = |layer, place, word: &str, result: Result<Vec<String>, String>, is_wide| WayChoice {
        flag: format!("{layer}"),
        layer,
        place,
        word: word.to_owned(),
        result,
        is_wide,
    };
    let others = vec![
        "also changes staging/flux-apps/checkout:".to_owned(),
        "  Deployment shop/checkout spec.replicas: 3 -> 5".to_owned(),
    ];
    ChangeRefusal {
        object: "Deployment shop/checkout".to_owned(),
        field: "spec.replicas".to_owned(),
        why: "production and staging are built from the line that sets it".to_owned(),
        hint: "choose a way that changes this one only, or accept the others".to_owned(),
        set_at: Some(line("flux/apps/base/checkout/deployment.yaml", 5)),
        ways: vec![
            way(LayerChoice::Number(1), line("flux/apps/base/checkout/deployment.yaml", 5), "resource", Ok(others), true),
            way(LayerChoice::NewPatch, line("flux/apps/production/kustomization.yaml", 0), "new patch", Ok(Vec::new()), false),
            way(
                LayerChoice::Number(3),
                line("flux/apps/base/kustomization.yaml", 9),
                "replicas",
                Err("the file is generated".to_owned()),
                false,
            ),
        ],
        builds: Vec::new(),
        leave_out: None,
        cautions: Vec::new(),
        source: None,
        order: ChangeOrder::default(),
    }
}

/// An autoscaler decides on the number.
pub fn autoscaled() -> Caution {
    let object = ObjectKey {
        group: "autoscaling".to_owned(),
        kind: "HorizontalPodAutoscaler".to_owned(),
        namespace: "shop".to_owned(),
        name: "checkout".to_owned(),
    };
    let instead = Alternative {
        build: "production/flux-apps/checkout".to_owned(),
        applier: Some(("flux-apps".to_owned(), "checkout".to_owned())),
        is_elsewhere: false,
        object,
        field: "spec.minReplicas".to_owned(),
        before: "2".to_owned(),
        value: "5".to_owned(),
        place: Some(SourceLine { file: "flux/apps/base/checkout/scaler.yaml".to_owned(), line: 6 }),
    };
    let text = "HorizontalPodAutoscaler shop/checkout scales it too, and sets another number again".to_owned();
    Caution { text, instead: Some(instead) }
}

/// The pull request of a change, in that state.
pub fn pull(state: PullState) -> Pull {
    Pull {
        author: "ana".to_owned(),
        opened: None,
        is_fork: false,
        reviews: None,
        number: 12,
        url: "https://forge.example/ops/fleet/pulls/12".to_owned(),
        title: "Deployment shop/checkout: replicas 3 -> 5".to_owned(),
        head: "fluxdeck/scale-shop-checkout-3f2a".to_owned(),
        head_commit: "57943ce000000000000000000000000000000000".to_owned(),
        base: "main".to_owned(),
        is_draft: false,
        state,
        checks: Some(Checks { passed: 1, failed: 0, pending: 1 }),
        is_mergeable: None,
        is_queued: false,
    }
}

/// Merged by somebody else.
pub fn merged() -> PullState {
    PullState::Merged(Merge {
        commit: "3d3b4b7000000000000000000000000000000000".to_owned(),
        by: Some("ben".to_owned()),
        at: None,
    })
}

/// From the commit to the merge, without a failure.
pub fn outcomes() -> [ChangeOutcome; 4] {
    [
        ChangeOutcome::Prepared(Box::new(prepared(None))),
        ChangeOutcome::Pushed,
        ChangeOutcome::Pull(Box::new(pull(PullState::Open))),
        ChangeOutcome::Pull(Box::new(pull(merged()))),
    ]
}

/// A commit that is not pushed yet; or the pull request that it is in already.
pub fn prepared(pull: Option<Pull>) -> PreparedChange {
    PreparedChange {
        base: "86058adc0ffee0000000000000000000000000aa".to_owned(),
        commit: "57943ce000000000000000000000000000000000".to_owned(),
        branch: "fluxdeck/scale-shop-checkout-3f2a".to_owned(),
        has_moved: false,
        again: Vec::new(),
        is_pushed: pull.is_some(),
        pull,
        fork: None,
    }
}
