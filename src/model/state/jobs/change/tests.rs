//! A change fed by hand: replies, news and time come in, steps go out.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::change::{Authorship, ChangeSite, ForgeChoice, LayerChoice, SiteScope};
use crate::domain::{Merge, PullState};
use crate::kinds::testing::NOW;
use crate::state::jobs::JobId;

/// A proposal to scale `Deployment apps/web` from 3 to 5.
pub(in crate::state::jobs) fn submission(target: Option<ObjectRef>, applier: Option<ObjectRef>) -> Submission {
    let site = ChangeSite {
        folder: "/src/fleet".into(),
        remote: "origin".into(),
        url: "https://git.example.com/ops/fleet".into(),
        base: "main".into(),
        scope: SiteScope::Any,
        ..ChangeSite::default()
    };
    let order = ChangeOrder {
        playbook: "scale".into(),
        object: "deployment/web".into(),
        namespace: "apps".into(),
        settings: vec![crate::change::ChangeSetting::set("replicas=5")],
        layer: LayerChoice::Set,
        site,
        ..ChangeOrder::default()
    };
    let field = ProposedField {
        of: None,
        field: "spec.replicas".into(),
        before: Some("3".into()),
        after: Some("5".into()),
        inverse: None,
        place: "apps/web.yaml:6".into(),
        layer: "resource".into(),
    };
    let pull = NewPull { title: "Deployment apps/web: replicas 3 -> 5".into(), base: "main".into(), ..NewPull::default() };
    let proposal = Proposal {
        order,
        object: "Deployment apps/web".into(),
        base: "b".repeat(40),
        ahead: None,
        branch: "fluxdeck/web-1".into(),
        fields: vec![field],
        files: Vec::new(),
        patch: String::new(),
        lines: Vec::new(),
        left_out: Vec::new(),
        owners: None,
        rendered: Vec::new(),
        checks: Vec::new(),
        build: "flux-system/apps".into(),
        readers: Vec::new(),
        elsewhere: Vec::new(),
        besides: Vec::new(),
        unproven: Vec::new(),
        cautions: Vec::new(),
        pull,
        text: crate::change::PullText::default(),
        merged_by_hand: None,
        fork: None,
        author: Authorship::default(),
        forge: ForgeChoice::None { why: String::new(), page: None },
        open: None,
        competing: Vec::new(),
        digest: "d".into(),
        source: None,
        policy: None,
    };
    Submission { proposal, target, applier, goal: ChangeGoal::RolledOut }
}

pub(in crate::state) fn pull(state: PullState) -> Pull {
    Pull {
        number: 12,
        url: "https://git.example.com/ops/fleet/pulls/12".into(),
        title: "scale".into(),
        head: "fluxdeck/web-1".into(),
        head_commit: "c".repeat(40),
        base: "main".into(),
        is_draft: false,
        state,
        checks: None,
        is_mergeable: None,
        is_queued: false,
        author: "ana".into(),
        opened: None,
        is_fork: false,
        reviews: None,
    }
}

pub(in crate::state::jobs) fn merged() -> PullState {
    PullState::Merged(Merge { commit: "e".repeat(40), by: Some("ben".into()), at: None })
}

pub(in crate::state::jobs) fn prepared() -> ChangeOutcome {
    ChangeOutcome::Prepared(Box::new(PreparedChange {
        base: "b".repeat(40),
        commit: "c".repeat(40),
        branch: "fluxdeck/web-1".into(),
        has_moved: false,
        again: Vec::new(),
        is_pushed: false,
        pull: None,
        fork: None,
    }))
}

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn lost() -> ChangeOutcome {
    ChangeOutcome::Lost { why: "reset".into() }
}

fn failure() -> ChangeOutcome {
    ChangeOutcome::Failed { why: "no network".into(), hint: "check it".into() }
}

/// Feeds replies, and returns what each made the change ask for, and its last phase.
fn run(replies: Vec<ChangeOutcome>) -> (Vec<String>, Change) {
    let mut change = Change::of(&submission(None, None), now());
    let mut asked = vec![shown(change.begin(now()))];
    for reply in replies {
        asked.push(shown(change.receive(reply, now())));
    }
    (asked, change)
}

fn shown(need: Option<ChangeNeed>) -> String {
    match need {
        None => "-".to_owned(),
        Some(ChangeNeed::Do(step)) => format!("do {step:?}"),
        Some(ChangeNeed::Send(step)) => format!("send {step:?}"),
    }
}

