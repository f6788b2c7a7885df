// `kubeconfig client --login` with kubectl, AWS CLI 2 and a local IAM Identity Center: the sign-in,
// in a terminal and without one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { stringify } from "yaml";
import { clientKubeconfig } from "../../cli/commands/kubeconfig/client.ts";
import { type LocalRequest, startHttpServer } from "../../local/aws/http-server.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { useFolder, useServer } from "../cli/fixtures.ts";
import { localIdentity } from "../local-aws.ts";
import { findAwsCli2 } from "./aws-cli.ts";
import { OWN_COMMAND } from "./cluster/exec-plugins.ts";
import { execute } from "./cluster/kubectl.ts";
import { startCluster } from "./cluster.ts";

const SETTINGS = "sso_account_id = 111122223333\nsso_role_name = Developers\nregion = us-west-2\n";
const CENTER = "sso_start_url = https://company.awsapps.com/start\nsso_region = us-east-1\n";
const CONFIG = `[sso-session company]\n${CENTER}sso_registration_scopes = sso:account:access
[profile dev]\nsso_session = company\n${SETTINGS}
[profile legacy]\n${CENTER}${SETTINGS}`;

const URI = "http://localhost/device";
const { accessKeyId, secretAccessKey, sessionToken } = localIdentity("bob");
/** Each sign-in gives another access token, which is valid for 8 hours. */
let signIns = 0;
const center = useServer(() => startHttpServer(answer));

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference, and PortalAPIReference */
function answer({ target, headers }: LocalRequest) {
  const json = (value: object) => ({ status: 200, body: JSON.stringify(value) });
  const url = new URL(target, "http://localhost");
  switch (url.pathname) {
    case "/client/register":
      return json({
        clientId: "c",
        clientSecret: "s",
        clientSecretExpiresAt: Math.floor(Date.now() / 1000) + 86_400,
      });
    case "/authorize": {
      const back = new URL(url.searchParams.get("redirect_uri") ?? "");
      back.search = String(
        new URLSearchParams({ code: "code", state: url.searchParams.get("state") ?? "" }),
      );
      return { status: 302, headers: { location: back.href }, body: "" };
    }
    case "/device_authorization":
      return json({
        deviceCode: "d",
        userCode: "A-B",
        verificationUri: URI,
        verificationUriComplete: URI,
        expiresIn: 600,
        interval: 1,
      });
    case "/token":
      signIns += 1;
      return json({ accessToken: `access-${signIns}`, tokenType: "Bearer", expiresIn: 28_800 });
    case "/federation/credentials": {
      if (headers["x-amz-sso_bearer_token"] !== `access-${signIns}`)
        return { status: 401, body: "{}" };
      return json({
        roleCredentials: {
          accessKeyId,
          secretAccessKey,
          sessionToken,
          expiration: Date.now() + 3_600_000,
        },
      });
    }
    default:
      return { status: 404, body: "{}" };
  }
}

const cluster = useServer(() => startCluster());
let environment: Record<string, string>;
let home: string;
beforeEach(() => {
  const { path, write } = useFolder();
  home = path;
  signIns = 0;
  write("bin/aws", `#!/bin/sh\necho "$*" >> "$HOME/calls"\nexec "${findAwsCli2()}" "$@"\n`, 0o755);
  write(
    "bin/iam-authenticator",
    `#!/bin/sh\nexec "${process.execPath}" "${OWN_COMMAND}" "$@"\n`,
    0o755,
  );
  const browser = write(
    "bin/browser",
    '#!/bin/sh\nexec curl --silent --location --output /dev/null "$1"\n',
    0o755,
  );
  environment = {
    HOME: home,
    PATH: [join(home, "bin"), process.env["PATH"]].join(":"),
    AWS_CONFIG_FILE: write("aws-config", CONFIG),
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_SSO: center.url,
    AWS_ENDPOINT_URL_SSO_OIDC: center.url,
    // In the background, as a desktop's browser: the AWS CLI waits for the redirect.
    BROWSER: `${browser} %s &`,
  };
});

function kubeconfig(profile: string): string {
  const [{ url: server, ca }] = cluster.apiservers;
  const options = {
    cluster: CLUSTER_ID,
    server,
    exec: "iam-authenticator",
    region: REGION,
    profile,
    login: true,
  } as const;
  const file = join(home, `${profile}.kubeconfig`);
  writeFileSync(file, stringify(clientKubeconfig(options, ca)));
  return file;
}

/**
 * Python's pseudo-terminal is the standard input and output of kubectl and of its plugin. pyenv's
 * `python3` changes PATH.
 */
const PYTHON = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], {
  encoding: "utf8",
}).trim();
const SPAWN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const TERMINAL = [PYTHON, "-c", SPAWN];

async function whoami(profile: string, terminal: readonly string[]) {
  const args = [
    "--kubeconfig",
    kubeconfig(profile),
    "auth",
    "whoami",
    "-o",
    'jsonpath={.status.userInfo.username}{"\\n"}',
  ];
  const [program = "", ...words] = [...terminal, cluster.binaries.kubectl, ...args];
  const { code, stdout, stderr } = await execute(program, words, { env: environment });
  return { code, lines: `${stdout}${stderr}`.split(/\r?\n/) };
}
const calls = () => readFileSync(join(home, "calls"), "utf8");

for (const profile of ["dev", "legacy"]) {
  test(`${profile}: kubectl in a terminal signs in once, and logs in`, async () => {
    const { code, lines } = await whoami(profile, TERMINAL);
    assert.equal(code, 0, lines.join("\n"));
    assert.ok(lines.includes("dev:bob-example.com"), lines.join("\n"));
    assert.ok(
      lines.some((line) => line.startsWith("Successfully logged into Start URL: https://company")),
    );
    assert.deepEqual([calls(), signIns], [`sso login --profile ${profile}\n`, 1]);
    // The session lasts, also without a terminal.
    assert.ok((await whoami(profile, [])).lines.includes("dev:bob-example.com"));
    assert.equal(signIns, 1);
  });
}

test("several kubectl at once sign in once", async () => {
  const all = await Promise.all([1, 2, 3].map(() => whoami("dev", TERMINAL)));
  assert.deepEqual(
    all.map(({ code }) => code),
    [0, 0, 0],
    JSON.stringify(all),
  );
  assert.equal(signIns, 1);
});

test("without a terminal, kubectl prints which command to run", async () => {
  const { code, lines } = await whoami("dev", []);
  assert.equal(code, 1);
  assert.match(
    lines.join("\n"),
    /^The sign-in of the AWS profile "dev" is missing or has expired\. Run: aws sso login --profile dev$/m,
  );
  assert.equal(signIns, 0);
});
