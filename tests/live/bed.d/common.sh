# Directories, ports, waiting and messages.

say() { printf '%s\n' "bed: $*" >&2; }
die() { say "$*"; exit 1; }

# bed_dir [DIR]: the directory meant by an optional argument.
bed_dir() { printf '%s' "${1:-${BED_DIR:-${TMPDIR:-/tmp}/fluxdeck-bed}}"; }

# bed_open [DIR]: work on a running bed.
bed_open() {
  BED_DIR=$(bed_dir "${1:-}")
  [[ -f $BED_DIR/supervisor.pid ]] || die "no bed in $BED_DIR"
  read -r SUPERVISOR <"$BED_DIR/supervisor.pid"
  process_alive "$SUPERVISOR" || die "the bed in $BED_DIR has ended"
  if [[ -f $BED_DIR/env ]]; then
    # shellcheck source=/dev/null
    source "$BED_DIR/env"
  fi
  programs_on_path
}

# process_start PID: sets START to when the process started; empty for a dead one or a zombie.
# A pid alone may be reused, pid and start time are not.
process_start() {
  local stat='' fields
  START=
  { IFS= read -r -d '' stat <"/proc/$1/stat" || [[ -n $stat ]]; } 2>/dev/null || return 0
  read -r -a fields <<<"${stat##*) }"
  [[ ${fields[0]} == [ZX] ]] || START=${fields[19]}
}

process_alive() { process_start "$1" && [[ -n $START ]]; }
process_gone() { ! process_alive "$1"; }

# within SECONDS COMMAND...: run it every 0.1 s until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# Ports come in blocks of PORT_BLOCK below the kernel's ephemeral range. A block belongs to the
# bed that holds its lock; every server inherits the lock, so a block is free again exactly when
# the last process of its bed has gone.
PORT_FIRST=20000 PORT_BLOCK=32 PORT_BLOCKS=200

reserve_ports() {
  # The same place for all beds of a user, whatever his TMPDIR is.
  local locks=/tmp/fluxdeck-bed-ports-$UID block
  mkdir -p "$locks"
  for ((block = 0; block < PORT_BLOCKS; block++)); do
    exec 9>"$locks/$block"
    if flock -n 9 && block_unused $((PORT_FIRST + block * PORT_BLOCK)); then
      PORT_NEXT=$((PORT_FIRST + block * PORT_BLOCK))
      return
    fi
  done
  die "no free block of $PORT_BLOCK ports from $PORT_FIRST on"
}

# block_unused FIRST: nobody listens in this block.
block_unused() {
  local address state port _
  while read -r _ address _ state _; do
    port=$((16#${address##*:}))
    if [[ $state == 0A ]] && ((port >= $1 && port < $1 + PORT_BLOCK)); then return 1; fi
  done < <(tail -q -n +2 /proc/net/tcp /proc/net/tcp6 2>/dev/null)
}

# take_port NAME: the next port of the block, as variable NAME.
take_port() {
  printf -v "$1" '%s' "$PORT_NEXT"
  PORT_NEXT=$((PORT_NEXT + 1))
}
