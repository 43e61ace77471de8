//! One contract for every forge: the same cases, over each client, against a server of this machine with the answers of the real ones.

mod address;
mod contract;
mod failures;
mod kind;
mod network;
mod sample;
mod schema;
mod secrets;
pub mod server;
mod table;

use hyper_util::client::legacy::connect::HttpConnector;

use super::{Address, Failure, Forge, Network, named};
use crate::credentials::{Source, Token};
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{NewPull, OpenPulls, Pull};
use server::Server;

/// The token of every test: it appears nowhere.
const PLANTED: &str = "PLANTEDTOKEN";

/// The commit that the pull request of the tests is at.
const HEAD: &str = "1111111111111111111111111111111111111111";

/// The words of all forges.
const FORGES: [&str; 4] = ["gitea", "github", "gitlab", "bitbucket"];

fn address(host: &str) -> Address {
    Address { host: host.to_owned(), is_tls: false, owner: "ops".to_owned(), repository: "fleet".to_owned() }
}

/// Directly, whatever proxies the environment has.
fn network() -> Network {
    Network::through(HttpConnector::new())
}

/// The repository on a server, as a forge.
fn forge(word: &str, host: &str) -> Box<dyn Forge> {
    forge_over(&network(), word, host)
}

fn forge_over(network: &Network, word: &str, host: &str) -> Box<dyn Forge> {
    let address = address(host);
    let token = Token::new(PLANTED, address.origin(), Source::Command).expect("a token");
    named(word).expect("a forge").open(network, &address, Some(&token)).expect("its own token")
}

fn new_pull() -> NewPull {
    NewPull {
        title: "scale cart".into(),
        body: "why".into(),
        head: "fluxdeck/scale-1".into(),
        base: "main".into(),
        is_draft: false,
        ..NewPull::default()
    }
}

/// What an operation of a forge returns.
#[derive(Debug)]
enum Got {
    Pulls(Vec<Pull>),
    Pull(Box<Pull>),
    Open(OpenPulls),
    Text(String),
    Said(Vec<String>),
    May(Result<(), String>),
    MayPush(Option<bool>),
    Offer(ForkOffer),
    Ready(bool),
    Branch,
    Done,
}

/// An operation of a forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Find,
    Open,
    Pull,
    DefaultBranch,
    AllOpen,
    Text,
    User,
    Comment,
    Approve,
    OpenDraft,
    Mark,
    Reword,
    Draft(bool),
    MergesLater,
    MergeLater,
    MayPush,
    Fork,
    MakeFork,
    ForkIsReady,
    OpenFork,
    FindFork,
}

/// The fork of the tests.
const FORK: &str = "ana/fleet";

impl Do {
    /// Of one request each.
    const ALL: [Self; 10] = [
        Self::Find,
        Self::Open,
        Self::Pull,
        Self::DefaultBranch,
        Self::AllOpen,
        Self::Text,
        Self::User,
        Self::Comment,
        Self::Approve,
        Self::Reword,
    ];
    const READS: [Self; 6] = [Self::Find, Self::Pull, Self::DefaultBranch, Self::AllOpen, Self::Text, Self::User];
    /// What is sent once, and never again.
    const WRITES: [Self; 4] = [Self::Open, Self::Comment, Self::Approve, Self::Reword];

    async fn result(self, forge: &dyn Forge) -> Result<Got, Failure> {
        match self {
            Self::Find => forge.find("fluxdeck/scale-1", None).await.map(Got::Pulls),
            Self::Open => forge.open(&new_pull()).await.map(|pull| Got::Pull(Box::new(pull))),
            Self::Pull => forge.pull(7).await.map(|pull| Got::Pull(Box::new(pull))),
            Self::DefaultBranch => forge.default_branch().await.map(|_| Got::Branch),
            Self::AllOpen => forge.all_open().await.map(Got::Open),
            Self::Text => forge.text(7).await.map(Got::Text),
            Self::User => forge.user().await.map(Got::Text),
            Self::Comment => forge.comment(7, "who checks the budget?").await.map(|()| Got::Done),
            Self::Approve => forge.approve(7, HEAD).await.map(|()| Got::Done),
            Self::OpenDraft => {
                let draft = NewPull { is_draft: true, ..new_pull() };
                forge.open(&draft).await.map(|pull| Got::Pull(Box::new(pull)))
            }
            Self::Mark => {
                let marked = NewPull { labels: vec!["flux".into()], reviewers: vec!["ana".into()], ..new_pull() };
                forge.mark(7, &marked).await.map(Got::Said)
            }
            Self::Reword => forge.reword(7, "more room", "for black friday").await.map(|()| Got::Done),
            Self::Draft(is_draft) => forge.set_draft(7, is_draft).await.map(|()| Got::Done),
            Self::MergesLater => forge.merges_later("main").await.map(Got::May),
            Self::MergeLater => forge.merge_later(7, HEAD).await.map(|()| Got::Done),
            Self::MayPush => forge.may_push().await.map(Got::MayPush),
            Self::Fork => forge.fork().await.map(Got::Offer),
            Self::MakeFork => forge.make_fork().await.map(Got::Text),
            Self::ForkIsReady => forge.fork_is_ready(FORK).await.map(Got::Ready),
            Self::OpenFork => {
                let new = NewPull { fork: Some(FORK.into()), ..new_pull() };
                forge.open(&new).await.map(|pull| Got::Pull(Box::new(pull)))
            }
            Self::FindFork => forge.find("fluxdeck/scale-1", Some(FORK)).await.map(Got::Pulls),
        }
    }

    /// Does it, and returns what failed.
    async fn failure(self, forge: &dyn Forge) -> Option<Failure> {
        self.result(forge).await.err()
    }
}

/// Opens the pull request of the tests at a server.
async fn opened(word: &str, server: &Server) -> Result<Pull, Failure> {
    let forge = forge(word, &server.host());
    server.during(forge.open(&new_pull())).await
}

/// A connection that there never is.
type Never = hyper_util::rt::TokioIo<tokio::net::TcpStream>;
