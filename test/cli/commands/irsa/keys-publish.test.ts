// `irsa keys publish` and `list`: sources of keys, their limit, and the separation of keys and
// mappings.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OWNER_TAG } from "../../../../functions/settings/stack.ts";
import { ec } from "../../../functions/issuer/samples.ts";
import { OPERATOR } from "../../../local-aws.ts";
import { cli, useLocalAws } from "../../cli.ts";
import { useServer } from "../../fixtures.ts";
import { startStacks } from "../../stacks.ts";
import { exits, PREFIX, prints, WHERE } from "../mappings/cluster.ts";
import { forbidden } from "../mappings/forbidden.ts";
import { NEW, OLD, useKeys } from "./keys-setup.ts";
import { kubeconfig, publicPem } from "./services.ts";

const { admin, api, beforeRequest, folder, jwksFile, keys, kids, listed, put, states, store } =
  useKeys();

const publish = (...words: string[]) => keys(["publish", ...words, "--yes"]);
const NINE = Array.from({ length: 9 }, () => ec("P-256").jwk);
const pem = (name: string, text: string) => ["--public-key", folder.write(name, text)] as const;

test("publishes keys of a JWKS file after it prints the plan and asks", async () => {
  const words = ["publish", "--jwks", jwksFile(OLD.jwk, NEW.jwk)];
  await exits(keys([...words, "--dry-run"]), 0, undefined, /\n\+ issuer\//);
  await exits(keys(words, { interactive: true, input: "n\n" }), 1);
  assert.deepEqual(await listed(), []);
  const added = `+ issuer/${OLD.jwk.kid}\n    RS256, 2048 bits\n+ issuer/${NEW.jwk.kid}\n    ES256\n`;
  const plan = `Plan for ${WHERE}:\n${added}2 to add, 0 to change, 0 to remove, 0 unchanged.\n`;
  const written =
    /^Write 2 parameters in account .*\? \[y\/N\] Wrote 2 parameters\. The issuer serves the change within 30 s/;
  await prints(keys(words, { interactive: true, input: "y\n" }), plan, written);
  assert.deepEqual((await kids()).sort(), [OLD.jwk.kid, NEW.jwk.kid].sort());
  assert.deepEqual(await states(), ["served", "served"]);
});

for (const [what, words, count] of [
  ["sa.pub with two keys", pem("sa.pub", publicPem(OLD.publicKey) + publicPem(NEW.publicKey)), 2],
  ["a running kube-apiserver", ["--kubeconfig", `${folder.path}/admin.conf`], 1],
  ["standard input with members that only describe a key", ["--jwks", "-"], 1],
] as const) {
  test(`reads ${what}`, async () => {
    admin();
    api.answers.set("GET /openid/v1/jwks", (_, authorization) => {
      assert.equal(authorization, "Bearer admin");
      return [200, { keys: [OLD.jwk] }];
    });
    const input = JSON.stringify({ keys: [{ ...OLD.jwk, x5t: "abc", key_ops: ["verify"] }] });
    await exits(keys(["publish", ...words, "--yes"], { input }), 0);
    assert.deepEqual(await states(), Array<string>(count).fill("served"));
  });
}

test("no key is written if a stack manages one of them, also in a dry run", async () => {
  const invalid = `${PREFIX}/issuer/${OLD.jwk.kid}`;
  store.put(invalid, "{}", { tags: { [OWNER_TAG]: "team-a" } });
  const words = ["--jwks", jwksFile(OLD.jwk, NEW.jwk)];
  const error =
    /is managed by the CloudFormation stack team-a and was not changed\. Change it there\.\nNothing was written\.\n$/s;
  await exits(publish(...words), 1, error);
  await exits(publish(...words, "--dry-run"), 1, error);
  assert.equal(store.value(invalid), "{}");
  assert.equal(store.value(`${PREFIX}/issuer/${NEW.jwk.kid}`), undefined);
});

test("Ctrl-C while kube-apiserver is asked says that nothing was written", async () => {
  const stop = new AbortController();
  api.answers.set("GET /openid/v1/jwks", () => {
    stop.abort();
    return [200, { keys: [OLD.jwk] }];
  });
  const words = ["publish", "--kubeconfig", admin(), "--yes"];
  await exits(keys(words, { interrupted: stop.signal }), 130, "Nothing was written.\n");
  assert.deepEqual(await listed(), []);
});

test("Ctrl-C after the write does not say that nothing was written", async () => {
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = OPERATOR;
  // The SDK asks again before each call if they end within 5 minutes.
  const Expiration = new Date(Date.now() + 60_000).toISOString();
  const answer = folder.write(
    "keys.json",
    JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, Expiration }),
  );
  const config = folder.write(
    "config",
    `[profile p]\nregion = us-east-1\ncredential_process = cat ${answer}\n`,
  );
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_CONFIG_FILE: config, AWS_ACCESS_KEY_ID: "" });
  const stop = new AbortController();
  beforeRequest("PutParameter", () => stop.abort());
  const words = ["publish", "--jwks", jwksFile(NEW.jwk), "--yes", "--profile", "p"];
  const { code, err } = await keys(words, { interrupted: stop.signal });
  assert.equal(code, 130, err);
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
  assert.deepEqual(await kids(), [NEW.jwk.kid]);
  assert.doesNotMatch(err, /Nothing was written/);
});

