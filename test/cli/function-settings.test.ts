// The command knows the function that it writes for: the settings that the stack stores decide, not
// those of the shell.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mayDenyByName } from "../../cli/plan/access/guard-names.ts";
import { TOKEN_ISSUERS } from "../../local/sandbox-files.ts";
import { failing } from "../local/aws/service-faults.ts";
import { settingsValue } from "../stored-settings.ts";
import { cli } from "./cli.ts";
import { ADMIN, exits, prints, useCluster } from "./commands/mappings/cluster.ts";
import { accessDenied } from "./commands/mappings/forbidden.ts";
import { connectionTo, terminal } from "./plan/connection.ts";

const [A, B] = ["111122223333", "444455556666"];
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const OTHER = `arn:aws:iam::${B}:role/Other`;
const JWT_ISSUERS = `${A}=${TOKEN_ISSUERS.get(A)}`;
const MAPPINGS = {
  ...ADMIN,
  [`role/${A}/developers`]: { arn: ROLE, username: "corp:x", groups: ["g"] },
  [`role/${B}/other`]: { arn: OTHER, username: "o" },
  [`pattern/${A}`]: [
    { arnLike: `arn:aws:iam::${A}:role/*`, username: "any", groups: ["view", "corp:x"] },
  ],
  [`account/${A}`]: { username: "all", groups: ["view", "corp:x"] },
};
const cluster = useCluster(MAPPINGS);
const type = (words: string, environment = {}) => cli(words, { environment });
const put = (text: string | undefined) => {
  if (text === undefined) cluster.store.remove("/iam-authenticator/prod/settings/prod");
  else cluster.store.put("/iam-authenticator/prod/settings/prod", text);
};

test("explain denies a role of another account than ACCOUNTS", async () => {
  cluster.deploy({ ACCOUNTS: "999999999999" });
  const { out } = await exits(type(`explain -c prod ${ROLE}`), 1, "");
  assert.match(
    out,
    /\nverdict {3}denied, account_foreign\n[\s\S]*\nto do .*add this one to accounts in cdk\.json \(ACCOUNTS\)/,
  );
  cluster.deploy({});
  // Variables of the shell do not count.
  await exits(type(`explain -c prod ${ROLE}`, { ACCOUNTS: "999999999999", TOKENS: "jwt" }), 0, "");
});

test("explain denies a name with a reserved prefix of the function", async () => {
  cluster.deploy({ RESERVED_PREFIXES: "corp:" });
  await exits(type(`explain -c prod ${ROLE}`), 1, "", /\nverdict {3}denied, name_refused\n/);
});

test("explain denies tokens of roles with TOKENS=jwt", async () => {
  cluster.deploy({ TOKENS: "jwt", JWT_ISSUERS });
  await exits(type(`explain -c prod ${ROLE}`), 1, "", /\nverdict {3}denied, token_kind_refused\n/);
  await exits(type(`explain -c prod ${ROLE} --jwt`), 0, "");
  await exits(
    type(`explain -c prod ${OTHER} --jwt`),
    1,
    "",
    /\nverdict {3}denied, token_issuer_refused\n/,
  );
});

for (const who of [`'arn:aws:iam::${A}:role/*'`, `account/${A}`]) {
  for (const [from, variables, environment] of [
    ["the function", { RESERVED_PREFIXES: "corp:" }, {}],
    ["the shell", {}, { RESERVED_PREFIXES: "corp:" }],
    ["nothing", {}, {}],
  ] as const) {
    test(`set ${who} --remove-group is marked if ${from} reserves the group`, async () => {
      cluster.deploy(variables);
      const set = `mappings set ${who} --remove-group corp:x -c prod --yes --rate 1000`;
      await exits(
        type(set, environment),
        1,
        /^Refused, because it needs your consent: 1 grant to more than one principal\.\n/,
      );
      await exits(type(`${set} --allow-weakening`, environment), 0);
    });
  }
}

test("with TOKENS=jwt, the only administrator's session is not denied", async () => {
  cluster.put(`sso/${A}/clusteradmin`, { username: "admin", groups: ["system:masters"] });
  const deny = `mappings deny sso/${A}/ClusterAdmin --session jane@example.com -c prod --yes --rate 1000`;
  cluster.deploy({ TOKENS: "jwt", JWT_ISSUERS });
  await exits(
    type(deny),
    1,
    /^An AWS-signed token [\s\S]*\nRefused: no administrator would surely remain/,
  );
  cluster.deploy({});
  await exits(type(deny), 0);
});

test("commands warn of a mapping of an account that the function does not accept", async () => {
  cluster.deploy({ ACCOUNTS: A });
  const warning = `the function accepts no login of account ${B}. To accept them, set this in cdk.json, and deploy: "accounts": ["${A}", "${B}"]`;
  const set = await exits(type(`mappings set ${OTHER} --username p -c prod --yes --rate 1000`), 0);
  assert.ok(set.out.includes(`    warning: ${warning}\n`), set.out);
  const input = JSON.stringify({
    mappings: [
      { arn: OTHER, username: "q" },
      { arn: ROLE, username: "r" },
    ],
  });
  const applied = await exits(cli("mappings apply -f - -c prod --yes --rate 1000", { input }), 0);
  assert.equal(applied.out.split(warning).length, 2);
  await prints(
    type("mappings lint -c prod"),
    new RegExp(`^warning +foreign-account +role/${B}/other +the function accepts`, "m"),
  );
  assert.deepEqual(await cluster.value(`role/${B}/other`), { arn: OTHER, username: "q" });
});

