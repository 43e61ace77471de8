//! What SOPS encrypted, and Flux decrypts before it builds.

use super::super::{BuildOutcome, Builder};
use super::{fleet, flux};

/// Git has neither the hash nor the values.
#[test]
fn what_only_the_cluster_can_decrypt_is_not_stated() {
    let sealed = "PASSWORD=ENC[AES256_GCM,data:Zm9v,iv:aa,tag:bb,type:str]\nsops_version=3.9.0\nsops_mac=ENC[AES256_GCM,data:x,type:str]\n";
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: web, image: web, envFrom: [{secretRef: {name: login}}], env: [{name: A, valueFrom: {secretKeyRef: {name: files, key: a}}}]}\n      volumes: [{name: v, configMap: {name: plain}}]\n";
    let kustomization = "namespace: web\nresources: [web.yaml]\nsecretGenerator:\n- name: login\n  envs: [login.env]\n- name: files\n  files: [a=inner/a.yaml]\n- name: open\n  literals: [a=b]\nconfigMapGenerator:\n- name: plain\n  envs: [login.env]\npatches:\n- path: patch.yaml\n";
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata:\n      annotations: {secret: \"ENC[AES256_GCM,data:y,type:str]\"}\nsops: {mac: x}\n";
    let objects = |decryption: &str| {
        let mut tree = fleet();
        tree.insert("clusters/staging/web.yaml", flux("web", "./web", decryption).as_bytes());
        for (path, text) in
            [("kustomization.yaml", kustomization), ("web.yaml", web), ("login.env", sealed), ("patch.yaml", patch)]
        {
            tree.insert(&format!("web/{path}"), text.as_bytes());
        }
        tree.insert("web/inner/a.yaml", b"a: ENC[AES256_GCM,data:z,type:str]\nsops: {mac: x}\n");
        let repository = Builder::default().build(&tree).expect("readable");
        let members = &repository.clusters.iter().find(|cluster| cluster.name == "staging").expect("a cluster").members;
        let member = members.iter().find(|member| member.spec.name.as_ref() == "web").expect("a member");
        let BuildOutcome::Built(objects) = &member.outcome else { panic!("{:?}", member.outcome) };
        objects.iter().map(|object| crate::render::write::yaml(&object.node).expect("YAML")).collect::<Vec<_>>()
    };
    let found = objects("  decryption: {provider: sops}\n");
    let with = |text: &str| found.iter().filter(|object| object.contains(text)).count();
    assert_eq!((with("name: login-…\n"), with("name: files-…\n")), (2, 2), "itself, and what refers to it: {found:#?}");
    assert_eq!((with("name: open-…"), with("name: plain-…")), (0, 0), "these are not decrypted");
    assert!(
        found
            .iter()
            .filter(|object| object.starts_with("apiVersion: v1\ndata:\n  PASSWORD"))
            .all(|object| !object.contains("sops_mac") || object.contains("kind: ConfigMap"))
    );
    assert!(
        found.iter().all(|object| !object.contains("kind: Deployment") || !object.contains("sops:")),
        "a decrypted patch has no part of SOPS"
    );
    assert_eq!(
        objects("").iter().filter(|object| object.contains("-…")).count(),
        0,
        "where nothing is decrypted, git has what is applied"
    );
}
