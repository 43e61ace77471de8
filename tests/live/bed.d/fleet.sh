# The fleet: repositories, charts and packages into the forge, the rest by Flux itself.

FLEET=$BED_FIXTURES/fleet
# How the committed files name the forge; replaced by its address when they are pushed.
FORGE_PLACEHOLDER=forge.example.test

load_fleet() {
  push_repositories
  push_packages
  make_secrets
  # Bootstrap: the rest of the fleet follows from this source and this Kustomization.
  server_side -f "$BED_DIR/tmp/fleet/flux/clusters/production/flux-system/gotk-sync.yaml"
  load_by_hand
}

# The staging cluster of the same repository: small, and well. Its secret variables came with the cluster.
load_staging() {
  push_repositories
  push_packages
  make_secrets
  kubectl create secret generic cluster-secrets -n flux-system --from-literal=api_key=staging
  server_side -f "$BED_DIR/tmp/fleet/flux/clusters/staging/flux-system/gotk-sync.yaml"
}

staging_settle() {
  within 120 kubectl get kustomization -n flux-system apps || die "the staging cluster does not arrive"
  kubectl wait --for=condition=Ready --timeout=120s -n flux-system kustomization --all >/dev/null ||
    die "the staging cluster does not become ready"
  kubectl rollout status --timeout=60s -n web deployment/frontend >/dev/null || die "the frontend of staging does not start"
}

push_repositories() {
  local repository folder
  for repository in fleet apps; do
    folder=$BED_DIR/tmp/$repository
    cp -r "$FLEET/$repository" "$folder"
    { grep -rlF "$FORGE_PLACEHOLDER" "$folder" || true; } | xargs -r sed -i "s|$FORGE_PLACEHOLDER|127.0.0.1:$PORT_FORGE|g"
  done
  for folder in "$BED_DIR"/tmp/fleet/flux/clusters/*/flux-system/; do cp "$BED_DIR/gotk-components.yaml" "$folder"; done
  for repository in fleet apps; do push_repository "$repository" "$BED_DIR/tmp/$repository"; done
}

# Every chart in two versions, by both ways a registry knows; images; manifests as an OCI artifact.
push_packages() {
  local chart version tmp=$BED_DIR/tmp
  printf '%s' "$FORGE_TOKEN" | helm registry login --plain-http -u "$FORGE_USER" --password-stdin "127.0.0.1:$PORT_FORGE" 2>&1
  for chart in "$FLEET"/charts/*; do
    for version in 1.4.0 1.5.0; do
      helm package "$chart" --version "$version" --app-version "$version" -d "$tmp/charts" >/dev/null
      forge POST "/api/packages/$FORGE_USER/helm/api/charts" -H "Content-Type: application/gzip" \
        --data-binary "@$tmp/charts/$(basename "$chart")-$version.tgz" >/dev/null
      helm push --plain-http "$tmp/charts/$(basename "$chart")-$version.tgz" "oci://127.0.0.1:$PORT_FORGE/$FORGE_USER/charts" 2>&1
    done
  done
  printf 'layer' >"$tmp/layer"
  for version in 1.4.0 1.4.1 1.5.0 2.0.0-rc.1; do
    push_oci frontend "$version" application/vnd.oci.image.config.v1+json application/vnd.oci.image.layer.v1.tar "$tmp/layer"
  done
  tar -C "$FLEET/policies" --owner=0 --group=0 --mtime=@0 --sort=name -czf "$tmp/policies.tgz" .
  push_oci policies 1.0.0 application/vnd.cncf.flux.config.v1+json \
    application/vnd.cncf.flux.content.v1.tar+gzip "$tmp/policies.tgz" \
    "\"org.opencontainers.image.source\":\"$FORGE_URL/$FORGE_USER/fleet.git\",\"org.opencontainers.image.revision\":\"main@sha1:$(git -C "$tmp/fleet" rev-parse HEAD)\",\"org.opencontainers.image.created\":\"2026-11-01T08:00:00Z\""
}

# What an administrator gives a cluster by hand.
make_secrets() {
  local git=(--from-literal=username="$FORGE_USER" --from-literal=password="$FORGE_TOKEN")
  kubectl create namespace flux-apps
  kubectl create secret generic flux-system -n flux-system "${git[@]}"
  kubectl create secret generic apps-git -n flux-apps "${git[@]}"
  kubectl create secret generic forge-token -n flux-system --from-literal=token="$FORGE_TOKEN"
  kubectl create secret generic sops-age -n flux-system --from-file=age.agekey="$FLEET/sops/TEST-ONLY.agekey"
  kubectl create secret generic remote-cluster -n flux-system --from-file=value="$KUBECONFIG"
}

# Objects that are in no repository: statuses that no controller would write, events, an object
# whose deletion hangs, a run of a CronJob.
load_by_hand() {
  local file
  for file in "$FLEET"/by-hand/namespaces.yaml "$FLEET"/by-hand/statuses.yaml \
    "$BED_FIXTURES"/{legacy/objects,operator/objects,operator/children}.yaml; do
    kubectl apply --server-side -f "$file" >/dev/null
  done
  for file in "$FLEET"/by-hand/statuses.yaml "$BED_FIXTURES"/legacy/statuses.yaml "$BED_FIXTURES"/operator/objects.yaml; do
    kubectl apply --server-side --force-conflicts --subresource=status -f "$file" >/dev/null
  done
  kubectl create -f "$FLEET/by-hand/create.yaml" -f "$FLEET/by-hand/stuck.yaml" >/dev/null
  kubectl delete --wait=false -f "$FLEET/by-hand/stuck.yaml" >/dev/null
  within 60 kubectl get cronjob -n shop statement || die "the fleet does not arrive, see log/kustomize-controller.log"
  kubectl create job -n shop statement-2026-11 --from=cronjob/statement >/dev/null
}