const NAME = "/iam-authenticator/prod/settings/prod";
const NONE =
  "no ACCOUNTS, AUDIENCES, JWT_ISSUERS, NODE_REGION, NODE_VPCS, RESERVED_PREFIXES, STS_EXTRA_HOSTS, STS_HOSTS, STS_REGIONS, TOKENS or USER_INFO";

test("without the settings, the shell's variables count, and the verdict is conditional", async () => {
  put(undefined);
  const reason = `The function's settings are not in Parameter Store (${NAME}). Assumed: `;
  const { out } = await exits(
    type(`explain -c prod ${ROLE}`),
    0,
    `${reason}the default of each setting.\n`,
  );
  assert.ok(out.endsWith(`\nverdict   granted, if the function has ${NONE}\n`), out);
  const json = await exits(type(`explain -c prod ${ROLE} -o json`), 0);
  assert.equal(JSON.parse(json.out).condition, `the function has ${NONE}`);
  const given = "ACCOUNTS=999999999999";
  const denied = await exits(
    type(`explain -c prod ${ROLE}`, { ACCOUNTS: "999999999999" }),
    1,
    `${reason}${given} from your environment, else the defaults.\n`,
  );
  assert.ok(
    denied.out.includes(
      `\nverdict   denied, account_foreign, if the function has ${given} and no AUDIENCES, `,
    ),
    denied.out,
  );
});

test("settings that may only be listed decide, too", async () => {
  put("{");
  const input = JSON.stringify({
    mappings: [{ arn: OTHER, username: "changed" }],
  });
  const settings = "/settings/prod";
  cluster.store.fail(
    failing("GetParameters", accessDenied("ssm:GetParameters", settings), settings),
  );
  const apply = (more: string) => cli(`mappings apply -f - -c prod ${more}`, { input });
  const { err } = await exits(apply("--yes"), 1);
  assert.match(err, /^Nothing was written\. The function's settings .* are invalid/m);
  cluster.deploy({ ACCOUNTS: A });
  const { out } = await exits(type("mappings lint -c prod"), 0, "");
  assert.match(out, /^warning +foreign-account /m);
  cluster.store.fail(undefined);
});

test("an invalid reserved prefix of the shell does not stop commands that use none", async () => {
  cluster.deploy({});
  const environment = { RESERVED_PREFIXES: ",," };
  await exits(type("mappings export -c prod", environment), 0);
  await exits(type(`explain -c prod ${ROLE}`, environment), 0, "");
  const callers = ["old", "new"].map((name, at) => ({ name, sha256: String(at).repeat(64) }));
  cluster.store.put("/iam-authenticator/prod/callers", JSON.stringify(callers));
  await exits(type("callers remove -c prod old --yes", environment), 0);
});

test("a wrong <who> is reported before the first call", async () => {
  const requests: string[] = [];
  cluster.store.fail(({ target = "" }) => {
    requests.push(target);
    return undefined;
  });
  for (const words of [
    "set garbage --username u",
    "remove garbage",
    "rollback garbage",
    "edit garbage",
  ])
    await exits(type(`mappings ${words} -c prod --yes`), 2, /garbage/);
  cluster.store.fail(undefined);
  assert.deepEqual(requests, []);
});

test("a setting of a newer version makes the verdict conditional", async () => {
  put(JSON.stringify({ format: 1, version: "9.0.0", settings: { NEW_RULE: "x" } }));
  const { err, out } = await exits(type(`explain -c prod ${ROLE}`), 0);
  assert.match(
    err,
    /^The function is version 9\.0\.0, and this command is version \S+: .*\nThis command does not know NEW_RULE of the function\.\n$/,
  );
  assert.ok(
    out.endsWith(
      "\nverdict   granted, if NEW_RULE of the function, which this command does not know, changes nothing\n",
    ),
    out,
  );
});

test("a name may be denied only if every function is known, and none accepts JWTs", async () => {
  const { run } = terminal();
  const may = async () => {
    const connection = connectionTo(cluster);
    return mayDenyByName(connection, run).finally(() => connection.ssm.destroy());
  };
  assert.equal(await may(), true);
  cluster.store.put("/iam-authenticator/prod/settings/other", settingsValue({ JWT_ISSUERS }));
  assert.equal(await may(), false);
  for (const text of [
    "{",
    JSON.stringify({ format: 2 }),
    settingsValue().replace("NODE_LOOKUP", "NEW_RULE"),
  ]) {
    cluster.store.put("/iam-authenticator/prod/settings/other", text);
    assert.equal(await may(), false, text);
  }
  cluster.store.remove("/iam-authenticator/prod/settings/other");
  assert.equal(await may(), true);
  put(undefined);
  assert.equal(await may(), false);
});
