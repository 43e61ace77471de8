use std::process::Command;

use fluxdeck_model::render::tree::Memory;

use super::super::Attributes;
use super::*;

const ROOT: &str = "[attr]hidden filter=git-crypt diff=git-crypt\n*.bin filter=lfs diff=lfs merge=lfs -text\n\
    secrets/** hidden\n\"with blank/*.yaml\" filter=quoted\n/top.yaml filter=top\n*.set filter\napps/*.yaml filter=apps\n";
const FOLDER: &str = "*.bin -filter\nkept.bin filter=own\nreset.bin !filter\n[attr]nested filter=nested\nx.yaml nested\n";

fn files() -> Vec<(&'static str, &'static str)> {
    let mut files =
        vec![(".gitattributes", ROOT), ("apps/.gitattributes", FOLDER), ("apps/deep/.gitattributes", "*.bin filter=deep\n")];
    files.extend(PATHS.iter().map(|path| (*path, "x")));
    files
}

const PATHS: &[&str] = &[
    "a.bin",
    "apps/a.bin",
    "apps/kept.bin",
    "apps/reset.bin",
    "apps/deep/a.bin",
    "apps/deep/kept.bin",
    "apps/x.yaml",
    "apps/deep/x.yaml",
    "secrets/a.yaml",
    "secrets/deep/a.yaml",
    "deep/secrets/a.yaml",
    "with blank/a.yaml",
    "top.yaml",
    "apps/top.yaml",
    "a.set",
    "plain.yaml",
    "BIN",
    "a.BIN",
];

/// `path: filter` for each that has one, by the user's git.
fn by_git(dir: &Path) -> Vec<String> {
    let mut git = Command::new("git");
    git.current_dir(dir).args(["-c", "core.attributesFile=/dev/null", "check-attr", "-z", "filter", "--"]).args(PATHS);
    let done = git.env("GIT_ATTR_NOSYSTEM", "1").output().expect("git");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8(done.stdout).expect("a text");
    let words: Vec<_> = said.split('\0').collect();
    let answers = words.chunks_exact(3).filter(|answer| !["unspecified", "unset", "set"].contains(&answer[2]));
    answers.map(|answer| format!("{}: {}", answer[0], answer[2])).collect()
}

fn by_us(attributes: &Attributes, tree: &dyn Tree) -> Vec<String> {
    let found = PATHS.iter().filter_map(|path| Some((path, attributes.filter(tree, path)?)));
    found.map(|(path, filter)| format!("{path}: {filter}")).collect()
}

#[test]
fn the_filter_of_a_path_is_the_one_that_git_finds() {
    let dir = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(dir.path()).expect("a repository");
    files().into_iter().for_each(|(path, text)| write(dir.path(), path, text));
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    let alone = Attributes { wide: Vec::new(), own: checkout.attributes().own };
    let expected = by_git(dir.path());
    assert!(expected.len() > 8, "{expected:?}");
    assert_eq!(by_us(&alone, checkout.view(None).expect("files").tree()), expected);
    assert_eq!(by_us(&alone, &Memory::new(files())), expected, "whatever the tree is made of");
    let id = commit(&repository);
    assert_eq!(by_us(&alone, checkout.view(Some(&id)).expect("files").tree()), expected);

    // above all of them
    write(dir.path(), ".git/info/attributes", "*.bin -filter\n[attr]mine filter=mine\nplain.yaml mine\n");
    let above = Attributes { wide: Vec::new(), own: Checkout::open(dir.path()).expect("a checkout").attributes().own };
    let expected = by_git(dir.path());
    assert!(expected.contains(&"plain.yaml: mine".to_owned()) && !expected.contains(&"a.bin: lfs".to_owned()), "{expected:?}");
    assert_eq!(by_us(&above, &Memory::new(files())), expected);
}

#[test]
fn what_a_user_says_everywhere_is_weaker_than_what_a_repository_says() {
    let wide = |text: &str| Attributes { wide: vec![text.as_bytes().to_vec()], own: None };
    let tree = Memory::new([(".gitattributes", "a.yaml -filter\n"), ("a.yaml", "x"), ("b.yaml", "x")]);
    let attributes = wide("*.yaml filter=mine\n");
    assert_eq!((attributes.filter(&tree, "a.yaml"), attributes.filter(&tree, "b.yaml")), (None, Some("mine".to_owned())));
    // what cannot be read gives no filter, and nothing else
    let mut hostile = Memory::new([("a.yaml", "x")]);
    hostile.insert(".gitattributes", b"\xff\xfe [attr] \"unended filter=\n* filter=x\n");
    assert_eq!(Attributes::default().filter(&hostile, "a.yaml"), Some("x".to_owned()));
    hostile.link(".gitattributes", "elsewhere");
    hostile.remove(".gitattributes");
    assert_eq!(Attributes::default().filter(&hostile, "a.yaml"), None);
}
