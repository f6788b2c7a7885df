// The sandbox stores the settings of its function, as a stack does: `explain` and a review agree,
// whatever the settings are.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { parseStoredSettings } from "../../functions/settings/stored-settings.ts";
import { localIdentity, mintToken, type TokenOptions } from "../../local/identities.ts";
import { startSandbox } from "../../local/sandbox.ts";
import { CLUSTER_ID, REGION, readSecret, sandboxFiles } from "../../local/sandbox-files.ts";
import { writeServiceAccountToken } from "../../local/service-account.ts";
import { reviewToken } from "../../local/webhook.ts";
import { keyVariables } from "../aws-variables.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { useFolder } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";

const NAMES = ["alice", "bob", "carol", "dan", "contractor", "pod"];

/** Usernames of who is granted; reasons of the others. */
const USUAL = {
  alice: "alice",
  bob: "dev:bob-example.com",
  carol: "admin:carol-example.com",
  dan: "identity_denied",
  contractor: "identity_unmapped",
  pod: "ci-deployer",
};

const CASES: Readonly<
  Record<string, [settings: Readonly<Record<string, string>>, Readonly<Record<string, string>>]>
> = {
  "the sandbox's own settings": [{}, USUAL],
  "accounts that none of them is of": [
    { ACCOUNTS: "444455556666" },
    Object.fromEntries(NAMES.map((name) => [name, "account_foreign"])),
  ],
  "their account": [{ ACCOUNTS: "111122223333" }, USUAL],
  "reserved prefixes of a username and of a group": [
    { ACCOUNTS: "111122223333,444455556666", RESERVED_PREFIXES: "dev:,deployers" },
    { ...USUAL, bob: "name_refused", pod: "name_refused" },
  ],
};

const folder = useFolder();
for (const [what, [settings, expected]] of Object.entries(CASES)) {
  const options = what === "their account" ? ONLY_IN_ALL : {};
  test(
    `with ${what}, explain and a review agree for each of the sandbox's people, and for a Pod`,
    options,
    async (t) => {
      const files = sandboxFiles(join(folder.path, what));
      const sandbox = await startSandbox(files, { settings });
      t.after(() => sandbox.close());
      const secret = readSecret(files);
      const operator = localIdentity("carol", secret);
      useLocalAws({
        ...keyVariables(operator),
        AWS_REGION: REGION,
        AWS_ENDPOINT_URL_SSM: sandbox.parameterStoreUrl,
      });
      const environment = {
        AWS_ENDPOINT_URL_STS: sandbox.stsUrl,
        AWS_ENDPOINT_URL: sandbox.queryUrl,
      };
      const read = await cli(["explain", "-c", CLUSTER_ID, "role/111122223333/contractor"], {
        environment,
      });
      assert.doesNotMatch(read.err, /settings/i);

      const answers: Record<string, string> = {};
      for (const name of NAMES) {
        const identity = name === "pod" ? await podOf(files, sandbox) : localIdentity(name, secret);
        const token = await mintToken({ identity, clusterId: CLUSTER_ID, region: REGION });
        const { review } = await reviewToken(files, token);
        const { user, error = "" } = review.status;
        const explained = await cli(
          ["explain", "-c", CLUSTER_ID, "--token-file", "-", "-o", "json"],
          {
            input: token,
            environment,
          },
        );
        const { refusal, user: said } = JSON.parse(explained.out) as {
          refusal?: { code: string };
          user?: { username: string };
        };
        answers[name] = user?.username ?? /^\w+/.exec(error)?.[0] ?? "";
        assert.equal(
          refusal?.code ?? said?.username,
          answers[name],
          `${name}: ${explained.out}${explained.err}`,
        );
      }
      assert.deepEqual(answers, expected);
    },
  );
}

test("the stored settings are those of the function, and a start replaces those of the last one", async () => {
  const files = sandboxFiles(join(folder.path, "replaced"));
  for (const [settings, acceptsSignedTokens] of [
    [{ RESERVED_PREFIXES: "corp:" }, true],
    [{}, false],
  ] as const) {
    const sandbox = await startSandbox(files, { settings, acceptsSignedTokens });
    const credentials = localIdentity("carol", readSecret(files));
    const client = new SSM({ endpoint: sandbox.parameterStoreUrl, region: REGION, credentials });
    const Name = `/iam-authenticator/${CLUSTER_ID}/settings/${CLUSTER_ID}`;
    const { Parameter } = await client.getParameter({ Name });
    const stored = parseStoredSettings(Parameter?.Value ?? "");
    assert.ok(stored.valid && stored.value.nodeLookup);
    const { JWT_ISSUERS = "", ...others } = stored.value.settings;
    assert.match(JWT_ISSUERS, acceptsSignedTokens ? /^111122223333=https:/ : /^$/);
    assert.deepEqual(others, settings);
    await sandbox.close();
  }
});

async function podOf(
  files: ReturnType<typeof sandboxFiles>,
  sandbox: Awaited<ReturnType<typeof startSandbox>>,
): Promise<TokenOptions["identity"]> {
  const WebIdentityToken = await writeServiceAccountToken(files, sandbox.issuerUrl);
  const sts = new STS({
    endpoint: sandbox.stsUrl,
    region: REGION,
    credentials: { accessKeyId: "unused", secretAccessKey: "unused" },
  });
  const RoleArn = "arn:aws:iam::111122223333:role/Deployer";
  const { Credentials } = await sts.assumeRoleWithWebIdentity({
    RoleArn,
    RoleSessionName: "pod",
    WebIdentityToken,
  });
  const {
    AccessKeyId: accessKeyId = "",
    SecretAccessKey: secretAccessKey = "",
    SessionToken: sessionToken = "",
  } = Credentials ?? {};
  return {
    name: "pod",
    arn: RoleArn,
    account: "111122223333",
    userId: "",
    accessKeyId,
    secretAccessKey,
    sessionToken,
  };
}
