#!/bin/sh
# Maps a role or a user to a username and groups, with only the AWS CLI:
#   put-mapping.sh my-cluster arn:aws:iam::111122223333:role/Developers 'dev:{SessionName}' developers
set -eu
if [ $# -lt 3 ]; then
  echo "usage: $0 <cluster id> <ARN of a role or user> <username> [group]..." >&2
  exit 2
fi
# The value is put together as text: a quote would end its string, and the rest would be keys and groups that the name's author chooses.
case "$*" in *[\"\\]*) echo 'A name must not have a " or a \ in it.' >&2 && exit 2 ;; esac
cluster=$1 arn=$2 username=$3
shift 3

account=$(echo "$arn" | cut -d : -f 5)
entity=$(echo "$arn" | cut -d : -f 6) # role/path/Developers
kind=${entity%%/*}
case "$kind" in role | user) ;; *) echo "$arn is not the ARN of a role or a user." >&2 && exit 2 ;; esac

# Lower case; what Parameter Store does not allow is a dot and two hex digits, and so is the dot itself.
name=$(echo "${entity##*/}" | tr 'A-Z' 'a-z' | sed 's/\./.2e/g; s/+/.2b/g; s/,/.2c/g; s/=/.3d/g; s/@/.40/g')

groups=
for group; do groups="$groups${groups:+, }\"$group\""; done

aws ssm put-parameter --type String --overwrite --name "/iam-authenticator/$cluster/$kind/$account/$name" \
  --value "{\"arn\": \"$arn\", \"username\": \"$username\", \"groups\": [$groups]}"
