# What a caller runs: it talks to the supervisor through files in $BED_DIR.

bed_up() {
  local owner=$PPID mode=fleet state shown=''
  APISERVER_FLAGS=()
  BED_DIR=$(bed_dir)
  while (($#)); do
    case $1 in
      --dir) BED_DIR=$2; shift ;;
      --owner) owner=$2; shift ;;
      --staging) [[ $mode != fleet ]] || mode=staging ;;
      --empty) [[ $mode != fleet && $mode != staging ]] || mode=empty ;;
      --no-flux) [[ $mode == api ]] || mode=kubernetes ;;
      --api-only) mode=api ;;
      --apiserver-flag) APISERVER_FLAGS+=("$2"); shift ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  bed_build
  if [[ -f $BED_DIR/supervisor.pid ]] && process_alive "$(<"$BED_DIR/supervisor.pid")"; then
    die "a bed is already up in $BED_DIR"
  fi
  [[ ! -e $BED_DIR || -e $BED_DIR/log ]] || die "$BED_DIR exists and is not a bed"
  rm -rf "$BED_DIR"
  mkdir -p "$BED_DIR"/{log,pid,reply}
  BED_DIR=$(readlink -f "$BED_DIR")
  mkfifo "$BED_DIR/control"
  # Interrupted or failed, `up` leaves nothing behind.
  trap 'bed_down "$BED_DIR"' EXIT
  setsid --fork "$BED_SELF" supervise "$BED_DIR" "$owner" "$mode" "${APISERVER_FLAGS[@]}" \
    </dev/null >"$BED_DIR/log/supervisor.log" 2>&1
  exec 6<"$BED_DIR/log/supervisor.log"
  within 5 test -s "$BED_DIR/supervisor.pid" || die "the supervisor did not start"
  SUPERVISOR=$(<"$BED_DIR/supervisor.pid")
  while state=$(cat "$BED_DIR/state" 2>/dev/null || true); [[ $state != ready ]]; do
    if [[ -n $state && $state != "$shown" ]]; then say "$state"; shown=$state; fi
    if ! process_alive "$SUPERVISOR"; then
      tail -n 40 <&6 >&2
      die "the bed did not come up"
    fi
    sleep 0.2
  done
  trap - EXIT
  cat "$BED_DIR/env"
}

bed_down() {
  local pid
  BED_DIR=$(bed_dir "${1:-}")
  [[ -f $BED_DIR/supervisor.pid ]] || return 0
  pid=$(<"$BED_DIR/supervisor.pid")
  if process_alive "$pid"; then
    kill -TERM "$pid" 2>/dev/null || true
    if ! within 20 process_gone "$pid"; then kill -KILL "$pid"; fi
  fi
  # A supervisor that was killed hard could not do this itself.
  [[ -n ${BED_KEEP:-} ]] || rm -rf "$BED_DIR"
}

# bed_apiserver stop|start|restart|pause|continue [FLAG]... [DIR]
bed_apiserver() {
  local action=${1:-} dir='' flags=() id=$$ answer
  shift || true
  [[ $action =~ ^(stop|start|restart|pause|continue)$ ]] || { usage >&2; exit 2; }
  while (($#)); do
    if [[ $1 == --* ]]; then flags+=("$1"); else dir=$1; fi
    shift
  done
  bed_open "$dir"
  printf '%s %s %s\n' "$id" "$action" "${flags[*]}" >"$BED_DIR/control"
  within 60 test -f "$BED_DIR/reply/$id" || die "no answer from the supervisor"
  answer=$(<"$BED_DIR/reply/$id")
  rm -f "$BED_DIR/reply/$id"
  [[ $answer == ok ]] || die "$answer"
}
