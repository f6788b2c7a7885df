# Runs before the blocks of the documents. PATH is empty, so bash calls command_not_found_handle for every program.
# Requires LOG, the file that records each command, and NODE and COMMAND, which run this project's command.

PATH=/nowhere
exec < /dev/null
: > "$LOG"

# A page runs in one folder.
cd() { :; }

# Records exit code and standard error (empty for other commands), then the arguments.
record() {
  local IFS=$'\2'
  printf '\1%s' "$*" >> "$LOG"
}

# Runs our command; confirms changes and disables the rate limit.
own() {
  local more=() code=0 err="$LOG.$BASHPID"
  case "${1-} ${2-} ${3-}" in
    "mappings set "* | "mappings deny "* | "mappings allow "* | "mappings apply "* | "mappings rollback "*)
      more=(--yes --allow-weakening --rate 1000) ;;
    "kubeconfig client "*) case "$*" in *" --publish") more=(--yes --allow-weakening) ;; esac ;;
    "mappings remove "*) more=(--yes --rate 1000) ;;
    "callers remove "* | "contexts from-cdk "* | "irsa keys publish" | "irsa keys retire") more=(--yes) ;;
  esac
  # A timeout per command, since pages differ in length.
  /usr/bin/timeout 60 "$NODE" "$COMMAND" "$@" "${more[@]}" 2> "$err" || code=$?
  record "$code" "$(< "$err")" "$@"
}

command_not_found_handle() {
  case "$1 ${2-}" in
    "npx --no") shift 4; own "$@"; return 0 ;;
    "iam-authenticator "*) shift; own "$@"; return 0 ;;
    "sha256sum --check" | "sha256sum authentication-config.yaml") ;;
    "openssl "* | "tr "* | "sha256sum "* | "date "*) "/usr/bin/$1" "${@:2}"; return ;;
  esac
  record "" "" "$@"
  # Output that the next command needs.
  case "$*" in
    "aws eks get-token "*) "$NODE" "$COMMAND" token -c my-cluster ;;
    "aws eks list-access-entries "*) echo arn:aws:iam::111122223333:role/Developers ;;
    "aws eks describe-access-entry "*) /bin/cat access-entry.json; echo ;;
    "aws eks list-associated-access-policies "*) /bin/cat access-policies.json; echo ;;
    "kubectl "*"get configmap aws-iam-authenticator "*) /bin/cat server-config.yaml ;;
    "kubectl "*"get configmap aws-auth "*) /bin/cat aws-auth.yaml ;;
    "kubectl get iamidentitymappings "*) /bin/cat identity-mappings.yaml ;;
    "kubectl get --raw /openid/v1/jwks"*) /bin/cat jwks.json ;;
    *) /bin/cat > /dev/null ;;
  esac
  return 0
}
