// `explain` returns the function's verdict for every kind of identity, and advice for each denial.

import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceFor, textOf } from "../../../../cli/cmdline/advice.ts";
import { oneLine } from "../../../../cli/io/print.ts";
import { processRun } from "../../../../cli/io/run.ts";
import { createProgram } from "../../../../cli/main/program.ts";
import { ERRORS } from "../../../../functions/errors.ts";
import { mintToken } from "../../../../local/identities.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import { cli, commandPaths } from "../../cli.ts";
import { useServer } from "../../fixtures.ts";
import { exits, prints, useCluster } from "../mappings/cluster.ts";

const DEVELOPERS = "arn:aws:iam::111122223333:role/Developers";
const sts = useServer(startSts);
const MAPPINGS = {
  "role/111122223333/developers": {
    arn: DEVELOPERS,
    username: "dev:{SessionName}",
    groups: ["developers"],
  },
  "user/111122223333/alice": {
    arn: "arn:aws:iam::111122223333:user/alice",
    username: "{SessionName}",
  },
  "sso/111122223333/clusteradmin": { username: "admin", groups: ["system:masters"] },
  "deny/any": [{ arnLike: "arn:aws:iam::*:role/Contractor" }],
  "pattern/any": [1],
  "account/111122223333": {},
  "account/444455556666": { username: 1 },
};
const cluster = useCluster(MAPPINGS, "all");

const explain = (words: readonly string[], input = "") =>
  cli(["explain", "-c", "prod", ...words], {
    input,
    environment: { AWS_ENDPOINT_URL_STS: sts.url },
  });
const token = (name: string, clusterId = "prod") =>
  mintToken({ identity: localIdentity(name), clusterId, region: "us-east-1" });

test("a role's token is granted, and the mapping that applies is shown", async () => {
  const { out } = await exits(explain(["--token-file", "-"], await token("bob")), 0);
  const lines = `token     ok, for sts.us-east-1.amazonaws.com, ends <time>
identity  arn:aws:sts::111122223333:assumed-role/Developers/bob@example.com
          mapped as arn:aws:iam::111122223333:role/Developers
          principal AROALOCALDEVELOPERSAA
mapping   deny/111122223333: nothing
          deny/any: nothing
          role/111122223333/developers: matches  <- applies
          pattern/111122223333: nothing
          pattern/any: nothing, 1 invalid
          account/111122223333: matches  (shadowed)
user      dev:bob-example.com
groups    developers
verdict   granted
`;
  assert.equal(out.replace(/ends \S+/, "ends <time>"), lines);
});

for (const [name, verdict] of Object.entries({
  alice: "placeholder_without_value",
  "alice-elsewhere": "mapping_invalid",
  root: "granted",
  carol: "granted",
  contractor: "identity_denied",
  node: "granted",
  expired: "sts_refused",
  federated: "granted",
})) {
  test(`${name}: ${verdict}, for a token and, without proof, for an ARN`, async () => {
    const input = JSON.stringify({ kind: "ExecCredential", status: { token: await token(name) } });
    const { arn, expiresAt } = localIdentity(name);
    for (const words of [["--token-file", "-"], ...(expiresAt === undefined ? [[arn]] : [])]) {
      const { out } = await exits(
        explain([...words, "-o", "json"], input),
        verdict === "granted" ? 0 : 1,
      );
      assert.equal(JSON.parse(out).refusal?.code ?? "granted", verdict);
      assert.doesNotMatch(out, /Signature|Security-Token/);
    }
  });
}

test("tokens for another cluster, malformed tokens and tokens of another kind are denied", async () => {
  const foreign = await explain(["--token-file", "-"], await token("bob", "other"));
  assert.match(
    foreign.out,
    /denied, sts_refused\nreason .*SignatureDoesNotMatch.*\nto do {5}check that the token is /,
  );
  assert.match(
    (await explain(["--token-file", "-"], "k8s-aws-v1.###")).out,
    /denied, token_malformed/,
  );
  assert.match((await explain(["--token-file", "-"], "eyJhbGciOi")).out, /denied, not_ours/);
});

test("a session name that a program gives is not a person's", async () => {
  const note =
    /assumed-role\/Developers\/EKSGetTokenAuth\n.*\n +EKSGetTokenAuth is the name that aws eks get-token --role-arn gives a session, not a person's\n/;
  await prints(
    explain(["arn:aws:sts::111122223333:assumed-role/Developers/EKSGetTokenAuth"]),
    note,
  );
  const { out } = await explain([
    "arn:aws:sts::111122223333:assumed-role/Developers/jane@example.com",
  ]);
  assert.doesNotMatch(out, /not a person/);
});

