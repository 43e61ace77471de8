//! GitHub's requests and answers against its published descriptions: the fields that are read and the names that are sent, out of
//! `@octokit/openapi` 23.0.2 (`generated/api.github.com.json`; those of Enterprise Server 3.17 are the same); what is asked of GraphQL, out of
//! `@octokit/graphql-schema` 15.26.1 (`schema.json`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::sample::{RUNS, With, reply, sample};
use super::server::{Server, answer};
use super::{Do, forge, new_pull};
use fluxdeck_model::domain::pull::NewPull;

#[derive(Deserialize)]
struct Published {
    /// By answer and by path in it: its type, `string or null`.
    read: BTreeMap<String, BTreeMap<String, String>>,
    /// By request: the names of its fields, or those of its query.
    sent: BTreeMap<String, BTreeSet<String>>,
}

fn published() -> Published {
    serde_json::from_str(include_str!("answers/github-fields.json")).expect("JSON")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn answers_of_the_tests_have_the_fields_that_github_publishes_with_their_types() {
    let runs: Value = serde_json::from_str(RUNS).expect("JSON");
    let pull = || sample("github", &[]);
    let merged = sample("github", &[With::Merged("2222"), With::Queued]);
    let statuses = json!({"statuses": [{"state": "success"}]});
    let wrong = json!({"message": "x", "errors": [{"field": "head", "code": "invalid", "message": "x"}]});
    let all = [
        ("pull", pull()),
        ("pull", merged),
        ("pulls", json!([pull()])),
        ("opened", pull()),
        (
            "repository",
            json!({
                "default_branch": "main", "allow_auto_merge": true, "allow_merge_commit": true, "allow_squash_merge": true,
                "full_name": "ana/fleet", "private": true, "allow_forking": true, "permissions": {"push": false},
                "parent": {"full_name": "ops/fleet"}, "source": {"full_name": "ops/fleet"},
            }),
        ),
        ("forked", json!({"full_name": "ana/fleet"})),
        ("branch", json!({"protection": {"required_status_checks": {"enforcement_level": "everyone", "contexts": ["ci"]}}})),
        ("rules", json!([{"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "ci"}]}}])),
        ("check runs", runs),
        ("statuses", statuses),
        ("refusal", wrong),
        ("reviews", json!([{"user": {"login": "ana"}, "state": "APPROVED"}])),
        ("user", json!({"login": "ana"})),
    ];
    let published = published();
    let names: BTreeSet<_> = all.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, published.read.keys().cloned().collect());
    for (name, answer) in all {
        for (path, types) in &published.read[name] {
            // below what is null there is nothing
            let mut parents = path.match_indices('.').map(|(end, _)| pointer(&path[..end]));
            if parents.any(|parent| answer.pointer(&parent).is_some_and(Value::is_null)) {
                continue;
            }
            let value = answer.pointer(&pointer(path)).unwrap_or_else(|| panic!("{name} has no {path}"));
            assert!(types.split(" or ").any(|one| one == type_of(value)), "{name} {path}: {value} is not {types}");
        }
    }
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

#[tokio::test]
async fn requests_have_names_that_github_publishes() {
    let made = answer(201, &sample("github", &[]).to_string());
    let opened = Server::of([made]).await;
    opened.during(Do::Open.result(forge("github", &opened.host()).as_ref())).await.expect("it is open");
    let seen = opened.seen().pop().expect("a request");
    let body: Value = serde_json::from_str(seen.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    let mut sent = vec![("opened", body.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>())];

    let followed = Server::of([reply(&sample("github", &[])), answer(200, RUNS), answer(200, r#"{"statuses": []}"#)]).await;
    followed.during(Do::Pull.result(forge("github", &followed.host()).as_ref())).await.expect("a pull request");
    let found = Server::of([answer(200, "[]")]).await;
    found.during(Do::Find.result(forge("github", &found.host()).as_ref())).await.expect("a list");
    let names = |asked: &str| -> BTreeSet<String> {
        let query = asked.split_once('?').expect("a query").1;
        query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())).collect()
    };
    sent.push(("pulls", names(&found.asked()[0])));
    sent.push(("check runs", names(&followed.asked()[1])));
    sent.push(("statuses", names(&followed.asked()[2])));

    let fields = |server: &Server| -> BTreeSet<String> {
        let seen = server.seen().pop().expect("a request");
        let body: Value = serde_json::from_str(seen.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
        body.as_object().expect("an object").keys().cloned().collect()
    };
    for (name, does) in [("comment", Do::Comment), ("review", Do::Approve), ("reworded", Do::Reword), ("forked", Do::MakeFork)] {
        let server = Server::of([answer(200, r#"{"full_name": "ana/fleet"}"#)]).await;
        server.during(does.result(forge("github", &server.host()).as_ref())).await.expect("it is taken");
        sent.push((name, fields(&server)));
    }
    let reviewed = Server::of([reply(&sample("github", &[])), answer(404, "{}"), answer(200, "[]")]).await;
    reviewed.during(Do::Pull.result(forge("github", &reviewed.host()).as_ref())).await.expect("a pull request");
    sent.push(("reviews", names(&reviewed.asked()[2])));
    let listed = Server::of([answer(200, "[]")]).await;
    listed.during(Do::AllOpen.result(forge("github", &listed.host()).as_ref())).await.expect("a list");
    assert!(names(&listed.asked()[0]).is_subset(&published().sent["pulls"]));

    for name in ["labels", "reviewers"] {
        let marked = NewPull {
            labels: if name == "labels" { vec!["flux".into()] } else { Vec::new() },
            reviewers: if name == "labels" { Vec::new() } else { vec!["ana".into()] },
            ..new_pull()
        };
        let server = Server::of([answer(200, "{}"), answer(200, "{}")]).await;
        server.during(forge("github", &server.host()).mark(7, &marked)).await.expect("it is taken");
        sent.push((name, fields(&server)));
    }

    let published = published();
    assert_eq!(sent.len(), published.sent.len());
    for (name, sent) in sent {
        assert!(sent.is_subset(&published.sent[name]), "{name}: {sent:?} are not all of {:?}", published.sent[name]);
    }
}

#[derive(Deserialize)]
struct Graph {
    /// By mutation: the type of each field of its input, `ID!`.
    mutations: BTreeMap<String, BTreeMap<String, String>>,
    methods: Vec<String>,
    /// What a pull request has.
    queue: BTreeMap<String, String>,
}

/// A text that GraphQL is sent: its variables with their types, what it asks, and each field of its input with its variable.
struct Asked {
    variables: BTreeMap<String, String>,
    name: String,
    input: Vec<(String, String)>,
}

fn asked(text: &str) -> Asked {
    let pairs = |part: &str| -> Vec<(String, String)> {
        let pair = |one: &str| one.split_once(':').map(|(name, of)| (name.trim().to_owned(), of.trim().to_owned()));
        part.split(',').filter_map(pair).collect()
    };
    let between = |from: char, to: char, text: &str| -> String {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(part, _)| part.to_owned()).expect("a part")
    };
    let body = text.split_once('{').expect("a selection").1;
    Asked {
        variables: pairs(&between('(', ')', text)).into_iter().collect(),
        name: body.split('(').next().expect("a name").trim().to_owned(),
        input: if body.contains("input:") { pairs(&between('{', '}', body)) } else { Vec::new() },
    }
}

#[tokio::test]
async fn what_graphql_is_asked_has_names_and_types_that_github_publishes() {
    let published: Graph = serde_json::from_str(include_str!("answers/github-graphql.json")).expect("JSON");
    let none = || answer(200, r#"{"data": {}}"#);
    let squash = || answer(200, r#"{"allow_merge_commit": false, "allow_squash_merge": true}"#);
    let mut seen = BTreeSet::new();
    for (does, replies) in [
        (Do::Draft(true), vec![reply(&sample("github", &[])), none()]),
        (Do::Draft(false), vec![reply(&sample("github", &[With::Draft])), none()]),
        (Do::MergeLater, vec![reply(&sample("github", &[])), squash(), none()]),
    ] {
        let server = Server::of(replies).await;
        server.during(does.result(forge("github", &server.host()).as_ref())).await.expect("it is done");
        let sent = server.seen().pop().expect("a request");
        let sent: Value = serde_json::from_str(sent.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
        let Asked { variables, name, input } = asked(sent["query"].as_str().expect("a query"));
        let fields = &published.mutations[&name];
        for (field, variable) in &input {
            let declared = &variables[variable];
            assert_eq!(declared.trim_end_matches('!'), fields[field].trim_end_matches('!'), "{name} {field}");
        }
        let needed = fields.iter().filter(|(_, of)| of.ends_with('!')).map(|(field, _)| field);
        assert!(needed.into_iter().all(|field| input.iter().any(|(name, _)| name == field)), "{name}");
        let given: BTreeSet<_> =
            sent["variables"].as_object().expect("variables").keys().map(|name| format!("${name}")).collect();
        assert_eq!(given, variables.keys().cloned().collect());
        if let Some(how) = sent["variables"]["how"].as_str() {
            assert!(published.methods.iter().any(|method| method == how), "{how}");
        }
        seen.insert(name);
    }
    assert_eq!(seen, published.mutations.keys().cloned().collect());

    let empty = || answer(200, "[]");
    let server =
        Server::of([reply(&sample("github", &[])), answer(200, RUNS), answer(200, r#"{"statuses": []}"#), empty(), none()]).await;
    server.during(Do::Pull.result(forge("github", &server.host()).as_ref())).await.expect("a pull request");
    let last = server.seen().pop().expect("a request");
    assert!(published.queue.keys().all(|field| last.contains(field.as_str())), "{last}");
}
