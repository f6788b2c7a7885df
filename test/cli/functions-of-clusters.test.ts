// Several functions in one command: each cluster is judged with the settings of its own function.

import assert from "node:assert/strict";
import { test } from "node:test";
import { failing, ssmError } from "../local/aws/service-faults.ts";
import { settingsValue } from "../stored-settings.ts";
import { ADMIN, exits } from "./commands/mappings/cluster.ts";
import { useTwoClusters } from "./commands/mappings/several.ts";

const [A, B] = ["111122223333", "444455556666"];
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const ofBoth = {
  ...ADMIN,
  [`role/${A}/developers`]: { arn: ROLE, username: "x", groups: ["g", "corp:x"] },
};
const clusters = useTwoClusters(ofBoth, ofBoth);

test("two clusters with contrary settings in one command: each is judged with its own", async () => {
  clusters.deploy("prod", { ACCOUNTS: B });
  clusters.deploy("staging", { ACCOUNTS: A });
  const lint = await clusters.run("mappings lint -c prod -c staging");
  assert.match(lint.out, /^prod +warning +foreign-account /m);
  assert.doesNotMatch(lint.out, /^staging +warning +foreign-account /m);
  const set = await exits(
    clusters.run(`mappings set ${ROLE} --username y -c prod -c staging --yes --rate 1000`),
    0,
  );
  const [ofProd = "", ofStaging = ""] = set.out.split(/^(?=Plan for .*cluster staging)/m);
  assert.match(ofProd, /\n {4}warning: the function accepts no login of account 111122223333\./);
  assert.doesNotMatch(ofStaging, /warning/);
});

test("a group is plain only if no function of the store reserves its prefix", async () => {
  const store = (id: string, variables: Readonly<Record<string, string>>) =>
    clusters.store.put(`/shared/settings/${id}`, settingsValue(variables));
  clusters.configure({ a: { prefix: "/shared" }, b: { prefix: "/shared" } });
  const admin = { username: "admin", groups: ["system:masters"] };
  clusters.store.put(`/shared/sso/${A}/clusteradmin`, JSON.stringify(admin));
  clusters.store.put(
    `/shared/sso/${A}/view`,
    JSON.stringify({ username: "v", groups: ["corp:x"] }),
  );
  store("a", {});
  const input = JSON.stringify({
    mappings: [
      { permissionSet: "view", account: A, username: "v" },
      { permissionSet: "view", account: A, session: "jane", username: "jane" },
    ],
  });
  // A function that rejects corp:x denied Jane by the set: it must have read her session before the
  // group is lost.
  for (const [variables, named, waits] of [
    [{ RESERVED_PREFIXES: "corp:" }, "-c a -c b", true],
    // The function of a cluster that the command does not name reads the store, too.
    [{ RESERVED_PREFIXES: "corp:" }, "-c a", true],
    [{}, "-c a -c b", false],
    [{}, "-c a", false],
  ] as const) {
    store("b", variables);
    clusters.store.remove(`/shared/sso-session/${A}/view`);
    const { err } = await exits(
      clusters.run(`mappings apply -f - ${named} --dry-run`, { input }),
      0,
    );
    if (named !== "-c a") assert.match(err, /^b: Skipped: it is the same store as a\.$/m);
    const applied = await clusters.run(`mappings apply -f - ${named} --yes --rate 1000`, {
      input,
    });
    assert.deepEqual(
      [applied.code, /^(a: )?Waiting 35 s/m.test(applied.err)],
      [0, waits],
      `${named}: ${applied.err}`,
    );
    clusters.store.put(
      `/shared/sso/${A}/view`,
      JSON.stringify({ username: "v", groups: ["corp:x"] }),
    );
  }
});

/** Contexts of two clusters with one prefix. Only the first one's settings are stored below it. */
function sharePrefix(a: object, b: object): void {
  clusters.configure({ a: { prefix: "/shared", ...a }, b: { prefix: "/shared", ...b } });
  clusters.store.put("/shared/settings/a", settingsValue({}));
  const admin = { username: "admin", groups: ["system:masters"] };
  clusters.store.put(`/shared/sso/${A}/clusteradmin`, JSON.stringify(admin));
}

for (const [what, a, b, isShared] of [
  [
    "of one account and Region",
    { account: A, region: "us-east-1" },
    { account: A, region: "us-east-1" },
    true,
  ],
  ["of one Region, and accounts that are not known", { region: "us-east-1" }, {}, true],
  ["of two Regions", { region: "us-east-1" }, { region: "eu-west-1" }, false],
  ["of two Regions, one of which the environment names", {}, { region: "eu-west-1" }, false],
  [
    "of two accounts",
    { account: A, region: "us-east-1" },
    { account: B, region: "us-east-1" },
    false,
  ],
] as const) {
  test(`one prefix ${what}: a denial is ${isShared ? "by patterns" : "by name"} beside a cluster without settings`, async () => {
    sharePrefix(a, b);
    const { out } = await clusters.run("mappings deny jane@example.com -c a -c b --dry-run");
    const ofA =
      out.split(/^(?=Plan for )/m).find((part) => /^Plan for .*cluster a /.test(part)) ?? "";
    const [byName, byPattern] = [
      /name: jane@example\.com/,
      /AWSReservedSSO_ClusterAdmin_.*jane@example\.com/i,
    ];
    assert.match(ofA, isShared ? byPattern : byName, out);
    assert.doesNotMatch(ofA, isShared ? byName : byPattern, out);
  });
}

test("invalid own settings refuse a change, also if others cannot be read", async () => {
  sharePrefix({ region: "us-east-1" }, { region: "us-east-1" });
  clusters.store.put("/shared/settings/a", "{");
  clusters.store.fail(
    failing("GetParameters", ssmError(400, "AccessDeniedException"), "/settings/b"),
  );
  const words = `mappings set ${ROLE} --username y -c a -c b --yes --rate 1000`;
  const { err } = await exits(
    clusters.run(words),
    1,
    /The function's settings in Parameter Store \(\S+\/settings\/a\) are invalid/,
  );
  assert.doesNotMatch(
    err,
    /No permission to read the function's settings: ssm:GetParameters on \S+settings\/a/,
  );
  clusters.store.put("/shared/settings/a", settingsValue({}));
  await exits(clusters.run(words), 0);
  clusters.store.fail(undefined);
});
