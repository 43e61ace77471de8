//! `E`: the file that makes an object, in the user's editor, from any row; what is typed goes to its review, and is never lost.

use super::driver::Driver;
use super::proposals;
use super::reviews::{ROW, live, ready};
use fluxdeck_model::change::{ChangeOrder, FileChoice, LayerChoice, Proposed};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Effect, Manuscript, Message, Reply, Settings, Terminal, Ticket};

const FILE: &str = "flux/apps/production/kustomization.yaml";
const TEXT: &str = "resources: [web]\nreplicas:\n- name: checkout\n  count: 2\n";
const PATH: &str = "/state/edits/x.yaml";

fn asked(deck: &mut Driver) -> (Ticket, ChangeOrder) {
    let (ticket, query) = deck.api().manuscripts.last().expect("a file to be opened").clone();
    (ticket, query.order)
}

async fn answer(deck: &mut Driver, ticket: Ticket, reply: Reply) {
    deck.receive(Message::Reply(ticket, reply));
    deck.settle().await;
}

fn files() -> Reply {
    let one = |file: &str, line, word: &str| FileChoice { at: proposals::line(file, line), word: word.to_owned() };
    Reply::Files(vec![one(FILE, 3, "replicas"), one("flux/apps/base/checkout/deployment.yaml", 1, "resource")])
}

/// The file is there: the editor gets the terminal. Returns the ticket that it answers to.
async fn lent(deck: &mut Driver) -> Ticket {
    let (ticket, order) = asked(deck);
    let layer = LayerChoice::At { file: FILE.to_owned(), line: 3 };
    let order = ChangeOrder { layer, ..order };
    let manuscript = Manuscript { text: TEXT.to_owned(), path: PATH.to_owned(), line: 3, order };
    answer(deck, ticket, Reply::Manuscript(Box::new(manuscript))).await;
    editor(deck)
}

fn editor(deck: &Driver) -> Ticket {
    match deck.effects.last() {
        Some(Effect::Terminal(Terminal::Edit { path, line: 3, answers: Some(ticket) })) if path == PATH => *ticket,
        other => panic!("the editor has no terminal: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_files_one_is_chosen_and_what_is_typed_is_reviewed() {
    for (width, height) in [(80, 24), (180, 50)] {
        let mut deck = live(width, height).await;
        deck.keys(ROW).await.keys("E").await.shows("building it as git has it");
        let (ticket, order) = asked(&mut deck);
        assert_eq!((&*order.playbook, &order.layer), ("edit-file", &LayerChoice::Set));
        answer(&mut deck, ticket, files()).await;
        deck.shows("several files make it: which one?").shows(&format!("> 1  {FILE}:3  replicas"));
        deck.keys("j").await.shows("> 2  flux/apps/base/checkout/deployment.yaml:1  resource");
        deck.keys("k enter").await;
        let (_, order) = asked(&mut deck);
        assert_eq!(order.layer, LayerChoice::At { file: FILE.to_owned(), line: 3 });
        let ticket = lent(&mut deck).await;
        // it fails, and then leaves what cannot be taken: what was typed stays, and the editor is a key away
        answer(&mut deck, ticket, Reply::Failed(Error::failed("the editor failed", ""))).await;
        deck.shows("the editor failed").keys("enter").await;
        let ticket = editor(&deck);
        answer(&mut deck, ticket, Reply::Edited("resources: [\n".to_owned())).await;
        deck.shows("the text cannot be taken").keys("E").await;
        let ticket = editor(&deck);
        answer(&mut deck, ticket, Reply::Edited(TEXT.replace("count: 2", "count: 5"))).await;
        deck.shows("planning");
        let query = deck.asked();
        let edit = query.order.by_hand.as_deref().expect("what was typed");
        assert_eq!(edit.applied(TEXT).as_deref(), Ok(&*TEXT.replace("count: 2", "count: 5")));
        assert_eq!((&*edit.file, query.order.settings.len()), (FILE, 0));
        assert_eq!(query.object.map(|object| object.to_string()).as_deref(), Some("Deployment shop/checkout"));
        // refused: the same file again, with what was typed
        let refusal = fluxdeck_model::change::ChangeRefusal { order: query.order.clone(), ..proposals::refused() };
        let refusal =
            fluxdeck_model::change::ChangeRefusal { set_at: Some(proposals::line(FILE, 4)), ways: Vec::new(), ..refusal };
        deck.plan(Proposed::Refused(Box::new(refusal))).await;
        deck.shows("in $EDITOR again").keys("E").await;
        let (_, order) = asked(&mut deck);
        assert_eq!((order.by_hand.as_deref(), &order.layer), (Some(edit), &LayerChoice::At { file: FILE.to_owned(), line: 4 }));
        let ticket = lent(&mut deck).await;
        answer(&mut deck, ticket, Reply::Edited(TEXT.replace("count: 2", "count: 6"))).await;
        let order = deck.asked().order;
        deck.plan(ready(&order, |_| {})).await;
        deck.shows("6 + replicas").keys("enter").await;
        assert_eq!(deck.api().steps[0].2.order.by_hand, order.by_hand);
        deck.hides("edit-file Deployment").hides("is kept");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_changed_where_nothing_was_typed_and_read_only_opens_nothing() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("E").await;
    let ticket = lent(&mut deck).await;
    answer(&mut deck, ticket, Reply::Edited(TEXT.to_owned())).await;
    deck.shows("nothing was changed").hides("edit-file");
    assert!(deck.api().plans.is_empty());

    let mut deck = Driver::live(100, 30, Settings { readonly: true, ..Settings::default() }).await;
    deck.keys(ROW).await.keys("E").await.shows("read-only");
    assert!(deck.api().manuscripts.is_empty());
    // what a chart makes has no file: its release has
    let mut deck = live(100, 30).await;
    deck.keys(": \"deploy_/web-server\" enter E").await.shows("edit-file HelmRelease shop/web");
    let (ticket, _) = asked(&mut deck);
    let why = "a.yaml is encrypted by SOPS (line 9)";
    answer(&mut deck, ticket, Reply::Failed(Error::failed(why, "use `sops edit`"))).await;
    deck.shows(why).shows("use `sops edit`").keys("esc").await.hides(why);
}