#[test]
fn replies_lead_from_step_to_step() {
    let branch = |id: Option<&str>| ChangeOutcome::Branch(id.map(|id| id.repeat(40)));
    let open = || ChangeOutcome::Pull(Box::new(pull(PullState::Open)));
    let pulls = |all: Vec<PullState>| ChangeOutcome::Pulls(all.into_iter().map(pull).collect());
    let differs = || ChangeOutcome::Differs { why: "another file".into() };
    let cases: Vec<(Vec<ChangeOutcome>, &str, &str)> = vec![
        (vec![prepared(), ChangeOutcome::Pushed, open()], "do Prepare, send Push, send Open, -", "follow"),
        (vec![ChangeOutcome::Unchanged], "do Prepare, -", "done"),
        (vec![differs()], "do Prepare, -", "review again"),
        (vec![failure()], "do Prepare, -", "waiting"),
        (vec![prepared(), failure()], "do Prepare, send Push, -", "waiting"),
        // a push whose reply was lost had arrived, had not, or was another's
        (vec![prepared(), lost(), branch(Some("c"))], "do Prepare, send Push, do FindBranch, send Open", "open"),
        (vec![prepared(), lost(), branch(None)], "do Prepare, send Push, do FindBranch, send Push", "push"),
        (vec![prepared(), lost(), branch(Some("f"))], "do Prepare, send Push, do FindBranch, -", "failed"),
        (vec![prepared(), lost(), failure()], "do Prepare, send Push, do FindBranch, -", "waiting"),
        // a request to open whose reply was lost is never repeated by itself
        (
            vec![prepared(), ChangeOutcome::Pushed, lost(), pulls(vec![PullState::Open])],
            "do Prepare, send Push, send Open, do FindPull, -",
            "follow",
        ),
        (
            vec![prepared(), ChangeOutcome::Pushed, lost(), pulls(vec![PullState::Closed])],
            "do Prepare, send Push, send Open, do FindPull, -",
            "waiting",
        ),
        (
            vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::NoForge { why: "no token".into(), page: None }],
            "do Prepare, send Push, send Open, -",
            "done",
        ),
        (vec![prepared(), ChangeOutcome::Unrecorded("full".into())], "do Prepare, send Push, -", "waiting"),
    ];
    for (replies, expected, word) in cases {
        let (asked, change) = run(replies);
        assert_eq!((asked.join(", ").as_str(), change.phase().word()), (expected, word));
    }
}

#[test]
fn the_same_change_that_is_open_already_is_followed_and_nothing_is_pushed() {
    let ChangeOutcome::Prepared(mut known) = prepared() else { panic!("it is prepared") };
    known.pull = Some(pull(PullState::Open));
    let (asked, change) = run(vec![ChangeOutcome::Prepared(known)]);

    assert_eq!((asked.join(", ").as_str(), change.phase().word()), ("do Prepare, -", "follow"));
    assert_eq!(change.progress.pull.map(|pull| pull.number), Some(12));
}

#[test]
fn what_waits_is_resumed_after_a_look_at_what_was_done() {
    let open = || vec![prepared(), ChangeOutcome::Pushed, failure()];
    for (replies, resumed, reply, next) in [
        (vec![failure()], "do Prepare", prepared(), "send Push"),
        // the base may have moved meanwhile
        (vec![prepared(), failure()], "do FindBranch", ChangeOutcome::Branch(None), "do Prepare"),
        (vec![prepared(), failure()], "do FindBranch", ChangeOutcome::Branch(Some("c".repeat(40))), "send Open"),
        (open(), "do FindPull", ChangeOutcome::Pulls(vec![]), "send Open"),
        (open(), "do FindPull", ChangeOutcome::Pulls(vec![pull(PullState::Open)]), "-"),
    ] {
        let (_, mut change) = run(replies);
        assert_eq!(shown(change.go_on(now())), resumed);
        assert_eq!(shown(change.receive(reply, now())), next);
    }
}

#[test]
fn a_push_that_never_arrives_is_sent_once_more_and_then_waits() {
    let never = || vec![lost(), ChangeOutcome::Branch(None)];
    let (asked, mut change) = run([vec![prepared()], never(), never()].concat());

    let expected = "do Prepare, send Push, do FindBranch, send Push, do FindBranch, -";
    assert_eq!((asked.join(", ").as_str(), change.phase().word()), (expected, "waiting"));
    assert!(change.phase().message().ends_with("has not arrived: reset"), "{}", change.phase().message());
    // who resumes it has as many attempts again
    assert_eq!(shown(change.go_on(now())), "do FindBranch");
    let again = [vec![ChangeOutcome::Branch(None), prepared()], never(), never()].concat();
    let asked: Vec<_> = again.into_iter().map(|reply| shown(change.receive(reply, now()))).collect();
    assert_eq!(asked.join(", "), "do Prepare, send Push, do FindBranch, send Push, do FindBranch, -");
}

