# `bed up` leaves a supervisor behind: parent of every server, ended by `bed down` or with its owner.

# serve NAME COMMAND...: a server that the kernel kills with the supervisor. Never call it in a
# subshell: the server would die with that.
serve() {
  local name=$1
  shift
  setpriv --pdeathsig KILL -- "$@" >>"$BED_DIR/log/$name.log" 2>&1 </dev/null &
  echo $! >"$BED_DIR/pid/$name"
}

state() {
  printf '%s' "$*" >"$BED_DIR/state.new"
  mv "$BED_DIR/state.new" "$BED_DIR/state"
  printf '%(%T)T %s\n' -1 "$*"
}

bed_supervise() {
  BED_DIR=$1
  local owner=$2 mode=$3 request
  APISERVER_FLAGS=("${@:4}")
  echo $$ >"$BED_DIR/supervisor.pid"
  trap 'exit 1' TERM INT
  trap supervisor_end EXIT
  watch_owner "$owner" &
  own_environment
  programs_on_path
  bring_up "$mode"
  state ready
  exec 7<>"$BED_DIR/control"
  while true; do
    # The timeout lets a pending TERM in.
    # shellcheck disable=SC2086 # words: id, action, flags
    if read -r -t 1 request <&7; then answer_request $request; fi
  done
}

# Nothing of the caller's configuration reaches what runs here, and nothing of the bed his home.
own_environment() {
  unset "${!XDG_@}" "${!GIT_@}" "${!HELM_@}" "${!KUBE@}" http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  export HOME=$BED_DIR/home TMPDIR=$BED_DIR/tmp GIT_TERMINAL_PROMPT=0 LC_ALL=C.UTF-8
  mkdir -p "$HOME" "$TMPDIR"
}

watch_owner() {
  local supervisor=$$ start
  trap - EXIT TERM
  process_start "$1"
  start=$START
  while process_alive "$supervisor"; do
    process_start "$1"
    if [[ -z $START || $START != "$start" ]]; then
      kill -TERM "$supervisor"
      return
    fi
    sleep 0.5
  done
}

supervisor_end() {
  local pids=() file
  trap - EXIT
  trap '' TERM
  for file in "$BED_DIR"/pid/*; do pids+=("$(<"$file")"); done
  kill -KILL "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
  [[ -n ${BED_KEEP:-} ]] || rm -rf "$BED_DIR"
  # The session holds nothing but this bed: watchers, helpers, what a server had started.
  kill -KILL -- -$$
}

# servers_alive: or dies with the name and the last words of one that ended.
servers_alive() {
  local file
  for file in "$BED_DIR"/pid/*; do
    process_alive "$(<"$file")" ||
      die "$(basename "$file") has ended: $(tail -n 3 "$BED_DIR/log/$(basename "$file").log")"
  done
}

# bring_up fleet|staging|empty|kubernetes|api
bring_up() {
  local mode=$1
  reserve_ports
  for name in API ETCD ETCD_PEER MANAGER SCHEDULER KUBELET FORGE SOURCE WATCHER EVENTS RECEIVER; do
    take_port "PORT_$name"
  done
  API_URL=https://127.0.0.1:$PORT_API
  FORGE_URL=http://127.0.0.1:$PORT_FORGE
  state "starting etcd and the API server"
  start_etcd
  make_pki
  make_kubeconfig admin default
  make_kubeconfig developer web
  make_kubeconfig viewer default
  export KUBECONFIG=$BED_DIR/admin.kubeconfig
  if [[ $mode == api ]]; then APISERVER_FLAGS+=(--disable-admission-plugins=ServiceAccount); fi
  start_apiserver
  if [[ $mode =~ ^(fleet|staging|empty)$ ]]; then start_forge; fi
  within 60 apiserver_ready || die "the API server is not ready: $(tail -n 3 "$BED_DIR/log/apiserver.log")"
  [[ $mode == api ]] || start_workload_controllers
  state "installing kinds, users and roles"
  install_kinds
  if [[ $mode =~ ^(fleet|staging|empty)$ ]]; then
    start_flux
    state "starting the forge"
    prepare_forge
  fi
  # Now, not when all is ready: `bed check` tells what the fleet still waits for.
  write_env
  if [[ $mode == fleet ]]; then
    state "loading the fleet"
    load_fleet
    state "waiting for the fleet to settle"
    fleet_settle
  elif [[ $mode == staging ]]; then
    state "loading the staging cluster"
    load_staging
    state "waiting for the staging cluster to settle"
    staging_settle
  fi
  servers_alive
}

# answer_request ID ACTION [FLAG]...
answer_request() {
  local id=$1 action=$2 pid answer=ok
  shift 2
  pid=$(<"$BED_DIR/pid/apiserver")
  case $action in
    stop | restart)
      kill -KILL "$pid" 2>/dev/null || true
      # Until it is reaped: a zombie's other threads may still hold the port.
      wait "$pid" 2>/dev/null || true
      ;;
    pause) kill -STOP "$pid" || answer="no API server runs" ;;
    continue) kill -CONT "$pid" || answer="no API server runs" ;;
  esac
  if [[ $action == start || $action == restart ]]; then
    if process_alive "$pid"; then
      answer="the API server runs already"
    else
      start_apiserver "$@"
      within 40 apiserver_ready || answer="the API server is not ready, see $BED_DIR/log/apiserver.log"
      write_env
    fi
  fi
  printf '%s' "$answer" >"$BED_DIR/reply/$id.new"
  mv "$BED_DIR/reply/$id.new" "$BED_DIR/reply/$id"
}

write_env() {
  cat >"$BED_DIR/env.new" <<SH
export BED_DIR='$BED_DIR'
export KUBECONFIG='$KUBECONFIG'
export BED_KUBECONFIG_ADMIN='$BED_DIR/admin.kubeconfig'
export BED_KUBECONFIG_DEVELOPER='$BED_DIR/developer.kubeconfig'
export BED_KUBECONFIG_VIEWER='$BED_DIR/viewer.kubeconfig'
export BED_API_URL='$API_URL'
export BED_CA='$BED_DIR/pki/ca.crt'
export BED_AUDIT_LOG='$BED_DIR/audit.log'
export BED_SUPERVISOR_PID='$$'
export BED_APISERVER_PIDFILE='$BED_DIR/pid/apiserver'
export BED_APISERVER_PID='$(<"$BED_DIR/pid/apiserver")'
export BED_BIN='${BED_BIN%:}'
export BED_FORGE_URL='${FORGE_TOKEN:+$FORGE_URL}'
export BED_FORGE_USER='${FORGE_TOKEN:+$FORGE_USER}'
export BED_FORGE_TOKEN='${FORGE_TOKEN:-}'
export BED_GIT_URL='${FORGE_TOKEN:+$FORGE_URL/$FORGE_USER/fleet.git}'
export BED_GIT_URL_APPS='${FORGE_TOKEN:+$FORGE_URL/$FORGE_USER/apps.git}'
export BED_RECEIVER_URL='${FORGE_TOKEN:+http://127.0.0.1:$PORT_RECEIVER}'
SH
  mv "$BED_DIR/env.new" "$BED_DIR/env"
}
