use serde_json::json;

use super::*;

/// An object with `PLANTED` wherever a user may write a value, and what must stay of it.
type Place = (Value, &'static [&'static str]);

fn places() -> Vec<Place> {
    [workloads(), annotations(), appliers(), of_flux(), of_the_operator(), of_kubernetes(), definitions(), of_others()].concat()
}

/// The spec of a pod.
fn pod() -> Value {
    json!({
        "initContainers": [{"name": "init", "image": "busybox:1.36", "env": [{"name": "A", "value": "PLANTED"}]}],
        "containers": [{
            "name": "app", "image": "ghcr.io/shop/app:1.2.3@sha256:0a1b", "command": ["sh", "-c", "PLANTED"], "args": ["-p", "PLANTED"],
            "env": [{"name": "B", "value": "PLANTED"}, {"name": "C", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}}],
            "envFrom": [{"secretRef": {"name": "web-env"}}],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080, "httpHeaders": [{"name": "X-Door", "value": "PLANTED"}]}},
            "readinessProbe": {"exec": {"command": ["check", "PLANTED"]}, "periodSeconds": 7},
            "lifecycle": {"preStop": {"exec": {"command": ["PLANTED"]}}},
            "resources": {"limits": {"memory": "128Mi"}}
        }],
        "ephemeralContainers": [{"name": "debug", "args": ["PLANTED"]}],
        "volumes": [
            {"name": "csi", "csi": {"driver": "files.example.com", "volumeAttributes": {"share": "PLANTED"}}},
            {"name": "flex", "flexVolume": {"driver": "x/y", "options": {"mount": "PLANTED"}}},
            {"name": "conf", "configMap": {"name": "web-conf"}}
        ],
        "securityContext": {"windowsOptions": {"gmsaCredentialSpec": "PLANTED"}},
        "affinity": {"nodeAffinity": {"a": [{"key": "zone", "operator": "In", "values": ["eu-1"]}]}}
    })
}

/// What runs pods.
fn workloads() -> Vec<Place> {
    vec![(
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {"replicas": 3, "template": {"metadata": {"annotations": {"door": "PLANTED"}}, "spec": pod()}},
            "status": {"conditions": [{"type": "Available", "status": "False", "message": "0 of 3 are available"}]}
        }),
        &[
            "ghcr.io/shop/app:1.2.3@sha256:0a1b",
            "busybox:1.36",
            "web-env",
            "secretKeyRef",
            "\"db\"",
            "/healthz",
            "8080",
            "X-Door",
            "periodSeconds",
            "128Mi",
            "files.example.com",
            "web-conf",
            "eu-1",
            "door",
            "0 of 3 are available",
            "Available",
        ],
    )]
}

/// Annotations, in which tools keep whole objects.
fn annotations() -> Vec<Place> {
    vec![(
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "annotations": {
                LAST_APPLIED: "PLANTED", "kapp.k14s.io/original": json!({"a": "PLANTED"}).to_string(), "tool/yaml": "a: PLANTED\nb: c\n",
                "nginx.ingress.kubernetes.io/configuration-snippet": "proxy_set_header X PLANTED", "b": "PLANTED",
                "kubernetes.io/change-cause": "kubectl set env A=PLANTED", "event.toolkit.fluxcd.io/ticket": "PLANTED",
                "helm.sh/resource-policy": "keep", "reconcile.fluxcd.io/requestedAt": "2026-11-21", "fluxdeck.dev/suspend-reason": "sale",
                "deployment.kubernetes.io/revision": "7", "kustomize.toolkit.fluxcd.io/checksum": json!(["PLANTED"]).to_string(),
            }}
        }),
        &["kapp.k14s.io/original", "keep", "2026-11-21", "sale", "\"7\"", "change-cause"],
    )]
}

/// What applies other things.
fn appliers() -> Vec<Place> {
    vec![
        (
            json!({
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                "spec": {
                    "path": "./apps", "interval": "10m", "sourceRef": {"kind": "GitRepository", "name": "fleet"},
                    "patches": [{"patch": "- op: add\n  value: PLANTED", "target": {"kind": "Deployment", "name": "front"}}],
                    "patchesStrategicMerge": [{"kind": "A", "spec": {"a": "PLANTED"}}],
                    "patchesJson6902": [{"patch": [{"op": "add", "path": "/a", "value": "PLANTED"}], "target": {"name": "other"}}],
                    "postBuild": {"substitute": {"domain": "PLANTED"}, "substituteFrom": [{"kind": "Secret", "name": "vars"}]},
                    "commonMetadata": {"labels": {"team": "shop"}, "annotations": {"hook": "PLANTED"}},
                    "images": [{"name": "web", "newTag": "1.2.3"}]
                },
                "status": {"lastAppliedRevision": "main@sha1:86058ad", "inventory": {"entries": [{"id": "web_front_apps_Deployment", "v": "v1"}]}}
            }),
            &[
                "./apps",
                "10m",
                "fleet",
                "\"front\"",
                "\"other\"",
                "domain",
                "vars",
                "team",
                "hook",
                "1.2.3",
                "main@sha1:86058ad",
                "web_front_apps_Deployment",
            ],
        ),
        (
            json!({
                "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
                "spec": {
                    "chart": {"spec": {"chart": "web", "version": "1.x", "sourceRef": {"name": "charts"}}},
                    "values": {"a": [{"b": "PLANTED"}, 7]}, "valuesFrom": [{"kind": "Secret", "name": "values"}],
                    "postRenderers": [{"kustomize": {
                        "patches": [{"target": {"name": "front"}, "patch": "PLANTED"}], "images": [{"name": "x", "newName": "y"}]
                    }}]
                },
                "status": {"history": [{"chartName": "web", "chartVersion": "1.2.3", "digest": "sha256:0a", "notes": "PLANTED"}]}
            }),
            &["1.x", "charts", "\"b\"", "\"values\"", "\"front\"", "\"y\"", "1.2.3", "sha256:0a"],
        ),
    ]
}

