// `irsa keys retire`: when a key can be retired, and which tokens kube-apiserver still accepts
// because of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ec } from "../../../functions/issuer/samples.ts";
import { exits, PREFIX, WHERE } from "../mappings/cluster.ts";
import { forbidden } from "../mappings/forbidden.ts";
import { NEW, OLD, useKeys } from "./keys-setup.ts";
import { tokenOf, tokenSecret } from "./services.ts";

const DAY = 86_400_000;
const MARGIN = 5 * 60_000;

const { admin, api, beforeRequest, keys, kids, listed, put, states, store } = useKeys();

async function rotating(): Promise<number> {
  put(OLD.jwk);
  put(NEW.jwk);
  return Math.max(...(await listed()).map(({ published }) => Date.parse(published ?? "")));
}
const at = (ms: number) => new Date(ms).toISOString();
const retire = (words: readonly string[], now?: number) =>
  keys(["retire", `issuer/${OLD.jwk.kid}`, "--yes", ...words], now === undefined ? {} : { now });

test("removes a key only after all its tokens have ended", async () => {
  const published = await rotating();
  const words = ["--signed-until", at(published)];
  const end = published + DAY + MARGIN;
  const short = [...words, "--longest-token", "3600", "--dry-run"];
  await exits(retire(short, published + 3_600_000 + MARGIN - 1), 1);
  await exits(retire(short, published + 3_600_000 + MARGIN), 0);
  const early = `Refused: tokens that it has signed may be valid until ${at(end).slice(0, 19)}Z. Retire it then.\n`;
  await exits(retire(words, end - 1), 1, early);
  assert.equal((await listed()).length, 2);
  const { out } = await exits(retire(words, end), 0);
  const summary = "0 to add, 0 to change, 1 to remove, 1 unchanged.\n";
  assert.equal(
    out,
    `Plan for ${WHERE}:\n- issuer/${OLD.jwk.kid}\n    RS256, 2048 bits\n${summary}`,
  );
  assert.deepEqual(await kids(), [NEW.jwk.kid]);
});

test("rejects the last served key, an unknown kid and impossible times", async () => {
  await exits(retire(["--force"]), 1, /^Key .* is not published/);
  put(OLD.jwk);
  // An invalid one is not a successor.
  store.put(`${PREFIX}/issuer/broken`, "{");
  const last = retire(["--signed-until", at(Date.now())], Date.now() + 2 * DAY);
  await exits(last, 1, /^Refused: it is the last key that is served/);
  const published = await rotating();
  await exits(retire([]), 2, /^Give --signed-until, or --force if the key has leaked/);
  for (const [time, message] of [
    [published - 60_000, /^Refused: --signed-until is before any other key was published/],
    [published + 4 * DAY, /^Refused: --signed-until is in the future\.\n$/],
  ] as const) {
    await exits(retire(["--signed-until", at(time)], published + 3 * DAY), 1, message);
  }
});

const signs = (kid: string) =>
  api.answers.set("POST /api/v1/namespaces/default/serviceaccounts/default/token", (body) => {
    assert.doesNotMatch(body, /sts\.amazonaws\.com/);
    return [201, { status: { token: tokenOf(kid, "https://oidc.example.com") } }];
  });

for (const [what, kid, message] of [
  ["fails if the key still signs", OLD.jwk.kid, /^Refused: kube-apiserver signs with it now/],
  [
    "fails if the key that signs is not published",
    "other",
    /^Refused: kube-apiserver signs with other, which is no/,
  ],
  ["passes if the next key signs", NEW.jwk.kid, undefined],
] as const) {
  test(`--kubeconfig ${what}`, async () => {
    const published = await rotating();
    signs(kid);
    const words = ["--signed-until", at(published), "--kubeconfig", admin()];
    await exits(retire(words, published + 2 * DAY), message === undefined ? 0 : 1, message);
  });
}

