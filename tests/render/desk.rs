//! The desk over real repositories: what its warm threads answer is what a fresh builder says of a fresh checkout, whatever was asked and
//! committed before; what it keeps is bounded; and no cluster is anywhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fluxdeck::git::Checkout;
use fluxdeck::runtime::{Bench, Desk, Repositories};
use fluxdeck_model::error::Result;
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::render::Layer;
use fluxdeck_model::render::flux;
use fluxdeck_model::render::read::{self, TextPlace};
use fluxdeck_model::render::repository::{BuildRequest, Builder, Member};
use fluxdeck_model::render::tree::Tree as _;
use git2::{Index, IndexEntry, IndexTime, ObjectType, Repository, Signature};

use super::fleet;

const URL: &str = "https://git.example.test/fleet.git";

/// A bare repository in a folder of its own.
struct Ground {
    folder: tempfile::TempDir,
    repository: Repository,
}

impl Ground {
    fn new(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let repository = Self::make(folder.path(), url);
        Self { folder, repository }
    }

    fn make(folder: &Path, url: &str) -> Repository {
        let repository = Repository::init_bare(folder).expect("a repository");
        repository.remote("origin", url).expect("a remote");
        repository
    }

    /// Writes (or, without text, removes) files on top of a commit.
    fn commit(&self, on: Option<&str>, files: &[(&str, Option<&[u8]>)]) -> String {
        let parent = on.map(|id| self.repository.find_commit(id.parse().expect("an id")).expect("a commit"));
        let mut index = Index::new().expect("an index");
        if let Some(parent) = &parent {
            index.read_tree(&parent.tree().expect("a tree")).expect("read");
        }
        for (path, text) in files {
            match text {
                Some(text) => index.add(&self.entry(path, text)).expect("added"),
                None => index.remove(Path::new(path), 0).expect("removed"),
            }
        }
        let tree = self.repository.find_tree(index.write_tree_to(&self.repository).expect("a tree")).expect("a tree");
        let who = Signature::new("t", "t@example.test", &git2::Time::new(0, 0)).expect("a name");
        let parents: Vec<_> = parent.iter().collect();
        self.repository.commit(None, &who, &who, "x", &tree, &parents).expect("committed").to_string()
    }

    fn entry(&self, path: &str, text: &[u8]) -> IndexEntry {
        let (id, never) = (self.repository.odb().expect("objects"), IndexTime::new(0, 0));
        IndexEntry {
            ctime: never,
            mtime: never,
            dev: 0,
            ino: 0,
            mode: 0o100_644,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: id.write(ObjectType::Blob, text).expect("written"),
            flags: 0,
            flags_extended: 0,
            path: path.as_bytes().to_vec(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there")
    }
}

fn at(url: &str, id: &str) -> Commit {
    Commit { url: url.into(), id: id.into() }
}

fn desk(folders: &[&Path]) -> Desk {
    Desk::of(Repositories::of(folders.iter().map(|folder| (*folder).to_owned()).collect(), None))
}

async fn one(desk: &Desk, at: &Commit, request: &BuildRequest) -> Result<Member> {
    let (id, request) = (at.id.clone(), request.clone());
    desk.ask(at, false, move |bench| bench.one(&id, &request)).await
}

/// Builds all that a commit declares.
async fn build(desk: &Desk, at: &Commit) -> Result<String> {
    let id = at.id.clone();
    let work = move |bench: &mut Bench| {
        let Bench { checkout, builder, .. } = bench;
        let view = checkout.view(Some(&id))?;
        let built = builder.build(view.tree())?;
        Ok(format!("{built:?}"))
    };
    desk.ask(at, false, work).await
}

/// Every Kustomization that the fleet declares, as if a cluster had it, with values that only the cluster has.
fn requests() -> Vec<BuildRequest> {
    let text = "kind: ConfigMap\ndata: {zone: of-the-cluster, domain: of-the-cluster, cluster: of-the-cluster}\n";
    let node = read::document(text.as_bytes(), &TextPlace::file(&"cluster-vars".into(), Layer::Cluster)).expect("YAML");
    let values = flux::values(&node.expect("a document")).expect("values");
    let repository = fleet::repository();
    let request = |(place, member): (_, &Member)| BuildRequest {
        uid: format!("{place:?}").into(),
        spec: Arc::clone(&member.spec),
        ignore: None,
        composed: None,
        values: BTreeMap::from([(("ConfigMap".into(), "cluster-vars".into()), values.clone())]),
        unset: Default::default(),
    };
    repository.members().map(request).collect()
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

#[tokio::test]
async fn what_is_warm_says_what_is_cold_from_commit_to_commit() {
    let (ground, mut numbers) = (Ground::new(URL), Numbers(14));
    let memory = fleet::in_memory();
    let files: Vec<_> = memory.paths().filter_map(|path| Some((path.to_owned(), memory.read(path).ok()?))).collect();
    let all: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), Some(&text[..]))).collect();
    let mut commits = vec![ground.commit(None, &all)];
    let (desk, folder, requests) = (desk(&[&ground.path()]), ground.path(), requests());
    for step in 0..24 {
        let on = commits[numbers.below(commits.len())].clone();
        let (path, text) = &files[numbers.below(files.len())];
        // a line more moves everything below it; a digit is a value or a name
        let edited = match numbers.below(4) {
            0 | 1 => Some([b"# moved\n", &text[..]].concat()),
            2 => Some(text.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte }).collect()),
            _ => None,
        };
        let is_there = edited.is_some() || ground.repository.revparse_single(&format!("{on}:{path}")).is_ok();
        if is_there {
            commits.push(ground.commit(Some(&on), &[(path, edited.as_deref())]));
        }
        let (commit, request) = (at(URL, &commits[numbers.below(commits.len())]), &requests[numbers.below(requests.len())]);
        let checkout = Checkout::open(&folder).expect("a checkout");
        let view = checkout.view(Some(&commit.id)).expect("a commit");
        let cold = Builder::default().one(view.tree(), request).expect("it can be read");
        let warm = one(&desk, &commit, request).await.expect("an answer");
        assert_eq!(format!("{warm:?}"), format!("{cold:?}"), "step {step}: {}", request.spec.id());
        if step % 6 == 5 {
            let cold = Builder::default().build(view.tree()).expect("it can be read");
            assert!(build(&desk, &commit).await.expect("an answer") == format!("{cold:?}"), "step {step}: everything");
        }
    }
    assert_eq!(desk.kept().len(), 1, "one thread did all of it");
}