/// Flux' other kinds.
fn of_flux() -> Vec<Place> {
    vec![
        (
            json!({
                "apiVersion": "notification.toolkit.fluxcd.io/v1beta3", "kind": "Alert",
                "spec": {"providerRef": {"name": "chat"}, "eventSeverity": "info", "eventMetadata": {"cluster": "PLANTED"}}
            }),
            &["\"chat\"", "info", "cluster"],
        ),
        (
            json!({
                "apiVersion": "notification.toolkit.fluxcd.io/v1beta3", "kind": "Provider",
                "spec": {"type": "slack", "channel": "ops", "address": "https://PLANTED/x"}
            }),
            &["slack", "ops"],
        ),
        (
            json!({
                "apiVersion": "notification.toolkit.fluxcd.io/v1", "kind": "Receiver",
                "spec": {"type": "github", "secretRef": {"name": "hook"}}, "status": {"webhookPath": "/hook/PLANTED", "url": "http://h/PLANTED"}
            }),
            &["github", "\"hook\""],
        ),
        (
            json!({
                "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
                "spec": {"url": "https://me:PLANTED@git.example.com/org/fleet?door=PLANTED", "ref": {"branch": "main"}}
            }),
            &["git.example.com/org/fleet", "main"],
        ),
        (
            json!({
                "apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImageUpdateAutomation",
                "spec": {"git": {
                    "commit": {"messageTemplateValues": {"a": "PLANTED"}}, "push": {"branch": "auto", "options": {"a": "PLANTED"}}
                }}
            }),
            &["auto"],
        ),
    ]
}

/// The Flux Operator's.
fn of_the_operator() -> Vec<Place> {
    vec![
        (
            json!({
                "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet",
                "spec": {
                    "inputs": [{"tenant": "PLANTED"}], "resourcesTemplate": "a: PLANTED",
                    "resources": [
                        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"a": "PLANTED"}},
                        {"apiVersion": "x.example.com/v1", "kind": "Thing", "metadata": {"name": "thing"}, "spec": {"a": "PLANTED"}},
                    ]
                }
            }),
            &["tenant", "\"conf\"", "\"thing\""],
        ),
        (
            json!({
                "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider",
                "spec": {"type": "Static", "defaultValues": {"a": "PLANTED"}}, "status": {"exportedInputs": [{"id": "PLANTED"}]}
            }),
            &["Static"],
        ),
        (
            json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
                "spec": {"distribution": {"version": "2.9.x"}, "kustomize": {"patches": [{"patch": "PLANTED", "target": {"kind": "Deployment"}}]}}}),
            &["2.9.x", "Deployment"],
        ),
    ]
}

/// Kubernetes' own.
fn of_kubernetes() -> Vec<Place> {
    vec![
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"a.ini": "PLANTED"}, "binaryData": {"b": "PLANTED"}}),
            &["a.ini", "\"conf\""],
        ),
        (
            json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {"token": "PLANTED", "ca.crt": "PLANTED"}}),
            &["ca.crt", "service-account-token"],
        ),
        (
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "x.example.com", "parameters": {"restuserkey": "PLANTED"}}),
            &["x.example.com", "restuserkey"],
        ),
        (
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
                "metadata": {"annotations": {"a": "PLANTED"}}, "spec": {"controller": "c", "parameters": {"kind": "Params", "name": "p"}}}),
            &["Params", "\"p\""],
        ),
        (
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "webhooks": [{"name": "check.example.com", "clientConfig": {"url": "https://hooks.example.com/in/PLANTED"}}]}),
            &["check.example.com", "hooks.example.com"],
        ),
    ]
}