test("does not change published keys, and replaces an invalid parameter with the key's name", async () => {
  store.put(put(OLD.jwk), "{");
  assert.deepEqual(await states(), ["invalid"]);
  await exits(publish("--jwks", jwksFile(OLD.jwk)), 0);
  const { out } = await publish("--jwks", jwksFile(OLD.jwk));
  assert.equal(out, `Plan for ${WHERE}:\n0 to add, 0 to change, 0 to remove, 1 unchanged.\n`);
  await publish("--jwks", jwksFile(NEW.jwk));
  assert.deepEqual(await states(), ["served", "served"]);
});

test("rejects an eleventh key and writes nothing", async () => {
  for (const key of NINE) put(key);
  const sentence =
    "Nothing was written: the issuer serves at most 10 keys. Retire old ones first.\n";
  await exits(publish("--jwks", jwksFile(OLD.jwk, NEW.jwk)), 1, sentence);
  assert.equal((await listed()).length, 9);
});

test("writes nothing if another publisher wrote the tenth key during the question", async () => {
  for (const key of NINE) put(key);
  beforeRequest("GetParametersByPath", (count) => count === 2 && put(NEW.jwk));
  const run = keys(["publish", "--jwks", jwksFile(OLD.jwk)], { interactive: true, input: "y\n" });
  await exits(
    run,
    1,
    /Nothing was written: the issuer serves at most 10 keys\. Retire old ones first\.\n$/,
  );
  assert.equal((await listed()).length, 10);
});

test("removes its eleventh key after a simultaneous write, and no other", async () => {
  for (const key of NINE) put(key);
  beforeRequest("PutParameter", () => put(NEW.jwk));
  const sentence = /^Nothing was published: another publisher wrote keys at the same moment/;
  await exits(publish("--jwks", jwksFile(OLD.jwk)), 1, sentence);
  const left = await kids();
  assert.deepEqual(
    [left.length, left.includes(NEW.jwk.kid), left.includes(OLD.jwk.kid)],
    [10, true, false],
  );
  put(OLD.jwk);
  const [last, ...others] = (await listed()).filter(({ state }) => state !== "served");
  assert.deepEqual([last?.["kid"], others], [OLD.jwk.kid, []]);
  assert.match(
    last?.["key"] ?? "",
    /^is not served: the issuer serves the 10 keys that were published first/,
  );
});

test("an error after the write says what is written", async () => {
  beforeRequest("PutParameter", () => store.fail(forbidden("GetParametersByPath")));
  const name = `${PREFIX}/issuer/${OLD.jwk.kid}`;
  const lines = new RegExp(
    `^No permission: [^\n]*\nWritten: ${name}\\. Check them: irsa keys list\\.\n$`,
  );
  await exits(publish("--jwks", jwksFile(OLD.jwk)), 3, lines);
  store.fail(undefined);
  assert.deepEqual(await kids(), [OLD.jwk.kid]);
});

