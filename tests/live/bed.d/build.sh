# Builds the programs from three Go modules into a cache outside the repository, with the data
# files that they need beside them: a warm `bed up` needs no Go.

BED_CACHE=${FLUXDECK_BED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fluxdeck-bed}
BED_MODULES=(controlplane flux forge)

# program package, one per line
programs_of() {
  case $1 in
    controlplane) cat <<'LIST'
etcd go.etcd.io/etcd/server/v3
kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager
kube-scheduler k8s.io/kubernetes/cmd/kube-scheduler
kubectl k8s.io/kubernetes/cmd/kubectl
kwok sigs.k8s.io/kwok/cmd/kwok
LIST
      ;;
    flux) cat <<'LIST'
source-controller github.com/fluxcd/source-controller
kustomize-controller github.com/fluxcd/kustomize-controller
helm-controller github.com/fluxcd/helm-controller
notification-controller github.com/fluxcd/notification-controller
image-reflector-controller github.com/fluxcd/image-reflector-controller
image-automation-controller github.com/fluxcd/image-automation-controller
source-watcher github.com/fluxcd/source-watcher/v2/cmd
helm helm.sh/helm/v4/cmd/helm
kustomize sigs.k8s.io/kustomize/kustomize/v5
LIST
      ;;
    forge) echo 'gitea code.gitea.io/gitea' ;;
  esac
}

# Flags per program. Without its version Kubernetes calls itself v0.0.0 and charts refuse it.
flags_of() {
  local package flags='-s -w'
  case $1 in
    kube*)
      for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=v1.36.4 -X $package.gitMajor=1 -X $package.gitMinor=36"
        flags+=" -X $package.gitTreeState=clean -X $package.buildDate=2026-01-01T00:00:00Z"
      done
      ;;
    gitea) flags+=' -X main.Version=1.26.0' ;;
  esac
  printf '%s' "$flags"
}

# The directory of a module's programs: a new one whenever module, sums, programs, flags or data change.
bin_of() {
  local module=$BED_LIVE/modules/$1 program package hash
  hash=$({
    cat "$module/go.mod" "$module/go.sum"
    while read -r program package; do
      printf '%s %s %s\n' "$program" "$package" "$(flags_of "$program")"
    done < <(programs_of "$1")
    declare -f "data_of_$1"
  } | sha256sum)
  printf '%s' "$BED_CACHE/bin-$1-${hash:0:16}"
}

programs_on_path() {
  local module
  BED_BIN=
  for module in "${BED_MODULES[@]}"; do BED_BIN+=$(bin_of "$module"):; done
  PATH=$BED_BIN$PATH
}

bed_build() {
  local module bin
  mkdir -p "$BED_CACHE"
  exec 8>"$BED_CACHE/lock"
  flock -n 8 || { say "another build is running, waiting for it"; flock 8; }
  for module in "${BED_MODULES[@]}"; do
    bin=$(bin_of "$module")
    if [[ ! -f $bin/complete ]]; then
      build_module "$module" "$bin"
    fi
  done
  exec 8>&-
}

build_module() {
  local module=$1 bin=$2 program package begin=$SECONDS
  if ! command -v go >/dev/null; then
    say "cannot build $module: no Go toolchain on PATH (install Go 1.26 and put it on PATH)"
    exit 77
  fi
  say "building $module into $bin"
  mkdir -p "$bin"
  while read -r program package; do
    [[ -x $bin/$program ]] || build_program "$module" "$program" "$package" "$bin"
  done < <(programs_of "$module")
  "data_of_$module" "$bin"
  touch "$bin/complete"
  say "built $module in $((SECONDS - begin)) s"
}

build_program() {
  local module=$1 program=$2 package=$3 bin=$4 begin=$SECONDS cgo=0 tags=''
  if [[ $program == gitea ]]; then cgo=1 tags='sqlite sqlite_unlock_notify'; fi
  (
    cd "$BED_LIVE/modules/$module"
    GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=$cgo \
      go build -tags "$tags" -ldflags "$(flags_of "$program")" -o "$bin/$program.part" "$package"
  ) </dev/null || die "building $program failed"
  mv "$bin/$program.part" "$bin/$program"
  say "  $program: $((SECONDS - begin)) s"
}

# module_dir MODULE PATH: where the source of a required Go module lies.
module_dir() { (cd "$BED_LIVE/modules/$1" && GOTOOLCHAIN=local go list -m -f '{{.Dir}}' "$2"); }

# Data files are copied out of read-only module directories, so they are made writable.
data_of_controlplane() {
  local stage file
  stage=$(module_dir controlplane sigs.k8s.io/kwok)/kustomize/stage
  for file in "$stage"/node/fast/node-initialize.yaml \
    "$stage"/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml \
    "$stage"/pod/fast/pod-{ready,complete,delete}.yaml "$stage"/pod/chaos/*.yaml; do
    printf -- '---\n'
    cat "$file"
  done >"$1/stages.yaml"
}

data_of_flux() {
  local path file
  for path in {source,kustomize,helm,notification,image-reflector,image-automation}-controller source-watcher/v2; do
    for file in "$(module_dir flux "github.com/fluxcd/$path")"/config/crd/bases/*.yaml; do
      printf -- '---\n'
      cat "$file"
    done
  done >"$1/crds.yaml"
}

data_of_forge() {
  local source
  source=$(module_dir forge code.gitea.io/gitea)
  rm -rf "$1/static"
  mkdir "$1/static"
  cp -r --no-preserve=mode "$source"/{templates,options,public} "$1/static/"
}
