# One CA, the certificates of the servers and users, and a kubeconfig per user.

# make_certificate NAME SUBJECT [SAN]
make_certificate() {
  local pki=$BED_DIR/pki name=$1 subject=$2 san=${3:-}
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki/$name.key"
  openssl req -new -key "$pki/$name.key" -subj "$subject" -out "$pki/$name.csr"
  openssl x509 -req -in "$pki/$name.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -days 30 -out "$pki/$name.crt" \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${san:+subjectAltName=$san}") 2>/dev/null
}

make_pki() {
  local pki=$BED_DIR/pki
  mkdir -p "$pki"
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki/ca.key"
  openssl req -x509 -new -key "$pki/ca.key" -subj /CN=fluxdeck-bed -days 30 -out "$pki/ca.crt"
  make_certificate apiserver /CN=kube-apiserver DNS:localhost,IP:127.0.0.1,IP:10.0.0.1
  make_certificate kubelet /CN=kubelet IP:127.0.0.1
  make_certificate admin /O=system:masters/CN=admin
  make_certificate developer /O=developers/CN=developer
  make_certificate viewer /O=viewers/CN=viewer
  openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
  openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
}

# make_kubeconfig USER NAMESPACE: everything embedded, so the file works anywhere on this machine.
make_kubeconfig() {
  local pki=$BED_DIR/pki
  cat >"$BED_DIR/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: bed
  cluster:
    server: $API_URL
    certificate-authority-data: $(base64 -w0 "$pki/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 "$pki/$1.crt")
    client-key-data: $(base64 -w0 "$pki/$1.key")
contexts:
- name: bed-$1
  context: {cluster: bed, user: $1, namespace: $2}
current-context: bed-$1
YAML
}
