use std::path::Path;
use std::process::Command;

use super::*;
use fluxdeck_model::render::remote::RemoteState;
use fluxdeck_model::render::repository::Repository;
use fluxdeck_model::render::tree::{Memory, Tree};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: remote}\n";
const URL: &str = "https://git.example.test/o/r";

fn git(folder: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"];
    let done = Command::new("git").args(who).args(arguments).current_dir(folder).output().expect("git");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// The repository of [`URL`], and a cache whose clone leads there.
fn bed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let server = dir.path().join("server");
    std::fs::create_dir_all(server.join("deploy")).expect("made");
    std::fs::write(server.join("deploy/kustomization.yaml"), "resources: [map.yaml]\n").expect("written");
    std::fs::write(server.join("deploy/map.yaml"), MAP).expect("written");
    git(&server, &["init", "--quiet", "--initial-branch=main"]);
    git(&server, &["add", "."]);
    git(&server, &["commit", "--quiet", "-m", "one"]);
    git(&server, &["tag", "v1"]);
    let clone = crate::git::clone_of(&dir.path().join("cache"), URL);
    crate::git::make_clone(&clone).expect("made");
    git(&clone, &["config", &format!("url.file://{}.insteadOf", server.display()), URL]);
    dir
}

fn tree(reference: &str) -> Memory {
    let list = format!("resources: ['git::{URL}//deploy{reference}', own.yaml]\n");
    let own = MAP.replace("remote", "own");
    Memory::new([("kustomization.yaml", list.as_str()), ("own.yaml", own.as_str())])
}

fn build(store: &RemoteStore, builder: &mut Builder, tree: &dyn Tree) -> Repository {
    let build = |builder: &mut Builder| Ok(builder.build(tree)?);
    store.complete(builder, build, |repository, look| repository.remotes().for_each(look)).expect("it can be read")
}

/// The names of the objects, and what is known of the address.
fn seen(repository: &Repository) -> (Vec<String>, String) {
    let objects = repository.members().flat_map(|(_, member)| member.outcome.objects());
    let name = |node: &fluxdeck_model::render::Node| {
        node.at(&["metadata", "name"]).and_then(fluxdeck_model::render::Node::text).unwrap_or_default().to_owned()
    };
    let state = repository.remotes().flat_map(|uses| &uses.all).map(|one| match &one.state {
        RemoteState::Known(revision) if revision.moves => "moves".to_owned(),
        RemoteState::Known(_) => "fixed".to_owned(),
        RemoteState::Missing { wants: Some(_), .. } => "missing".to_owned(),
        RemoteState::Missing { why, .. } => why.clone(),
    });
    (objects.map(|object| name(&object.node)).collect(), state.collect())
}

#[test]
fn a_repository_is_brought_once_asked_for_and_read_from_then_on() {
    let bed = bed();
    let here = RemoteStore::of(Some(bed.path().join("cache"))).under(WebPolicy { plain: true, private: true });
    let (only_own, both) = (vec!["own".to_owned()], vec!["remote".to_owned(), "own".to_owned()]);
    for (reference, state) in [("?ref=v1", "fixed"), ("?ref=main", "moves"), ("", "moves")] {
        let tree = tree(reference);
        let mut builder = Builder::default();
        assert_eq!(seen(&build(&here, &mut builder, &tree)), (only_own.clone(), "missing".to_owned()), "{reference}");
        let fetching = here.clone().fetching().expect("there is a place");
        assert_eq!(seen(&build(&fetching, &mut builder, &tree)), (both.clone(), state.to_owned()), "{reference}");
        assert_eq!(seen(&build(&here, &mut Builder::default(), &tree)), (both.clone(), state.to_owned()), "{reference}");
    }
    let gone = seen(&build(&here.fetching().expect("a place"), &mut Builder::default(), &tree("?ref=gone")));
    assert_eq!(gone.0, Vec::<String>::new(), "a name that is not there fails the build: {gone:?}");
}

