// Compares tokens of `token` with those of the real AWS CLI, byte for byte. Run separately: needs
// the AWS CLI or Python 3.

import assert from "node:assert/strict";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { signToken } from "../../../cli/aws/tokens.ts";
import { startSandbox } from "../../../local/sandbox.ts";
import { sandboxFiles } from "../../../local/sandbox-files.ts";
import { writeTerminalFiles } from "../../../local/terminal.ts";
import { blocksOf } from "../../docs/shell-blocks.ts";
import { eksGetToken, findAwsCli } from "../../e2e/aws-cli.ts";
import { execute } from "../../e2e/cluster/kubectl.ts";
import { localIdentity } from "../../local-aws.ts";
import { useFolder } from "../fixtures.ts";

const aws = findAwsCli();
const cwd = useFolder().path;

for (const name of ["alice", "bob", "carol", "node", "federated"]) {
  for (const [region, cluster] of Object.entries({
    "us-west-2": "local",
    "eu-central-1": "my_cluster-1.example",
  })) {
    test(`${name} in ${region}: equal keys, cluster and second produce equal bytes`, async () => {
      const theirs = eksGetToken(aws, localIdentity(name), cluster, region);
      const url = Buffer.from(theirs.replace("k8s-aws-v1.", ""), "base64url").toString();
      const [, y, mo, d, h, mi, s] =
        /X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(url) ?? [];
      const now = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
      const { accessKeyId, secretAccessKey, sessionToken } = localIdentity(name);
      const credentials = {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== undefined && { sessionToken }),
      };
      const ours = await signToken({
        credentials,
        clusterId: cluster,
        region,
        domain: "amazonaws.com",
        now,
      });
      assert.equal(ours.token, theirs);
    });
  }
}

test("docs/try.md: its token is granted in a terminal of the sandbox, without the STS endpoint", async (t) => {
  const files = sandboxFiles(join(cwd, ".local"));
  const sandbox = await startSandbox(files);
  t.after(() => sandbox.close());
  await writeTerminalFiles(files, sandbox);
  const line = blocksOf("docs/try.md", "sh")
    .join("")
    .match(/^env -u AWS_ENDPOINT_URL_STS .*aws eks get-token .*$/m)?.[0];
  const env = { PATH: [dirname(aws), process.env["PATH"]].join(delimiter), HOME: cwd };
  const { stdout, stderr } = await execute("sh", ["-c", `. .local/env; ${line}`], { cwd, env });
  assert.match(stdout, /"username": "alice"/, stderr);
});
