use super::*;

fn denied(globs: &[&str], path: &str) -> bool {
    let deny = DenyList::new(globs.iter().map(|glob| (*glob, RuleOwner::Repository))).expect("globs");
    why_by(&Memory::default(), path, &deny, &|_| None).is_some()
}

#[test]
fn a_glob_denies_what_it_names_and_everything_in_it() {
    for (glob, path) in [
        ("clusters/*/flux-system/**", "clusters/prod/flux-system/gotk-sync.yaml"),
        ("clusters/prod", "clusters/prod/apps.yaml"),
        ("/clusters/prod/", "clusters/prod/deep/apps.yaml"),
        ("*.lock", "any/where/flake.lock"),
        ("flux-system", "clusters/a/flux-system/x.yaml"),
        ("flux-system/", "clusters/a/flux-system/x.yaml"),
        ("apps/{web,api}/*.yaml", "apps/api/a.yaml"),
        ("apps/[ab]?.yaml", "apps/a1.yaml"),
        ("**", "a.yaml"),
    ] {
        assert!(denied(&[glob], path), "{glob} denies {path}");
    }
    for (glob, path) in [
        ("clusters/*/x.yaml", "clusters/a/b/x.yaml"),
        ("clusters/prod", "clusters/production/apps.yaml"),
        ("/prod", "clusters/prod2/a.yaml"),
        ("*.lock", "a.lock.yaml"),
        ("apps/a.yaml", "old/apps/a.yaml"),
        ("Apps/**", "apps/a.yaml"),
    ] {
        assert!(!denied(&[glob], path), "{glob} leaves {path}");
    }
}

#[test]
fn a_denial_names_its_glob_and_whose_it_is() {
    let deny = DenyList::new([("secrets/**", RuleOwner::User), ("apps/**", RuleOwner::Repository)]).expect("globs");
    let why = |path: &str| why_by(&Memory::default(), path, &deny, &|_| None);
    assert_eq!(why("secrets/a.yaml"), Some(LockReason::Denied { glob: "secrets/**".to_owned(), by: RuleOwner::User }));
    assert_eq!(why("apps/a.yaml"), Some(LockReason::Denied { glob: "apps/**".to_owned(), by: RuleOwner::Repository }));
    assert_eq!(why("other/a.yaml"), None);
    assert_eq!(deny.globs("apps/a.yaml"), ["apps/**"]);
}

#[test]
fn a_repository_says_what_it_denies_and_how_changes_are_made() {
    let text = "deny = [\"a/**\"]\n[changes]\ndeny = [\"b/**\"]\nbranch = \"bot/{change}\"\nsign-off = true\n";
    let policy = RepositoryPolicy::read(text.as_bytes()).expect("rules");
    assert_eq!(policy.deny().collect::<Vec<_>>(), ["a/**", "b/**"]);
    assert_eq!((policy.changes.branch.as_deref(), policy.changes.sign_off), (Some("bot/{change}"), Some(true)));
    assert_eq!(RepositoryPolicy::read(b"").expect("no rules"), RepositoryPolicy::default());
}

#[test]
fn a_file_of_rules_is_read_strictly_and_an_error_names_its_line() {
    let large = "# ".to_owned() + &"x".repeat(70_000);
    let deep = format!("deny = {}{}", "[".repeat(5000), "]".repeat(5000));
    for (text, said) in [
        ("deny = []\ndenny = []\n", ".fluxdeck.toml:2: unknown field `denny`"),
        ("[changes]\nbranch = 3\n", ".fluxdeck.toml:2: invalid type"),
        ("deny = \"a\"\n", ".fluxdeck.toml:1: invalid type"),
        ("deny = [\n", ".fluxdeck.toml:1"),
        ("a\u{1b}[2J = 1\n", ".fluxdeck.toml:1"),
        (large.as_str(), ".fluxdeck.toml: it is larger than 65536 bytes"),
        (deep.as_str(), ".fluxdeck.toml:1"),
    ] {
        let error = RepositoryPolicy::read(text.as_bytes()).expect_err(text);
        assert!(error.message.starts_with(said) && !error.message.contains(char::is_control), "{error}");
    }
    assert!(RepositoryPolicy::read(&[0xff]).is_err_and(|error| error.message.contains("not UTF-8")));
}

#[test]
fn globs_of_a_stranger_are_bounded() {
    let many = vec![("a", RuleOwner::Repository); 1001];
    let long = "a".repeat(1000);
    for globs in [
        many,
        vec![("[", RuleOwner::Repository)],
        vec![("{a", RuleOwner::Repository)],
        vec![(long.as_str(), RuleOwner::Repository)],
    ] {
        let error = DenyList::new(globs.iter().copied()).expect_err("refused");
        assert!(error.message.contains("glob"), "{error}");
    }
    // nothing in it takes exponential time
    let nested = format!("{}{}", "{a,".repeat(60), "}".repeat(60));
    let stars = "*a".repeat(200);
    for glob in [nested.as_str(), stars.as_str()] {
        let _ = DenyList::new([(glob, RuleOwner::Repository)]).map(|deny| deny.globs(&"a".repeat(4000)).len());
    }
}

#[test]
fn rules_that_are_there_and_cannot_be_read_are_not_taken_for_none() {
    let file = |text: &str| {
        let mut tree = Memory::default();
        tree.insert(".fluxdeck.toml", text.as_bytes());
        tree
    };
    let mut link = Memory::default();
    link.link(".fluxdeck.toml", "elsewhere.toml");
    let folder = || {
        let mut tree = Memory::default();
        tree.insert(".fluxdeck.toml/a", b"");
        tree
    };
    assert_eq!(RepositoryPolicy::of(&Memory::default()).expect("it has none"), RepositoryPolicy::default());
    assert_eq!(RepositoryPolicy::of(&file("deny = [\"a\"]")).expect("it is read").deny().collect::<Vec<_>>(), ["a"]);
    for tree in [link, folder(), file("deny = 1")] {
        assert!(RepositoryPolicy::of(&tree).is_err());
    }
}
