// `npm run try:aws`: its shell can deploy, log in, migrate, update and remove. Run by `npm run
// test:rehearsal`; requires Python 3.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useFolder } from "../../cli/fixtures.ts";
import { MACHINE } from "../../infra/cdk-cli.ts";

const SCRIPT = join(import.meta.dirname, "try", "try-aws.ts");

/** What a user would type. Each line of output is marked with its step. */
const TYPED = `#!/bin/sh
set -e
echo "0 $(review bob 2>&1)"
cdk deploy >&2
iam-authenticator callers add here --new --endpoint "$(cat "$HOME/endpoint")" -y --out "$HOME/webhook.kubeconfig"
echo "1 $(review bob | tr -d '\\n ')"
cat > "$HOME/aws-auth.yaml" <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth}
data:
  mapRoles: |
    - {rolearn: "arn:aws:iam::111122223333:role/Developers", username: "dev:{{SessionName}}", groups: [developers]}
END
iam-authenticator mappings import -f "$HOME/aws-auth.yaml" > "$HOME/mappings.yaml"
iam-authenticator mappings apply -f "$HOME/mappings.yaml" -y --allow-weakening >&2
sleep 11
echo "2 $(review bob | tr -d '\\n ')"
echo "3 $(iam-authenticator mappings list -o name | tr '\\n' ' ')"
sed -i.old 's/"111122223333"/"444455556666"/' "$HOME/.cdk.json"
cdk deploy >&2
echo "4 $(review bob | tr -d '\\n ')"
cdk destroy --force >&2
echo "5 $(review bob 2>&1 | tr -d '\\n ')"
sed -i.old 's/"clusters": \\[/&{"clusterId": "cluster-201", "region": "us-west-2", "accounts": ["111122223333"], "architecture": "'"$ARCH"'", "safeDeployments": false},/' "$HOME/.cdk.json"
cdk deploy IamAuthenticator-cluster-201 >&2
iam-authenticator contexts from-cdk "$HOME/.cdk.json" --yes >&2
echo "6 $(iam-authenticator contexts -o name | tr '\\n' ' ')"
rm "$HOME/webhook.kubeconfig"
iam-authenticator callers add control-plane -c cluster-201 --new --endpoint "$(cat "$HOME/endpoint")" -y --out "$HOME/webhook.kubeconfig" >&2
iam-authenticator mappings apply -c cluster-201 -f "$HOME/mappings.yaml" -y --allow-weakening >&2
sleep 11
echo "7 $(review bob cluster-201 | tr -d '\\n ')"
`;

test("its shell deploys, denies, migrates, grants, updates and destroys", () => {
  // Not as standard input, which the programs in it would read.
  const shell = useFolder().write("typed.sh", TYPED);
  chmodSync(shell, 0o755);
  const { stdout, stderr, status } = spawnSync(process.execPath, [SCRIPT], {
    encoding: "utf8",
    env: { ...process.env, SHELL: shell, ARCH: MACHINE },
    timeout: 720_000,
  });
  const output = `${stdout}\n${stderr}`;
  assert.equal(status, 0, output);
  const steps = new Map(
    [...stdout.matchAll(/^(\d) (.*)$/gm)].map(([, step, text]) => [step, text]),
  );
  for (const [step, expected] of [
    /^Nothing is deployed yet\. First run "cdk deploy"/,
    /"error":"identity_unmapped:/,
    /"username":"dev:bob-example\.com"/,
    /role\/111122223333\/developers/,
    /"error":"account_foreign:/,
    /^HTTP404|sandboxisnotrunning/,
    /^cluster-201 local $/,
    /"username":"dev:bob-example\.com"/,
  ].entries()) {
    assert.match(steps.get(String(step)) ?? "", expected, output);
  }
});
