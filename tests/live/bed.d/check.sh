# Is every Flux object of the fleet in the state that tests/live/expected.tsv expects?

FLEET_KINDS=(
  {gitrepositories,ocirepositories,helmrepositories,helmcharts,buckets,externalartifacts}.source.toolkit.fluxcd.io
  artifactgenerators.source.extensions.fluxcd.io
  kustomizations.kustomize.toolkit.fluxcd.io
  helmreleases.helm.toolkit.fluxcd.io
  {alerts,providers,receivers}.notification.toolkit.fluxcd.io
  {imagerepositories,imagepolicies,imageupdateautomations}.image.toolkit.fluxcd.io
  {fluxinstances,fluxreports,resourcesets,resourcesetinputproviders}.fluxcd.controlplane.io
)

# One line per object; what is absent is a dash. Messages are quoted: they may hold anything.
FLEET_TEMPLATE='{{range .items}}{{.kind}} {{.metadata.namespace}} {{.metadata.name -}}
{{if .metadata.deletionTimestamp}} deleted{{end -}}
{{if .spec}}{{if .spec.suspend}} suspended{{end}}{{if eq .kind "HelmRepository"}}{{if eq (or .spec.type "-") "oci"}} static{{end}}{{end}}{{end -}}
{{if or (eq .kind "Alert") (eq .kind "Provider")}} static{{end -}}
{{with .metadata.annotations}}{{if or (eq (or (index . "source.extensions.fluxcd.io/reconcile") "-") "disabled") (eq (or (index . "fluxcd.controlplane.io/reconcile") "-") "disabled")}} suspended{{end}}{{end -}}
{{$generation := .metadata.generation}}{{if .status}}{{with .status.observedGeneration}}{{if ne . $generation}} unobserved{{end}}{{end -}}
{{range .status.conditions}} {{.type}}={{.status}}/{{.reason}}{{end}}{{"\t"}}{{range .status.conditions}}{{if eq .type "Ready"}}{{printf "%q" .message}}{{end}}{{end}}{{end}}
{{end}}'

# state_of MESSAGE WORD...: sets STATE and REASON; the first rule that holds decides.
state_of() {
  local words=" ${*:2} "
  REASON=-
  if [[ $words =~ " Ready="[A-Za-z]+/([^ ]*) ]]; then REASON=${BASH_REMATCH[1]}; fi
  case $words in
    *' deleted '*) STATE=terminating ;;
    *' suspended '*) STATE=suspended ;;
    *' static '*) STATE=ready REASON=- ;;
    *' Stalled=True/'*) STATE=stalled REASON=${words#* Stalled=True/} REASON=${REASON%% *} ;;
    *' Ready=False/DependencyNotReady '* | *' Ready=False/SourceNotReady '*) STATE=waiting ;;
    *' Ready=False/HealthCheckCanceled '*) STATE=progressing ;;
    *' Ready=False/ArtifactFailed '*) if [[ $1 == *'artifact not found'* ]]; then STATE=waiting; else STATE=failed; fi ;;
    *' Ready=False/'*) STATE=failed ;;
    *' Ready=Unknown/'* | *' Reconciling=True/'*) STATE=progressing ;;
    *' Ready=True/'*) if [[ $words == *' unobserved '* ]]; then STATE=progressing; else STATE=ready; fi ;;
    *) STATE=unknown ;;
  esac
}

# expected_as STATE REASON FRAGMENT IS: a dash expects nothing in particular.
expected_as() {
  local state reason
  read -r state reason _ <<<"$4"
  [[ $state == "$1" && ($2 == - || $reason == "$2") && ($3 == - || $4 == *"$3"*) ]]
}

# fleet_check: prints one line per difference; fails if there is any.
fleet_check() {
  local -A seen=()
  local kinds facts message words key kind namespace name state reason fragment differences=0
  kinds=$(IFS=,; echo "${FLEET_KINDS[*]}")
  while IFS=$'\t' read -r facts message; do
    read -r -a words <<<"$facts"
    state_of "$message" "${words[@]:3}"
    seen[${words[*]:0:3}]="$STATE $REASON $message"
  done < <(kubectl get "$kinds" -A -o go-template="$FLEET_TEMPLATE")
  while IFS=$'\t' read -r kind namespace name state reason fragment; do
    # Kinds with a dot are those of Flux v1: their rules are their own.
    [[ $kind != '#'* && $kind != *.* ]] || continue
    key="$kind $namespace $name"
    if ! expected_as "$state" "$reason" "$fragment" "${seen[$key]:-}"; then
      echo "$key: expected $state $reason «$fragment», is ${seen[$key]:-absent}"
      differences=$((differences + 1))
    fi
    unset "seen[$key]"
  done <"$BED_LIVE/expected.tsv"
  for key in "${!seen[@]}"; do
    echo "$key: not in expected.tsv, is ${seen[$key]}"
    differences=$((differences + 1))
  done
  ((differences == 0))
}

# install_again DIFFERENCES: takes away what Helm keeps of every HelmRelease named there, and has it installed again. helm-controller answers
# a change of the chart that comes right after an install that failed with an upgrade, and then says that the upgrade failed: rare, and
# nothing brings it back.
install_again() {
  local kind namespace name now
  now=$(date -u +%FT%TZ)
  while read -r kind namespace name _; do
    [[ $kind == HelmRelease ]] || continue
    name=${name%:}
    echo "installing $namespace/$name again"
    kubectl delete secret -n "$namespace" -l "owner=helm,name=$name"
    kubectl annotate helmreleases.helm.toolkit.fluxcd.io -n "$namespace" "$name" --overwrite \
      "reconcile.fluxcd.io/requestedAt=$now" "reconcile.fluxcd.io/resetAt=$now"
  done <<<"$1"
}

# fleet_settle: waits until the check passes.
fleet_settle() {
  local end=$((SECONDS + 240)) again=$((SECONDS + 120)) difference
  until difference=$(fleet_check); do
    servers_alive
    if ((SECONDS > again)); then
      again=$((SECONDS + 60))
      install_again "$difference"
    fi
    if ((SECONDS > end)); then
      printf '%s\n' "$difference"
      die "the fleet did not reach the expected states"
    fi
    sleep 1
  done
}