#[tokio::test]
async fn of_what_a_view_asks_only_what_it_still_waits_for_is_worked_on() {
    let ground = Ground::new(URL);
    let commit = at(URL, &ground.commit(None, &[("a.yaml", Some(b"a: 1\n"))]));
    let (desk, worked) = (desk(&[&ground.path()]), Arc::new(AtomicUsize::new(0)));
    let ask = |work: Box<dyn FnOnce() -> usize + Send>| {
        let (desk, commit) = (desk.clone(), commit.clone());
        tokio::spawn(async move { desk.ask(&commit, false, |_| Ok(work())).await })
    };
    let count = || {
        let worked = worked.clone();
        Box::new(move || worked.fetch_add(1, Ordering::SeqCst))
    };
    // known from here on, so that every question goes straight to the thread
    ask(count()).await.expect("no panic").expect("an answer");
    let ((begun, has_begun), (go_on, wait)) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel::<()>());
    let busy = ask(Box::new(move || {
        let _ = begun.send(());
        let _ = wait.recv();
        0
    }));
    has_begun.await.expect("it is worked on");
    for _ in 0..3 {
        let before = ask(count());
        tokio::task::yield_now().await;
        before.abort();
        assert!(before.await.is_err_and(|error| error.is_cancelled()));
    }
    let last = ask(count());
    tokio::task::yield_now().await;
    go_on.send(()).expect("it waits");

    last.await.expect("no panic").expect("an answer");
    busy.await.expect("no panic").expect("an answer");
    assert_eq!(worked.load(Ordering::SeqCst), 2, "the first and the last");
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_the_repository_that_rested_longest_goes_whole() {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: \"{}\"}}\n", "x".repeat(3 << 20));
    let urls = ["a", "b", "c"].map(|name| format!("https://git.example.test/{name}.git"));
    let grounds = urls.clone().map(|url| Ground::new(&url));
    let commits: Vec<_> = urls
        .iter()
        .zip(&grounds)
        .map(|(url, ground)| at(url, &ground.commit(None, &[("x/a.yaml", Some(text.as_bytes()))])))
        .collect();
    let mut request = requests().remove(0);
    let mut spec = (*request.spec).clone();
    spec.path = "x".into();
    request.spec = Arc::new(spec);
    let folders = grounds.iter().map(Ground::path).collect();
    // two fit, three do not
    let desk = Desk::with(Repositories::of(folders, None), 24 << 20);
    let ask = async |which: usize| {
        let built = one(&desk, &commits[which], &request).await.expect("an answer");
        assert_eq!(built.outcome.objects().len(), 1, "{:?}", built.outcome);
        let kept = desk.kept();
        assert!(kept.iter().map(|(_, bytes)| bytes).sum::<usize>() <= 24 << 20, "{kept:?}");
        let place = |(folder, _): (PathBuf, usize)| grounds.iter().position(|ground| ground.path() == folder);
        kept.into_iter().map(|kept| place(kept).expect("one of ours")).collect::<Vec<_>>()
    };

    assert_eq!(ask(0).await, [0]);
    assert_eq!(ask(1).await, [0, 1]);
    assert_eq!(ask(0).await, [1, 0], "asked again, it stays longer");
    assert_eq!(ask(2).await, [0, 2]);
    assert_eq!(ask(1).await, [2, 1], "it comes back as if it had never been there");

    let small = Desk::with(Repositories::of(vec![grounds[0].path()], None), 0);
    one(&small, &commits[0], &request).await.expect("what is too large is answered all the same");
    assert!(small.kept().is_empty());
}

#[tokio::test]
async fn a_commit_is_found_where_it_is_now() {
    const FILE: &[u8] = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let (first, second) = (Ground::new(URL), Ground::new(URL));
    let old = at(URL, &first.commit(None, &[("a.yaml", Some(FILE))]));
    let desk = desk(&[&first.path(), &second.path()]);
    build(&desk, &old).await.expect("it is in the first");

    // made since, in the same place and in another one
    let new = at(URL, &first.commit(Some(&old.id), &[("b.yaml", Some(FILE))]));
    build(&desk, &new).await.expect("it was fetched since");
    let other = at(URL, &second.commit(None, &[("c.yaml", Some(FILE))]));
    build(&desk, &other).await.expect("it is in the second");
    build(&desk, &old).await.expect("it is in the first still");

    // cloned again in the same place
    let folder = first.path();
    std::fs::remove_dir_all(&folder).expect("removed");
    let fresh = Ground { repository: Ground::make(&folder, URL), folder: first.folder };
    let again = at(URL, &fresh.commit(None, &[("d.yaml", Some(FILE))]));
    build(&desk, &again).await.expect("it is there again");
    assert!(build(&desk, &at(URL, &"0".repeat(40))).await.is_err());
}
