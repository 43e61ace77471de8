# The kinds that an installation brings, and the Flux controllers, run outside the cluster.

server_side() { kubectl apply --server-side --force-conflicts --field-manager=flux "$@" >/dev/null; }

# As `flux install` would leave the cluster, plus the kinds of the Flux Operator and of Flux v1.
install_kinds() {
  server_side -f "$BED_LIVE/bed.d/cluster/node.yaml" -f "$BED_LIVE/bed.d/cluster/users.yaml"
  kubectl apply --server-side --subresource=status -f "$BED_LIVE/bed.d/cluster/node.yaml" >/dev/null
  make_components >"$BED_DIR/gotk-components.yaml"
  server_side -f "$BED_DIR/gotk-components.yaml"
  server_side -f "$BED_FIXTURES/operator/crds.yaml" -f "$BED_FIXTURES/legacy/crds.yaml"
  kubectl wait --for=condition=Established --timeout=60s crd --all >/dev/null
}

# gotk-components.yaml as bootstrap writes it, without the controllers' own Deployments.
make_components() {
  cat "$BED_FIXTURES/fleet/fleet/flux/clusters/production/flux-system/gotk-components.yaml"
  kubectl label --local -f "$(bin_of flux)/crds.yaml" -o yaml \
    app.kubernetes.io/part-of=flux app.kubernetes.io/instance=flux-system app.kubernetes.io/version=v2.9.4 |
    sed 's/^apiVersion: apiextensions/---\n&/'
}

start_flux() {
  export RUNTIME_NAMESPACE=flux-system SOURCE_CONTROLLER_LOCALHOST=127.0.0.1:$PORT_SOURCE \
    SOURCE_WATCHER_LOCALHOST=127.0.0.1:$PORT_WATCHER
  # Objects with a shard key are left alone: their statuses are written by us.
  local common=(--watch-label-selector='!sharding.fluxcd.io/key'
    --kube-api-qps=500 --kube-api-burst=1000 --log-level=info --events-addr="http://127.0.0.1:$PORT_EVENTS/")
  local domain=flux-system.svc.cluster.local.
  mkdir -p "$BED_DIR"/{source,watcher,images}
  serve_flux notification --events-addr="127.0.0.1:$PORT_EVENTS" --receiverAddr="127.0.0.1:$PORT_RECEIVER"
  serve_flux source "${common[@]}" --requeue-dependency=2s --storage-path="$BED_DIR/source" \
    --storage-addr="127.0.0.1:$PORT_SOURCE" --storage-adv-addr="source-controller.$domain"
  serve_flux kustomize "${common[@]}" --requeue-dependency=2s --no-remote-bases=true --feature-gates=ExternalArtifact=true
  serve_flux helm "${common[@]}" --requeue-dependency=2s --feature-gates=ExternalArtifact=true
  serve_flux image-reflector "${common[@]}" --storage-path="$BED_DIR/images"
  serve_flux image-automation "${common[@]}"
  serve_flux source-watcher "${common[@]}" --storage-path="$BED_DIR/watcher" \
    --storage-addr="127.0.0.1:$PORT_WATCHER" --storage-adv-addr="source-watcher.$domain"
}

serve_flux() { # NAME FLAG...
  local program=$1-controller metrics health
  if [[ $1 == source-watcher ]]; then program=$1; fi
  take_port metrics
  take_port health
  serve "$program" "$program" --metrics-addr="127.0.0.1:$metrics" --health-addr="127.0.0.1:$health" "${@:2}"
}