const jwks = (name: string, keys: unknown) =>
  ["--jwks", folder.write(name, JSON.stringify({ keys }))] as const;
const PRIVATE = OLD.privateKey.export({ format: "pem", type: "pkcs8" });
const UNUSED = publicPem(NEW.publicKey).replace(/\n.*\n/, "\nAAAA\n");
for (const [what, words, message] of [
  ["nothing to read from", [], /Give the source of the keys: --kubeconfig, --jwks or --public-key/],
  ["a private key in PEM", pem("sa.key", PRIVATE.toString()), /contains a private key/],
  [
    "a private key in a JWKS",
    jwks("p.json", [OLD.privateKey.export({ format: "jwk" })]),
    /key 1 holds "d", which /,
  ],
  [
    "a set without d that has other private members",
    jwks("q.json", [{ ...OLD.jwk, dp: "AQAB" }]),
    /key 1 holds "dp"/,
  ],
  [
    "101 keys, before any is checked",
    jwks("m.json", Array(101).fill(1)),
    /m\.json has 101 keys.* at most 100/,
  ],
  [
    "101 keys in PEM",
    pem("m.pub", publicPem(NEW.publicKey).repeat(101)),
    /m\.pub has 101 keys.* at most 100/,
  ],
  ["a kid that is not the key's", jwks("k.json", [{ ...OLD.jwk, kid: "x" }]), /key 1 kid must be /],
  ["no JWKS", ["--jwks", folder.write("n.json", "[]")], /is not a JWKS/],
  ["an empty JWKS", jwks("e.json", []), /contains no key/],
  ["no PEM", pem("t.txt", "text"), /contains no PEM public key/],
  [
    "a key that kube-apiserver does not use",
    pem("c.pub", UNUSED),
    /is not a signing key of kube-apiserver/,
  ],
] as const) {
  test(`publish refuses ${what}`, async () => {
    await exits(publish(...words), 2, message);
    assert.deepEqual(await listed(), []);
  });
}

const changed = (from: RegExp | string, to: string) =>
  folder.write("c.conf", kubeconfig(api).replace(from, to));

test("a server URL may have a path, as behind a proxy for several clusters", async () => {
  api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [NEW.jwk] }]);
  api.answers.set("GET /k8s/clusters/c-1/openid/v1/jwks", () => [200, { keys: [OLD.jwk] }]);
  for (const path of ["/k8s/clusters/c-1", "/k8s/clusters/c-1/"]) {
    await exits(publish("--kubeconfig", changed(api.url, `${api.url}${path}`)), 0);
    assert.deepEqual(await kids(), [OLD.jwk.kid], path);
  }
});

test("tls-server-name is the certificate's name; exec plugins are not supported", async () => {
  api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [OLD.jwk] }]);
  for (const [name, code] of Object.entries({ localhost: 0, "other.example": 3 })) {
    const file = changed(/^( +)server: .*$/m, `$&\n$1tls-server-name: ${name}`);
    await exits(publish("--kubeconfig", file, "--dry-run"), code);
  }
  const plugin = changed(/token: admin/, "exec: {command: aws}");
  await exits(publish("--kubeconfig", plugin), 2, /Exec plugins are not supported here/);
});

