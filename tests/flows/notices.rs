//! What is said on the message line: it ends by itself, and never hides why the connection is down.

use super::driver::Driver;
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::{Effect, Intent, Link, Message, News, Settings};

const WHY: &str = "connection refused";

async fn live() -> Driver {
    Driver::live(80, 24, Settings::default()).await
}

impl Driver {
    /// Wants everything to be read again, of a session that has not said anything yet.
    fn refresh(&mut self) {
        self.app.intend(Intent::Refresh);
        let effects = self.app.take_effects();
        assert!(matches!(effects[..], [Effect::Refresh { .. }]), "{effects:?}");
    }

    async fn receive_link(&mut self, link: Link) {
        let cluster = self.app.state().cluster();
        let news = Message::Cluster(cluster.id, cluster.epoch, News::Link(link));
        self.receive(news);
        self.settle().await;
    }
}

fn stale(deck: &Driver) -> Link {
    Link::Stale { since: deck.now, why: format!("cannot reach the API server at https://prod.example.test:6443: {WHY}") }
}

#[tokio::test(start_paused = true)]
async fn a_notice_ends_by_itself_and_an_error_with_the_next_key() {
    let mut deck = live().await;
    deck.keys("]").await.shows("there is no other view in the history");
    assert!((1..=10).contains(&deck.next_change()), "a frame is drawn when it ends");
    deck.later(9).await;
    deck.shows("there is no other view in the history");
    deck.later(1).await;
    deck.hides("there is no other view in the history");

    deck.keys(": \"nonsense\" enter").await.shows("`nonsense`");
    deck.later(3600).await;
    deck.shows("`nonsense`");
    deck.keys("j").await.hides("`nonsense`");
}

#[tokio::test(start_paused = true)]
async fn why_the_connection_is_down_is_shown_beside_any_notice() {
    let mut deck = live().await;
    let down = stale(&deck);
    deck.receive_link(down).await;
    deck.shows(WHY);
    deck.keys("]").await.shows(WHY).shows("there is no other view in the history");
    deck.keys(": \"nonsense\" enter").await.shows(WHY).shows("`nonsense`");
    // a small screen has one line for it
    deck.resize(80, 12);
    deck.shows("what you see is from");
    deck.resize(80, 24);

    deck.refresh();
    deck.receive_link(Link::Connecting).await;
    deck.shows("reading everything again");
    let gone = Error::new(ErrorKind::Unreachable, format!("the certificate file is gone: {WHY}"), "check the kubeconfig");
    deck.receive_link(Link::Unreachable(gone)).await;
    deck.shows(WHY).hides("reading everything again");
}

#[tokio::test(start_paused = true)]
async fn reading_everything_again_is_shown_until_it_is_live() {
    let mut deck = live().await;
    deck.refresh();
    deck.receive_link(Link::Connecting).await;
    deck.shows("reading everything again");
    deck.receive_link(Link::Live).await;
    deck.hides("reading everything again");
}
