# The forge: git over http, pull requests, Helm and OCI packages.

FORGE_USER=ops FORGE_PASSWORD=ops-password

start_forge() {
  local forge=$BED_DIR/forge
  mkdir -p "$forge"
  {
    if ((UID == 0)); then echo 'I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true'; fi
    cat <<INI
RUN_MODE = prod
APP_NAME = fluxdeck bed
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = $PORT_FORGE
ROOT_URL = $FORGE_URL/
LOCAL_ROOT_URL = $FORGE_URL/
STATIC_ROOT_PATH = $(bin_of forge)/static
APP_DATA_PATH = $forge/data
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = $forge/gitea.db
SQLITE_JOURNAL_MODE = WAL
[repository]
ROOT = $forge/repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
SECRET_KEY = bed
INTERNAL_TOKEN = $(gitea generate secret INTERNAL_TOKEN)
PASSWORD_HASH_ALGO = pbkdf2\$1000\$10
[service]
DISABLE_REGISTRATION = true
[indexer]
ISSUE_INDEXER_TYPE = db
[queue]
TYPE = level
DATADIR = $forge/queues
[packages]
ENABLED = true
[log]
LEVEL = warn
ROOT_PATH = $forge/log
[cron]
ENABLED = false
[actions]
ENABLED = false
INI
  } >"$forge/app.ini"
  serve gitea gitea web -c "$forge/app.ini"
}

# forge METHOD PATH [CURL ARGUMENT]...
forge() {
  curl -fsS -u "$FORGE_USER:$FORGE_PASSWORD" -X "$1" "$FORGE_URL$2" "${@:3}"
}

prepare_forge() {
  within 60 curl -fs "$FORGE_URL/api/healthz" || die "the forge is not ready, see log/gitea.log"
  gitea admin user create -c "$BED_DIR/forge/app.ini" --username "$FORGE_USER" \
    --password "$FORGE_PASSWORD" --email ops@example.test --admin --must-change-password=false
  FORGE_TOKEN=$(forge POST "/api/v1/users/$FORGE_USER/tokens" --json '{"name":"bed","scopes":["all"]}' |
    sed -n 's/.*"sha1":"\([0-9a-f]*\)".*/\1/p')
  [[ -n $FORGE_TOKEN ]] || die "the forge gave no token"
  # one that is made empty has no pull requests until the forge has looked at the first push, which it does later
  local repository
  for repository in fleet apps; do
    forge POST /api/v1/user/repos --json "{\"name\":\"$repository\",\"private\":true,\"auto_init\":true,\"default_branch\":\"main\"}" >/dev/null
  done
}

# push_repository NAME FOLDER: a plain folder becomes the first commit of a repository.
push_repository() {
  local git=(git -C "$2" -c user.name=ops -c user.email=ops@example.test)
  "${git[@]}" init -q -b main
  "${git[@]}" add -A
  GIT_AUTHOR_DATE='2026-11-01T08:00:00Z' GIT_COMMITTER_DATE='2026-11-01T08:00:00Z' \
    "${git[@]}" commit -q -m "$1: as found in production"
  "${git[@]}" push -q --force "http://$FORGE_USER:$FORGE_TOKEN@127.0.0.1:$PORT_FORGE/$FORGE_USER/$1.git" main
}

# push_blob REPOSITORY FILE: prints digest and size, as a manifest names a blob.
push_blob() {
  local digest
  digest=sha256:$(sha256sum <"$2" | cut -d' ' -f1)
  forge POST "/v2/$FORGE_USER/$1/blobs/uploads/?digest=$digest" --data-binary "@$2" \
    -H 'Content-Type: application/octet-stream' >/dev/null
  printf '"digest":"%s","size":%s' "$digest" "$(stat -c %s "$2")"
}

# push_oci REPOSITORY TAG CONFIG-TYPE LAYER-TYPE LAYER-FILE [ANNOTATIONS]
push_oci() {
  local config=$BED_DIR/tmp/config.json media=application/vnd.oci.image.manifest.v1+json
  printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' >"$config"
  printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s",%s},"layers":[{"mediaType":"%s",%s}],"annotations":{%s}}' \
    "$media" "$3" "$(push_blob "$1" "$config")" "$4" "$(push_blob "$1" "$5")" "${6:-}" >"$BED_DIR/tmp/manifest.json"
  forge PUT "/v2/$FORGE_USER/$1/manifests/$2" -H "Content-Type: $media" --data-binary "@$BED_DIR/tmp/manifest.json" >/dev/null
}
