# etcd, API server, controller manager, scheduler and the fake kubelet.

start_etcd() {
  local client=http://127.0.0.1:$PORT_ETCD peer=http://127.0.0.1:$PORT_ETCD_PEER
  serve etcd etcd --name bed --data-dir "$BED_DIR/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "bed=$peer" \
    --quota-backend-bytes 6442450944
}

# start_apiserver [FLAG]...: also called to start it again on the same data.
start_apiserver() {
  local pki=$BED_DIR/pki
  serve apiserver kube-apiserver --etcd-servers="http://127.0.0.1:$PORT_ETCD" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$PORT_API" \
    --endpoint-reconciler-type=none --service-cluster-ip-range=10.0.0.0/24 \
    --authorization-mode=RBAC --allow-privileged=true --cert-dir="$BED_DIR" \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$pki/sa.pub" --service-account-signing-key-file="$pki/sa.key" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key" \
    --event-ttl=24h --audit-policy-file="$BED_LIVE/bed.d/cluster/audit.yaml" --audit-log-path="$BED_DIR/audit.log" \
    "${APISERVER_FLAGS[@]}" "$@"
}

apiserver_ready() { kubectl get --raw /readyz; }

start_workload_controllers() {
  serve controller-manager kube-controller-manager --kubeconfig="$KUBECONFIG" --leader-elect=false \
    --bind-address=127.0.0.1 --secure-port="$PORT_MANAGER" --cert-dir="$BED_DIR" \
    --service-account-private-key-file="$BED_DIR/pki/sa.key" --root-ca-file="$BED_DIR/pki/ca.crt" \
    --use-service-account-credentials=false --kube-api-qps=1000 --kube-api-burst=2000
  serve scheduler kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false \
    --bind-address=127.0.0.1 --secure-port="$PORT_SCHEDULER" --cert-dir="$BED_DIR"
  make_kwok_config >"$BED_DIR/kwok.yaml"
  serve kwok kwok --kubeconfig="$KUBECONFIG" --config="$BED_DIR/kwok.yaml" \
    --manage-all-nodes=true --node-lease-duration-seconds=40 \
    --node-ip=127.0.0.1 --node-port="$PORT_KUBELET" --server-address="127.0.0.1:$PORT_KUBELET" \
    --tls-cert-file="$BED_DIR/pki/kubelet.crt" --tls-private-key-file="$BED_DIR/pki/kubelet.key"
}

# What pods do: kwok's own stages, ours for crashing pods, and log files for `kubectl logs`.
make_kwok_config() {
  cat "$(bin_of controlplane)/stages.yaml" "$BED_LIVE"/bed.d/cluster/stages/*.yaml
  sed "s|@BED_DIR@|$BED_DIR|g" "$BED_LIVE/bed.d/cluster/logs.yaml"
  make_logs
}

# Log files in the form in which a container runtime writes them; that of a pod that is said to be a controller is filled by a test.
make_logs() {
  : >"$BED_DIR/controllers.pod.log"
  local line second=0 file
  for file in "$BED_LIVE"/bed.d/cluster/logs/*.txt; do
    second=0
    while IFS= read -r line; do
      printf '2026-11-21T02:%02d:%02d.%09dZ stdout F %b\n' $((second / 60 % 60)) $((second % 60)) "$second" "$line"
      second=$((second + 1))
    done <"$file" >"$BED_DIR/$(basename "$file" .txt).pod.log"
  done
}
