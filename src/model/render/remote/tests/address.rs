use super::*;

fn repository(text: &str) -> Option<(String, String, String)> {
    RepositoryAddress::parse(text).map(|found| (found.url, found.folder, found.reference))
}

/// The cases of kustomize's own tests (api v0.21.1 `internal/git/repospec_test.go`, TestNewRepoSpecFromUrl_Permute).
#[test]
fn hosts_repositories_folders_and_references_are_distinguished_in_every_combination() {
    for (head, host) in [
        ("gitHub.com/", "https://github.com/"),
        ("github.com:", "https://github.com/"),
        ("http://github.com/", "https://github.com/"),
        ("hTTps://github.com/", "https://github.com/"),
        ("https://git-codecommit.us-east-2.amazonaws.com/", "https://git-codecommit.us-east-2.amazonaws.com/"),
        ("https://fabrikops2.visualstudio.com/", "https://fabrikops2.visualstudio.com/"),
        ("ssh://git.example.com:7999/", "ssh://git.example.com:7999/"),
        ("git::https://gitlab.com/", "https://gitlab.com/"),
        ("git::http://git.example.com/", "http://git.example.com/"),
        ("git@github.com:", "git@github.com:"),
        ("git@github.com/", "git@github.com:"),
        ("git::git@github.com:", "git@github.com:"),
        ("org-12345@github.com/", "org-12345@github.com:"),
    ] {
        for name in ["someOrg/someRepo", "kubernetes/website"] {
            for folder in ["README.md", "foo/krusty.txt", ""] {
                for reference in ["group/version", "master", "v0.1.0", ""] {
                    let path = if folder.is_empty() { String::new() } else { format!("/{folder}") };
                    let query = if reference.is_empty() { String::new() } else { format!("?ref={reference}") };
                    let text = format!("{head}{name}{path}{query}");
                    let expected = (format!("{host}{name}"), folder.to_owned(), reference.to_owned());
                    assert_eq!(repository(&text), Some(expected), "{text}");
                }
            }
        }
    }
}

/// TestNewRepoSpecFromUrl_Smoke.
#[test]
fn markers_say_where_the_repository_ends() {
    for (text, url, folder, reference) in [
        ("http://github.com/o/r.git/somedir", "https://github.com/o/r.git", "somedir", ""),
        ("git@github.com:o/r.git/somedir", "git@github.com:o/r.git", "somedir", ""),
        ("git@git.test.ru:infra/k8s/base.git?ref=v0.1.0", "git@git.test.ru:infra/k8s/base.git", "", "v0.1.0"),
        ("git@bitbucket.org:company/p.git//path?ref=branch", "git@bitbucket.org:company/p.git", "path", "branch"),
        ("git@bitbucket.org/company/p.git//path?ref=branch", "git@bitbucket.org/company/p.git", "path", "branch"),
        ("ssh://git@bitbucket.org/c/p.git//path?ref=b", "ssh://git@bitbucket.org/c/p.git", "path", "b"),
        ("https://itfs.test/c/p/_git/some", "https://itfs.test/c/p/_git/some", "", ""),
        ("https://itfs.test/c/p/_git/some/dir?version=v1.0.0", "https://itfs.test/c/p/_git/some", "dir", "v1.0.0"),
        ("git::https://itfs.test/c/p/_git/some", "https://itfs.test/c/p/_git/some", "", ""),
        ("https://u@dev.azure.com/o/p/_git/repo//a/b", "https://u@dev.azure.com/o/p/_git/repo", "/a/b", ""),
        ("https://github.com/o/r//examples/dev/?ref=v1.0.6", "https://github.com/o/r", "examples/dev/", "v1.0.6"),
        ("file://a/b/c/r.git/some?ref=b", "file://a/b/c/r.git", "some", "b"),
        ("file://a/b/c/r//some?ref=b", "file://a/b/c/r", "some", "b"),
        ("file:///a/b/c/r?ref=b", "file:///a/b/c/r", "", "b"),
        ("file:///", "file:///", "", ""),
        ("file://git@home/path/r.git//path?ref=b", "file://git@home/path/r.git", "path", "b"),
        ("ssh://git@github.com/o/r//a?ref=v1", "git@github.com:o/r", "a", "v1"),
        ("https://example.org/path/to/repo//a/b", "https://example.org/path/to/repo", "a/b", ""),
        ("https://example.org/path/to/repo.git/a/b", "https://example.org/path/to/repo.git", "a/b", ""),
        ("https://authority/o/r/?ref=includes_git/for_some", "https://authority/o/r", "", "includes_git/for_some"),
        ("https://authority/o/r/?ref=includes.git/for_some", "https://authority/o/r", "", "includes.git/for_some"),
        ("https://authority/o/r/%-no-escape", "https://authority/o/r", "%-no-escape", ""),
        ("http://git@home.com/path/r.git//p", "http://git@home.com/path/r.git", "p", ""),
        ("ssh://git@ssh.github.com:443/Y/R.git", "ssh://git@ssh.github.com:443/Y/R.git", "", ""),
        ("git@gitlab.com/user:name/R.git/path", "git@gitlab.com/user:name/R.git", "path", ""),
        ("git@gitlab.com:gitlab-tests/sample", "git@gitlab.com:gitlab-tests/sample", "", ""),
        ("ssh://org-1@github.com/o/r", "org-1@github.com:o/r", "", ""),
        ("https://gist.github.com/bc79.git", "https://gist.github.com/bc79.git", "", ""),
    ] {
        // the one slash that begins a folder does not count
        let folder = folder.strip_prefix('/').unwrap_or(folder);
        assert_eq!(repository(text), Some((url.to_owned(), folder.to_owned(), reference.to_owned())), "{text}");
    }
}