#[test]
fn a_tag_that_has_moved_is_said_to_move() {
    let bed = bed();
    let store = RemoteStore::of(Some(bed.path().join("cache"))).fetching().expect("there is a place");
    let look = || seen(&build(&store, &mut Builder::default(), &tree("?ref=v1"))).1;
    assert_eq!([look(), look()], ["fixed", "fixed"]);
    let server = bed.path().join("server");
    git(&server, &["commit", "--quiet", "--allow-empty", "-m", "two"]);
    git(&server, &["tag", "--force", "v1"]);
    assert_eq!([look(), look()], ["moves", "moves"]);
    // without an answer, what was brought before is used
    std::fs::rename(&server, bed.path().join("away")).expect("moved");
    assert_eq!(look(), "moves");
}

#[test]
fn nothing_is_brought_where_nobody_asked_and_a_store_without_a_place_cannot() {
    let bed = bed();
    // what the repository says of itself does not count
    let mut tree = tree("?ref=v1");
    tree.insert(".fluxdeck.toml", b"fetch = true\n");
    let here = RemoteStore::of(Some(bed.path().join("cache")));
    assert_eq!(seen(&build(&here, &mut Builder::default(), &tree)).1, "missing");
    assert!(RemoteStore::default().fetching().is_err_and(|error| error.message.contains("no directory")));
}

#[test]
fn a_file_is_kept_by_its_address_and_its_digest_and_a_torn_one_is_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let cache = Cache(dir.path().to_owned());
    let url: Text = "https://me:hunter2@example.test/v1.2.3/crds.yaml".into();
    let ask = RemoteAsk::Web(url.clone());
    assert!(cache.answer(&ask).is_none());
    for text in ["one", "two"] {
        let Ok(RemoteAnswer::Found(bytes, revision)) = cache.keep(&url, text.as_bytes().to_vec()) else { panic!("it is kept") };
        assert_eq!((&bytes[..], revision.moves), (text.as_bytes(), false));
        let Some(Answer::File(_, RemoteAnswer::Found(read, known))) = cache.answer(&ask) else { panic!("it is there") };
        assert_eq!((read, known), (bytes, revision));
    }
    let folders: Vec<_> = std::fs::read_dir(dir.path().join("remotes")).expect("made").flatten().collect();
    let [folder] = &folders[..] else { panic!("one folder: {folders:?}") };
    assert!(!folder.file_name().to_string_lossy().contains("hunter2"));
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("read").flatten().map(|file| file.path()).collect();
    assert_eq!(files.len(), 2, "the old one is gone: {files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).expect("it").permissions().mode() & 0o777;
        assert_eq!((mode(&folder.path()), mode(&files[0])), (0o700, 0o600));
    }
    let blob = files.iter().find(|file| file.file_name().is_some_and(|name| name.len() == 64)).expect("it");
    std::fs::write(blob, "torn").expect("written");
    assert!(cache.answer(&ask).is_none());
}

#[test]
fn a_file_of_the_web_is_brought_and_used_while_there_is_no_answer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/v1.2.3/map.yaml", listener.local_addr().expect("bound"));
    let serve = move || {
        // one answer, and nothing from then on
        if let Ok((mut stream, _)) = listener.accept() {
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{MAP}", MAP.len());
            let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
        }
    };
    let served = std::thread::Builder::new().spawn(serve).expect("a thread");
    let dir = tempfile::tempdir().expect("a folder");
    let store = RemoteStore::of(Some(dir.path().to_owned())).under(WebPolicy { plain: true, private: true });
    let store = store.fetching().expect("there is a place");
    let list = format!("resources: ['{url}']\n");
    let tree = Memory::new([("kustomization.yaml", list.as_str())]);
    let look = || seen(&build(&store, &mut Builder::default(), &tree));
    assert_eq!(look(), (vec!["remote".to_owned()], "fixed".to_owned()));
    served.join().expect("it has answered");
    assert_eq!(look(), (vec!["remote".to_owned()], "fixed".to_owned()));
}
