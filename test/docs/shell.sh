# What the blocks of the documents run after: nothing is on the PATH, so that bash asks the function below about every program.
# Needs LOG, where each command is written down, and NODE and COMMAND, which run this project's own.

PATH=/nowhere
exec < /dev/null
: > "$LOG"

# Code and standard error of our own command, nothing of others; then the words.
record() {
  local IFS=$'\2'
  printf '\1%s' "$*" >> "$LOG"
}

# As a user who says yes, and does not wait for the rate limit.
own() {
  local more=() code=0 err="$LOG.$BASHPID"
  case "${1-} ${2-} ${3-}" in
    "mappings set "* | "mappings deny "* | "mappings allow "* | "mappings apply "* | "mappings rollback "*)
      more=(--yes --allow-weakening --rate 1000) ;;
    "mappings remove "*) more=(--yes --rate 1000) ;;
    "callers remove "* | "irsa keys publish" | "irsa keys retire") more=(--yes) ;;
  esac
  # A limit for each, not for the page: how many commands a page has, and how busy the machine is, does not count.
  /usr/bin/timeout 60 "$NODE" "$COMMAND" "$@" "${more[@]}" 2> "$err" || code=$?
  record "$code" "$(< "$err")" "$@"
}

command_not_found_handle() {
  case "$1 ${2-}" in
    "npx lambda-iam-authenticator") shift 2; own "$@"; return 0 ;;
    "iam-authenticator "*) shift; own "$@"; return 0 ;;
    "openssl "* | "tr "* | "sha256sum "*) "/usr/bin/$1" "${@:2}"; return ;;
  esac
  record "" "" "$@"
  # What the next command of a pipe, or a file, needs.
  case "$*" in
    "aws eks get-token "*) "$NODE" "$COMMAND" token -c my-cluster ;;
    "aws eks list-access-entries "*) echo arn:aws:iam::111122223333:role/Developers ;;
    "aws eks describe-access-entry "*) /bin/cat access-entry.json ;;
    "kubectl "*"get configmap aws-iam-authenticator "*) /bin/cat server-config.yaml ;;
    "kubectl "*"get configmap aws-auth "*) /bin/cat aws-auth.yaml ;;
    "kubectl get iamidentitymappings "*) /bin/cat identity-mappings.yaml ;;
    "kubectl get --raw /openid/v1/jwks"*) /bin/cat jwks.json ;;
    *) /bin/cat > /dev/null ;;
  esac
  return 0
}