#[test]
fn a_forge_that_was_there_at_the_review_and_is_not_now_is_waited_for() {
    let none = || ChangeOutcome::NoForge { why: "no token".into(), page: Some("https://f/compare".into()) };
    let mut submission = submission(None, None);
    submission.proposal.forge = ForgeChoice::Known { name: "Gitea".into(), repository: "ops/fleet".into(), token: "git".into() };
    for replies in [vec![none()], vec![lost(), none()]] {
        let mut change = Change::of(&submission, now());
        change.begin(now());
        for reply in [prepared(), ChangeOutcome::Pushed].into_iter().chain(replies) {
            change.receive(reply, now());
        }
        assert_eq!(change.phase().word(), "waiting");
        assert_eq!(change.phase().hint(), "log in to the forge and resume it, or open it by hand at https://f/compare");
        assert_eq!(shown(change.go_on(now())), "do FindPull");
    }
}

#[test]
fn the_next_run_sends_nothing_before_the_user_says_so() {
    for (replies, word) in [
        (vec![], "waiting"),
        (vec![prepared()], "waiting"),
        (vec![prepared(), lost()], "waiting"),
        (vec![prepared(), ChangeOutcome::Pushed], "waiting"),
        (vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))], "follow"),
        (vec![ChangeOutcome::Unchanged], "done"),
    ] {
        let (_, mut change) = run(replies);
        change.take_up(now());
        assert_eq!(change.phase().word(), word);
    }
}

#[test]
fn a_change_that_is_stopped_says_what_stays() {
    for (replies, rest) in [
        (vec![], "nothing was pushed"),
        (vec![prepared()], "may be pushed"),
        (vec![prepared(), ChangeOutcome::Pushed], "is pushed and stays"),
        (vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))], "#12 stays as it is"),
    ] {
        let (_, mut change) = run(replies);
        change.stop("the user stopped it", now());
        assert!(change.phase().message().contains(rest), "{}", change.phase().message());
    }
}

#[test]
fn the_forge_is_asked_at_first_often_and_later_less() {
    let (_, mut change) = run(vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))]);
    let after = |seconds: i64| now().checked_add(SignedDuration::from_secs(seconds)).expect("a time");

    assert_eq!(shown(change.look(None, after(9))), "-");
    assert_eq!(shown(change.look(None, after(10))), "do Look(12)");
    assert_eq!(shown(change.look(None, after(30))), "-", "a question is under way");
    assert_eq!(shown(change.receive(failure(), after(31))), "-");
    assert_eq!((change.phase().word(), change.progress.trouble.as_deref()), ("follow", Some("no network")));
    assert_eq!(change.next_change(after(31)), Some(0));
    change.receive(ChangeOutcome::Pull(Box::new(pull(PullState::Open))), after(700));
    change.progress.asked = Some(after(700));
    assert_eq!(change.next_change(after(710)), Some(50));
}

#[test]
fn without_a_cluster_a_change_ends_with_its_merge_and_a_closed_one_is_stopped() {
    for (state, word) in [(merged(), "done"), (PullState::Closed, "stopped")] {
        let (_, mut change) = run(vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))]);
        change.receive(ChangeOutcome::Pull(Box::new(pull(state))), now());
        assert_eq!(change.phase().word(), word);
    }
}

#[test]
fn that_a_forge_cannot_merge_it_is_said_once_and_only_while_that_is_so() {
    let looked = |is_mergeable| ChangeOutcome::Pull(Box::new(Pull { is_mergeable, ..pull(PullState::Open) }));
    let stuck = "the forge cannot merge #12 at present: main may have changed in the same lines";
    let (_, mut change) = run(vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))]);
    for (is_mergeable, count) in [(None, 0), (Some(true), 0), (Some(false), 1), (Some(false), 1), (Some(true), 1)] {
        change.receive(looked(is_mergeable), now());
        assert_eq!(change.progress.log.iter().filter(|line| line.text == stuck).count(), count, "{is_mergeable:?}");
    }
    let draft = Pull { is_draft: true, is_mergeable: Some(false), ..pull(PullState::Open) };
    let (_, change) = run(vec![prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(draft))]);
    assert!(change.progress.log.iter().all(|line| line.text != stuck), "a draft is not meant to be merged");
}