/// TestNewRepoSpecFromUrlErrors.
#[test]
fn what_is_not_an_address_is_a_path() {
    for text in [
        "/tmp",
        "../../tmp",
        "src/github.com/org/repo/path",
        "iauhsdiuashduas",
        "htxxxtp://github.com/",
        "ssh://git.example.com",
        "git::___",
        "https://host?ref=group/version/minor_version",
        "https://github.com/org/repo.git//path/../../exits/repo",
        "github.com!org/repo.git//path",
        "gh:org/repo",
        "https://github.com/thisisa404.yaml",
        "file:////tmp//path/to/whatever",
        "git@scp://github.com/org/repo.git//path",
        "git@ssh://github.com/org/repo.git//path",
        "gitlab.com/org/repo?ref=v1",
        "../base?ref=v1",
        "",
    ] {
        assert_eq!(repository(text), None, "{text}");
    }
}

/// TestParseQuery, without the time that git may take.
#[test]
fn a_query_that_cannot_be_read_asks_for_nothing() {
    for (query, reference, submodules) in [
        ("", "", true),
        ("ref=v1.0.0", "v1.0.0", true),
        ("ref=kustomize%2Fv4.5.7", "kustomize/v4.5.7", true),
        ("version=master", "master", true),
        ("version=master&ref=v1.0.0", "v1.0.0", true),
        ("version=master&submodules=", "master", true),
        ("version=master&submodules=maybe", "master", true),
        ("version=master&submodules=false", "master", false),
        ("version=master&submodules=0&timeout=1m1s", "master", false),
        ("ref=a+b", "a b", true),
        ("ref=v1;x=2", "", true),
        ("ref=%zz", "", true),
    ] {
        assert_eq!(asked(query), (reference.to_owned(), submodules), "{query}");
    }
}

/// `fileloader.go`, IsRemoteFile.
#[test]
fn a_file_of_the_web_is_one_that_go_takes_for_a_url() {
    for (text, expected) in [
        ("https://example.test/crds.yaml", true),
        ("HTTP://example.test/crds.yaml?a=%zz", true),
        ("https://example.test/%zz.yaml", false),
        ("github.com/org/repo", false),
        ("ssh://example.test/a", false),
        ("https:/example.test/a", false),
        ("crds.yaml", false),
    ] {
        assert_eq!(is_web(text), expected, "{text}");
    }
    let address = |text: &str| RemoteAddress::parse(text).map(|found| (found.is_web, found.repository.is_some()));
    assert_eq!(address("https://example.test/crds.yaml"), Some((true, false)));
    assert_eq!(address("https://raw.githubusercontent.com/o/r/main/a.yaml"), Some((true, true)));
    assert_eq!(address("github.com/o/r"), Some((false, true)));
    assert_eq!(address("apps/web"), None);
}

#[test]
fn a_version_or_a_commit_in_an_address_does_not_move() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for (path, expected) in [
        ("o/r/releases/download/v1.14.5/cert-manager.crds.yaml", false),
        ("o/r/kustomize-v5.8.1/a.yaml", false),
        (&format!("o/r/{commit}/a.yaml"), false),
        ("o/r/main/a.yaml", true),
        ("o/r/release-1.2/a.yaml", true),
        ("o/r/releases/latest/download/a.yaml", true),
        ("o/r/main/a.yaml?v=1.2.3", true),
    ] {
        let address = RemoteAddress::parse(&format!("https://10.0.0.1/{path}")).expect("an address");
        assert_eq!(address.moves(), expected, "{path}");
    }
}