/// Kinds that are defined here, with defaults and examples.
fn definitions() -> Vec<Place> {
    vec![(
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {
            "names": {"kind": "Thing"}, "conversion": {"webhook": {"clientConfig": {"url": "https://h.example.com/PLANTED"}}},
            "versions": [{"name": "v1", "served": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "default": {"type": "string", "description": "what a default is", "default": "PLANTED", "enum": ["PLANTED"]},
                "spec": {"type": "object", "default": {"a": "PLANTED"}, "example": "PLANTED"},
            }}}}]
        }}),
        &["Thing", "h.example.com", "what a default is", "\"string\""],
    )]
}

/// Kinds of nobody we know, and what is said of them.
fn of_others() -> Vec<Place> {
    vec![
        (
            json!({
                "apiVersion": "things.example.com/v1", "kind": "Thing", "metadata": {"name": "thing"},
                "spec": {
                    "replicas": 3, "image": "x/y:1", "secretName": "db", "size": "10Gi", "wait": "5m", "on": "true", "className": "fast",
                    "vars": [{"name": "a", "value": {"b": "PLANTED"}}], "licence": "PLANTED", "list": ["PLANTED"], "text": "PLANTED\nPLANTED",
                    "hook": {"url": "https://hooks.example.com/in/PLANTED"}, "selector": {"tier": "gold"}, "env": {"A": "PLANTED"},
                    "path": "a\nPLANTED", "pinCode": "PLANTED", "targetRef": {"kind": "Service", "name": "web"},
                    "template": {"spec": {"containers": [{"name": "c", "image": "z:2", "args": ["PLANTED"]}], "nodeSelector": {"disk": "ssd"}}}
                },
                "config": "PLANTED",
                "status": {
                    "phase": "Running", "conditions": [{"type": "Ready", "status": "True", "message": "all of it is up"}],
                    "applied": json!({"a": "PLANTED"}).to_string(), "note": "it said https://me:PLANTED@h/"
                }
            }),
            &[
                "x/y:1",
                "\"db\"",
                "10Gi",
                "5m",
                "\"true\"",
                "fast",
                "hooks.example.com",
                "gold",
                "licence",
                "Service",
                "z:2",
                "ssd",
                "Running",
                "all of it is up",
                "replicas\":3",
            ],
        ),
        (
            json!({"apiVersion": "v1", "kind": "Event", "involvedObject": {"apiVersion": "things.example.com/v1", "kind": "Thing", "name": "thing", "uid": "0-1"},
                "message": "cannot reach https://me:PLANTED@h.example.com/x", "reason": "Failed", "count": 3,
                "source": {"component": "thing-controller"}, "metadata": {"annotations": {"event.toolkit.fluxcd.io/a": "PLANTED"}}}),
            &["0-1", "cannot reach", "h.example.com/x", "Failed", "thing-controller"],
        ),
    ]
}

#[test]
fn what_people_set_is_left_out_of_every_place_and_what_says_how_it_stands_is_kept() {
    for (mut body, kept) in places() {
        let kind = body["kind"].clone();
        assert!(body.to_string().contains("PLANTED"), "{kind} holds nothing");
        for_sharing(&mut body);
        let text = body.to_string();
        assert!(!text.contains("PLANTED"), "{kind}: {text}");
        for kept in kept {
            assert!(text.contains(kept), "{kind} without `{kept}`: {text}");
        }
    }
}

#[test]
fn what_was_shared_once_is_shared_again_as_it_is() {
    for (mut body, _) in places() {
        for_sharing(&mut body);
        let once = body.clone();
        for_sharing(&mut body);
        assert_eq!(body, once);
    }
}

#[test]
fn what_is_shared_keeps_keys_and_names_and_no_value() {
    for (mut body, kept) in [
        (
            json!({"kind": "HelmRelease", "spec": {"values": {"a": [{"b": "x"}, 1], "c": null}, "valuesFrom": [{"kind": "Secret", "name": "v"}]}}),
            json!({"kind": "HelmRelease", "spec": {"values": {"a": [{"b": MASKED}, MASKED], "c": null}, "valuesFrom": [{"kind": "Secret", "name": "v"}]}}),
        ),
        (
            json!({"kind": "Provider", "spec": {"type": "slack", "address": "https://h/x"}}),
            json!({"kind": "Provider", "spec": {"type": "slack", "address": MASKED}}),
        ),
        (
            json!({"kind": "Receiver", "status": {"webhookPath": "/hook/x"}}),
            json!({"kind": "Receiver", "status": {"webhookPath": MASKED}}),
        ),
        (
            json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"env": [{"name": "A", "value": "x"}]}]}}}}),
            json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"env": [{"name": "A", "value": MASKED}]}]}}}}),
        ),
        (
            json!({"kind": "Pod", "metadata": {"name": "a", "annotations": {LAST_APPLIED: "{}", "b": "c"}}}),
            json!({"kind": "Pod", "metadata": {"name": "a", "annotations": {"b": MASKED}}}),
        ),
    ] {
        for_sharing(&mut body);
        assert_eq!(body, kept);
    }
}