describe("--kubeconfig lists the tokens that kube-apiserver accepts because of the key", () => {
  const extended = [
    { projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607 } }] } },
  ];
  const podAt = (name: string, time: number, volumes: object[], phase = "Running") => ({
    metadata: { name, namespace: "app", creationTimestamp: at(time) },
    spec: { volumes },
    status: { phase },
  });
  const list = (path: string, items: object[]) =>
    api.answers.set(`GET /api/v1/${path}`, () => [200, { items, metadata: {} }]);

  async function retireBeside(...secrets: object[]) {
    const published = await rotating();
    signs(NEW.jwk.kid);
    api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [OLD.jwk, NEW.jwk] }]);
    list("pods", [
      podAt("before", published - DAY, extended),
      podAt("after", published + DAY, extended),
      podAt("ended", published - DAY, extended, "Succeeded"),
      podAt("aws-only", published - DAY, [
        { projected: { sources: [{ serviceAccountToken: {} }] } },
        { name: "data" },
      ]),
    ]);
    list("secrets", secrets);
    const words = ["--signed-until", at(published), "--kubeconfig", admin()];
    return (...more: string[]) => retire([...words, ...more], published + 2 * DAY);
  }

  test("Secrets that it signed, and Pods that started before the switch, delay it", async () => {
    const secrets = [
      tokenSecret("old", OLD.privateKey, OLD.jwk.kid),
      tokenSecret("new", NEW.privateKey, NEW.jwk.kid),
    ];
    const run = await retireBeside(...secrets);
    const { err } = await exits(run("--dry-run"), 0);
    assert.match(err, /^kube-apiserver still accepts this key\. .* It then rejects:\n/);
    assert.match(err, /^- the tokens in these Secrets, which do not expire: app\/old$/m);
    assert.match(err, /^- the first tokens of these Pods, .*: app\/before$/m);
    api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [NEW.jwk] }]);
    await exits(run(), 0, /^(?![\s\S]*rejects)/);
  });

  test("a Pod whose token lives longer than a day delays the end", async () => {
    const run = await retireBeside();
    const sources = [
      { serviceAccountToken: { audience: "sts.amazonaws.com", expirationSeconds: 3 * 86_400 } },
    ];
    list("pods", [podAt("long", Date.now(), [{ projected: { sources } }])]);
    const early = /^Refused: tokens that it has signed may be valid until /;
    for (const words of [[], ["--longest-token", "86400"]]) await exits(run(...words), 1, early);
    list("pods", []);
    await exits(run("--longest-token", "259200"), 1, early);
    await exits(run("--longest-token", "86400"), 0);
  });

  const unread = {
    secrets: "which tokens",
    pods: "the lifetime of Pods' tokens for AWS, and which tokens",
  };
  for (const [path, what] of Object.entries(unread)) {
    test(`retires the key if ${path} may not be listed, and reports what it did not check`, async () => {
      const run = await retireBeside();
      api.answers.set(`GET /api/v1/${path}`, () => [403, { message: "forbidden" }]);
      await exits(run(), 0, new RegExp(`^Not checked: ${what} .* HTTP 403, forbidden$`, "m"));
    });
  }
});

test("two at once leave a key", async () => {
  const words = async () => ["--signed-until", at(await rotating())];
  const now = Date.now() + 2 * DAY;
  const removeOther = () => store.remove(`${PREFIX}/issuer/${NEW.jwk.kid}`);
  const reading = retire(await words(), now);
  beforeRequest("GetParametersByPath", (count) => count === 2 && removeOther());
  await exits(
    reading,
    1,
    /^Refused: it is the last key that is served\. Publish the next one first/,
  );
  assert.deepEqual(await kids(), [OLD.jwk.kid]);
  const removing = retire(await words(), now);
  beforeRequest("DeleteParameter", (count) => count === 1 && removeOther());
  await exits(
    removing,
    1,
    /^Not retired: another operator changed the keys too\. The key is published again: it /,
  );
  assert.deepEqual([await kids(), await states()], [[OLD.jwk.kid], ["served"]]);
  const both = await words();
  await Promise.all([retire(both, now), keys(["retire", NEW.jwk.kid, "--yes", ...both], { now })]);
  assert.ok((await states()).includes("served"));
});

test("an error after the removal says so, and prints the command that publishes the key again", async () => {
  const words = async () => ["--signed-until", at(await rotating())];
  const now = Date.now() + 2 * DAY;
  const name = `${PREFIX}/issuer/${OLD.jwk.kid}`;
  const text = JSON.stringify(OLD.jwk);
  const again = `Removed: ${name}. To publish it again, run: aws ssm put-parameter --name ${name} --type String --value '${text}'\n`;
  const removeOther = () => store.remove(`${PREFIX}/issuer/${NEW.jwk.kid}`);
  for (const action of ["GetParametersByPath", "PutParameter"]) {
    const removing = retire(await words(), now);
    beforeRequest("DeleteParameter", () => {
      removeOther();
      store.fail(forbidden(action));
    });
    const { err } = await exits(removing, 3, /^No permission: /);
    assert.ok(err.endsWith(again), err);
    store.fail(undefined);
    assert.deepEqual(await kids(), []);
  }
});

test("--force removes a leaked key at once, even the last one", async () => {
  put(OLD.jwk);
  assert.match((await exits(retire(["--force", "--dry-run"]), 0)).out, /^- issuer\//m);
  assert.equal((await listed()).length, 1);
  await exits(retire(["--force"]), 0);
  assert.deepEqual(await listed(), []);
  // An invalid parameter verifies nothing.
  put(NEW.jwk);
  store.put(`${PREFIX}/issuer/${OLD.jwk.kid}`, "{");
  await exits(retire(["--signed-until", at(Date.now() - 1)]), 0);
});

test("a kid that begins with a dash is not read as an option", async () => {
  let key = NEW.jwk;
  while (!key.kid.startsWith("-")) key = ec("P-256").jwk;
  put(key);
  assert.match((await keys(["list"])).out, new RegExp(`^issuer/${key.kid} +served`, "m"));
  await exits(keys(["retire", `issuer/${key.kid}`, "--force", "--yes"]), 0);
  assert.deepEqual(await listed(), []);
});