test("an ARN keeps its session, unless --session-name replaces it", async () => {
  const role = await explain([
    "arn:aws:iam::111122223333:role/x/Developers",
    "--session-name",
    "eve@example.com",
  ]);
  assert.doesNotMatch(role.out, /SUPPOSED|principal/);
  assert.match(role.out, /\nuser {6}dev:eve-example\.com\n/);
  const session = "arn:aws:sts::111122223333:assumed-role/Developers/jane@example.com";
  await prints(explain([session]), /\nuser {6}dev:jane-example\.com\n/);
  await prints(explain([session, "--session-name", "eve"]), /\nuser {6}dev:eve\n/);
  const unmapped = "arn:aws:iam::999999999999:role/";
  const roles = {
    Nobody: `${unmapped}Nobody`,
    AWSReservedSSO_Audit_0123456789abcdef: "sso/999999999999/Audit",
  };
  for (const [role, name] of Object.entries(roles)) {
    const { out } = await exits(explain([`${unmapped}${role}`]), 1);
    assert.match(out, /denied, identity_unmapped\nreason {4}no mapping for arn:\S+\n/);
    const set = `npx --no -- lambda-iam-authenticator mappings set -c prod ${name} --username <name> --group <group>`;
    assert.ok(out.includes(`\nto do     add a mapping: ${set}\n`), out);
  }
});

test("YAML has no anchors, and a permission set no made-up suffix", async () => {
  for (const words of [[DEVELOPERS], ["sso/999999999999/Audit"]]) {
    const { out } = await explain([...words, "-o", "yaml"]);
    assert.match(out, /\n {4}verdict:\n {6}kind: nothing\n/);
    assert.doesNotMatch(out, /[&*]a1|_0{16}/);
  }
  const unmapped = /\nreason {4}no mapping for arn:\S+AWSReservedSSO_Audit_\?{16}\n/;
  await exits(explain(["sso/999999999999/Audit"]), 1, "", unmapped);
});

test("a token or ARN of an account that is not in ACCOUNTS is denied before any mapping is read", async () => {
  const explaining = (words: string, ACCOUNTS: string, input = "") => {
    cluster.deploy({ ACCOUNTS });
    return explain(words.split(" "), input);
  };
  const denied =
    /\nverdict {3}denied, account_foreign\nreason {4}the account of arn:\S+ is not in ACCOUNTS\nto /;
  const other = "444455556666";
  const bob = await token("bob");
  for (const run of [
    () => explaining("--token-file -", other, bob),
    () => explaining(DEVELOPERS, other),
  ]) {
    assert.doesNotMatch((await exits(run(), 1, "", denied)).out, /\nmapping/);
  }
  const { out } = await explaining(`${DEVELOPERS} -o json`, other);
  assert.equal(JSON.parse(out).evaluations, undefined);
  await exits(explaining(DEVELOPERS, "111122223333"), 0);
  cluster.deploy({});
});

test("wrong usage is reported, with a warning for a token on the command line", async () => {
  for (const words of [
    ["k8s-aws-v1.abc"],
    ["--token-file", "k8s-aws-v1.abc"],
    ['{"token":"k8s-aws-v1.abc"}'],
  ]) {
    const { err } = await exits(explain(words), 2, /your shell's history now contains it/);
    assert.doesNotMatch(err, /abc/);
  }
  for (const words of [
    [],
    ["x"],
    ["arn:aws:s3:::bucket"],
    ["arn:aws:iam::1:role/x", "--token-file", "-"],
  ]) {
    await exits(explain(words), 2);
  }
  sts.fail({ kind: "reset" });
  const explaining = explain(["--token-file", "-"], await token("bob"));
  await exits(explaining, 3, "sts_unreachable: no answer from STS (ECONNRESET).\n");
  sts.fail(undefined);
});

test("every denial has advice", () => {
  for (const [code, [outcome]] of Object.entries(ERRORS)) {
    if (outcome === "denied" && code !== "audience_foreign") assert.ok(adviceFor(code), code);
  }
});

test("each command in advice exists, and accepts the options of a cluster", async () => {
  const program = await createProgram(processRun());
  const optionsOf = new Map(
    commandPaths(program).map((path) => {
      const command = path.reduce(
        (group, name) => group.commands.find((child) => child.name() === name) ?? assert.fail(name),
        program,
      );
      return [path.join(" "), command.options.map(({ long }) => long)] as const;
    }),
  );
  const spelled: string[] = [];
  const speller = {
    program: "iam-authenticator",
    spell(words: string, more = "") {
      spelled.push(words);
      return `${words} ${more}`;
    },
  };
  for (const code of Object.keys(ERRORS)) {
    assert.doesNotMatch(oneLine(textOf(adviceFor(code) ?? "", speller)), /undefined/);
  }
  assert.ok(spelled.length > 5);
  for (const words of spelled) assert.ok(optionsOf.get(words)?.includes("--cluster"), words);
});
