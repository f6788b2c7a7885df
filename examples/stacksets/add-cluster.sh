#!/bin/sh
# Adds the stack of one cluster of CDK's list to the stack set: add-cluster.sh <cdk.json> <cluster id> <organizational unit> <bucket prefix>
# A delegated administrator sets CALL_AS=DELEGATED_ADMIN.
set -eu
file=$1 id=$2 unit=$3 buckets=$4

entries=$(jq -er --arg id "$id" '.context.clusters[] | select(.clusterId == $id and .account and .region) | "\(.account) \(.region)"' "$file") || {
  echo "$file has no entry with account and region for $id." >&2
  exit 2
}
while read -r account region; do
  aws cloudformation create-stack-instances --stack-set-name IamAuthenticator --call-as "${CALL_AS:-SELF}" --regions "$region" \
    --deployment-targets "OrganizationalUnitIds=$unit,Accounts=$account,AccountFilterType=INTERSECTION" \
    --parameter-overrides "ParameterKey=ClusterId,ParameterValue=$id" "ParameterKey=CodeBucket,ParameterValue=$buckets-$region"
done <<END
$entries
END