describe("--kubeconfig: the plan names server and issuer", () => {
  const OURS = "https://own.execute-api.us-east-1.amazonaws.com";
  const FOREIGN = "https://other.execute-api.us-east-1.amazonaws.com";
  const stacks = useServer(() =>
    startStacks({ "IamAuthenticatorIssuer-prod": { IssuerUrl: OURS } }),
  );

  function plan(issuer: string, endpoint = stacks.url) {
    api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [OLD.jwk] }]);
    api.answers.set("GET /.well-known/openid-configuration", () => [200, { issuer }]);
    useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint });
    return keys(["publish", "--kubeconfig", admin(), "--dry-run"]);
  }

  test("without a warning for the cluster's issuer and the defaults of distributions", async () => {
    const defaults = [
      "https://kubernetes.default.svc.cluster.local",
      "https://kubernetes.default.svc",
      api.url,
    ];
    for (const issuer of [OURS, ...defaults]) {
      await prints(
        plan(issuer),
        new RegExp(`\n {4}RS256, 2048 bits, from ${api.url}, issuer ${issuer}\n`),
        "Nothing was written.\n",
      );
    }
  });

  test("with a warning for an issuer that may be another cluster's", async () => {
    const warning = `kube-apiserver at ${api.url} signs for ${FOREIGN}`;
    const advice =
      "If that is another cluster, its Pods could assume the roles of prod: check the kubeconfig.\nNothing was written.\n";
    await prints(plan(FOREIGN), /issuer https:\/\/other/, `${warning}, not for ${OURS}. ${advice}`);
    await prints(
      plan(FOREIGN, "http://127.0.0.1:9"),
      /issuer https:\/\/other/,
      `${warning}. ${advice}`,
    );
  });
});

test("no key is read with NODE_TLS_REJECT_UNAUTHORIZED=0", async () => {
  api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [OLD.jwk] }]);
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const run = keys(["publish", "--kubeconfig", admin(), "--yes"], { environment });
  await exits(run, 2, /^NODE_TLS_REJECT_UNAUTHORIZED=0 turns off .*\. Unset it\.\n$/);
  assert.deepEqual(await listed(), []);
});

test("list -o name prints names for retire, -o wide is never cut, and ls is an alias", async () => {
  put(OLD.jwk);
  const name = `issuer/${OLD.jwk.kid}`;
  assert.equal((await keys(["list", "-o", "name"], { columns: 40 })).out, `${name}\n`);
  const { out } = await keys(["ls", "-o", "wide"], { columns: 40 });
  assert.match(
    out,
    new RegExp(
      `^PARAMETER +STATE +PUBLISHED +KEY\n${name} +served +20[0-9-]+ +RS256, 2048 bits\n$`,
    ),
  );
});

test("mappings ignore the issuer's keys, and keys ignore mappings", async () => {
  store.put(`${PREFIX}/account/111122223333`, "{}");
  await exits(keys("list"), 0, /^No key is published, so the issuer returns HTTP 500/);
  put(OLD.jwk);
  for (const command of ["list", "lint"]) {
    const { out, err } = await cli(`mappings ${command} -c prod`);
    assert.doesNotMatch(out + err, /issuer/);
  }
  const apply = cli("mappings apply -c prod -f - --prune --yes --force", {
    input: "mappings: []\n",
  });
  await prints(apply, /- account\/111122223333/);
  assert.deepEqual(await kids(), [OLD.jwk.kid]);
});

test("parameters that are not keys stop no command", async () => {
  const broken = [
    "{",
    "null",
    "[1]",
    '{"kty":"RSA","n":"","e":""}',
    JSON.stringify({ ...OLD.jwk, kid: "\u001b[2J" }),
  ];
  for (const [index, value] of broken.entries())
    store.put(`${PREFIX}/issuer/broken-${index}`, value);
  store.put(`${PREFIX}/issuer/secret`, JSON.stringify(NEW.jwk), { type: "SecureString" });
  for (const key of NINE) put(key);
  await exits(publish("--jwks", jwksFile(OLD.jwk)), 0);
  const rows = await listed();
  for (const { key } of rows) assert.notEqual(key, "");
  const count = (state: string) => rows.filter((row) => row["state"] === state).length;
  assert.deepEqual([count("served"), count("invalid")], [10, broken.length + 1]);
  for (const kid of [OLD.jwk.kid, "broken-0"])
    await exits(keys(`retire issuer/${kid} --force --yes`), 0);
  assert.equal((await listed()).length, rows.length - 2);
});
