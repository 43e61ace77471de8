use super::*;

fn address(reference: &str, repository: Option<&str>, version: Option<&str>) -> ChartAddress {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    ChartAddress { reference: reference.to_owned(), repository: owned(repository), version: owned(version), is_plain: true }
}

#[test]
fn a_chart_is_asked_for_by_arguments_that_cannot_be_flags() {
    let of = |chart: &ChartAddress| arguments(chart, Path::new("/d"));
    for (chart, expected) in [
        (
            address("db", Some("https://c.test"), Some("1.2.0")),
            "pull --destination=/d --repo=https://c.test --version=1.2.0 -- db",
        ),
        (
            address("--post-renderer=x", Some("http://c.test"), Some("--x")),
            "pull --destination=/d --repo=http://c.test --version=--x -- --post-renderer=x",
        ),
        (
            address("oci://r.test/db", None, Some("1.2.0")),
            "pull --destination=/d --version=1.2.0 --plain-http -- oci://r.test/db",
        ),
        (address("oci://r.test/db@sha256:0a", None, None), "pull --destination=/d --plain-http -- oci://r.test/db@sha256:0a"),
    ] {
        assert_eq!(of(&chart).expect("it can be asked for").join(" "), expected);
    }
    for chart in [
        address("db", Some("file:///etc"), None),
        address("/etc", None, None),
        address("--x", None, None),
        address("db", Some("s3://b"), None),
    ] {
        assert!(of(&chart).is_err_and(|why| why.ends_with("is not a repository in the network")));
    }
}

#[test]
fn what_helm_says_names_no_folder_of_ours() {
    let said = b"level=WARN msg=x\n\nError: /tmp/fluxdeck-helm-a/b/templates/x.yaml:4:21\n  nil pointer\n\nUse --debug flag to render out invalid YAML\n";
    assert_eq!(
        words(said, &[Path::new("/tmp/fluxdeck-helm-a")]),
        "level=WARN msg=x\nError: b/templates/x.yaml:4:21\n  nil pointer"
    );
    assert_eq!(words(b"\n", &[]), "helm failed without a word");
}