#[test]
fn that_it_is_queued_is_its_state_and_is_said_once_each_time() {
    let looked = |is_queued| ChangeOutcome::Pull(Box::new(Pull { is_queued, ..pull(PullState::Open) }));
    let (_, mut change) = run(vec![prepared(), ChangeOutcome::Pushed, looked(false)]);
    for (is_queued, word, count) in [(false, "open", 0), (true, "queued", 1), (true, "queued", 1), (false, "open", 1)] {
        change.receive(looked(is_queued), now());
        let said = change.progress.log.iter().filter(|line| line.text == "#12 is queued: the forge merges it as soon as it may");
        assert_eq!((change.progress.pull.as_ref().map(Pull::word), said.count()), (Some(word), count));
    }
    let done = Pull { is_queued: true, ..pull(merged()) };
    assert_eq!(done.word(), "merged", "what was queued is done");
}

#[test]
fn what_others_say_is_kept_without_their_passwords() {
    let why = "cannot reach https://me:PLANTED@git.example.com/f".to_owned();
    for replies in [
        vec![ChangeOutcome::Failed { why: why.clone(), hint: why.clone() }],
        vec![prepared(), ChangeOutcome::Lost { why: why.clone() }],
        vec![ChangeOutcome::Differs { why }],
    ] {
        let text = serde_json::to_string(&run(replies).1).expect("a change can be written");
        assert!(!text.contains("PLANTED"), "{text}");
    }
}

#[test]
fn a_change_is_read_as_it_was_written() {
    let steps = [prepared(), ChangeOutcome::Pushed, ChangeOutcome::Pull(Box::new(pull(PullState::Open)))];
    for count in 0..=steps.len() {
        let (_, change) = run(steps[..count].to_vec());
        let text = serde_json::to_string(&change).expect("a change can be written");
        let read: Change = serde_json::from_str(&text).expect("and read");
        assert_eq!(read.progress.recorded(), change.progress.recorded());
        assert_eq!(read.task(JobId::default()), change.task(JobId::default()));
    }
}

fn offered() -> crate::domain::fork::ForkOffer {
    crate::domain::fork::ForkOffer::New { repository: "ana/fleet".into() }
}

#[test]
fn who_may_not_push_is_asked_before_a_fork_is_made() {
    let barred = || ChangeOutcome::MayNotPush { why: "you may not push to ops/fleet".into(), offer: offered() };
    let (asked, mut change) = run(vec![prepared(), barred()]);
    assert_eq!((asked.join(", ").as_str(), change.phase().word()), ("do Prepare, send Push, -", "waiting"));
    assert_eq!(change.phase().hint(), "F, or `resume --fork`: make the fork ana/fleet, and push to that");
    assert!(change.can_fork());
    // without a word it is only tried once more
    let mut other = change.clone();
    assert_eq!(shown(other.go_on(now())), "do FindBranch");
    assert_eq!(shown(other.fork(now())), "-", "it is looked up now");

    assert_eq!(shown(change.fork(now())), "do Prepare");
    let ChangeOutcome::Prepared(known) = prepared() else { panic!("it is prepared") };
    let prepared = |fork| ChangeOutcome::Prepared(Box::new(PreparedChange { fork: Some(fork), ..(*known).clone() }));
    assert_eq!(shown(change.receive(prepared(offered()), now())), "send Fork");
    assert_eq!(shown(change.receive(ChangeOutcome::Forked("ana/fleet".into()), now())), "do Prepare");
    let there = crate::domain::fork::ForkOffer::There { repository: "ana/fleet".into() };
    assert_eq!(shown(change.receive(prepared(there), now())), "send Push");
    // a fork is refused like any other
    assert_eq!(shown(change.receive(barred(), now())), "-");
    assert_eq!(change.phase().word(), "waiting");
    let text = serde_json::to_string(&change).expect("a change can be written");
    let read: Change = serde_json::from_str(&text).expect("and read");
    assert_eq!(read.progress.recorded(), change.progress.recorded());
    change.stop("the user stopped it", now());
    assert!(change.phase().message().ends_with("; the fork ana/fleet stays"), "{}", change.phase().message());
}

#[test]
fn where_no_fork_can_be_made_it_waits_and_says_why() {
    let no = crate::domain::fork::ForkOffer::No { why: "ops/fleet is private, and may not be forked".into() };
    let ChangeOutcome::Prepared(known) = prepared() else { panic!("it is prepared") };
    let replies = [
        vec![ChangeOutcome::Prepared(Box::new(PreparedChange { fork: Some(no.clone()), ..*known }))],
        vec![prepared(), ChangeOutcome::MayNotPush { why: "you may not push to ops/fleet".into(), offer: no }],
    ];
    for replies in replies {
        let (_, mut change) = run(replies);
        assert_eq!(change.phase().word(), "waiting");
        assert!(change.phase().message().contains("may not be forked"), "{}", change.phase().message());
        assert!(!change.can_fork());
        assert_eq!(shown(change.fork(now())), "-");
    }
}
