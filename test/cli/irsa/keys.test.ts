// `irsa keys`: sources of published keys, when keys can be retired, and the separation of keys and mappings.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ec, rsa } from "../../functions/issuer/samples.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import {
  kubeconfig,
  type LocalService,
  publicPem,
  startService,
  testFolder,
  tokenOf,
  tokenSecret,
} from "./services.ts";

const PREFIX = "/iam-authenticator/prod";
const WHERE = `account 111122223333, region us-east-1, cluster prod (${PREFIX})`;
const OLD = rsa();
const NEW = ec("P-256");
const ISSUER = "https://oidc.example.com";

/** Otherwise publish requires --new. */
const EXISTING = { "/iam-authenticator/prod/callers": "[]" };
let store: MemoryStore;
let api: LocalService;
let admin: string;
const folder = testFolder();
before(async () => {
  api = await startService();
  admin = folder.write("admin.conf", kubeconfig(api));
});
after(async () => {
  folder.remove();
  await Promise.all([api.close(), store.close()]);
});
beforeEach(async () => {
  await store?.close();
  store = await startParameterStore({ parameters: EXISTING });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
  api.answers.clear();
});

function keys(words: readonly string[], options?: CliOptions) {
  return cli(["irsa", "keys", ...words, "-c", "prod"], options);
}

/** Calls `act` for each matching request, before the response. */
function beforeRequest(operation: string, act: () => void): void {
  const push = store.requests.push.bind(store.requests);
  store.requests.push = (...added) => {
    if (added.some(({ headers }) => headers["x-amz-target"] === `AmazonSSM.${operation}`)) act();
    return push(...added);
  };
}

function put(key: IssuerKey): string {
  const name = `${PREFIX}/issuer/${key.kid}`;
  store.put(name, JSON.stringify(key));
  return name;
}

async function listed(): Promise<Record<string, string>[]> {
  const { out } = await keys(["list", "-o", "json"]);
  return JSON.parse(out);
}

const kids = async () => (await listed()).map(({ kid }) => kid);
const states = async () => (await listed()).map(({ state }) => state);

/** Nine valid keys: the issuer serves one more. */
const NINE = Array.from({ length: 9 }, () => ec("P-256").jwk);

/** A Parameter Store in which each parameter is written a second after the one before. */
async function startDatedStore(): Promise<void> {
  let written = Date.now();
  await store.close();
  store = await startParameterStore({ parameters: EXISTING, now: () => (written += 1_000) });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
}

const jwksFile = (...jwks: object[]) => folder.write("jwks.json", JSON.stringify({ keys: jwks }));

describe("publish", () => {
  test("publishes keys of a JWKS file after it prints the plan and asks", async () => {
    const { code, out, err } = await keys(["publish", "--jwks", jwksFile(OLD.jwk, NEW.jwk)], {
      interactive: true,
      input: "y\n",
    });
    assert.equal(code, 0, err);
    assert.equal(
      out,
      `Plan for ${WHERE}:\n+ issuer/${OLD.jwk.kid}\n    RS256, 2048 bits\n+ issuer/${NEW.jwk.kid}\n    ES256\n` +
        "2 to add, 0 to change, 0 to remove, 0 unchanged.\n",
    );
    assert.match(
      err,
      /^Write 2 parameters in account .*\? \[y\/N\] Wrote 2 parameters\. The issuer serves the change within 30 s/,
    );
    assert.deepEqual(
      (await listed()).map(({ kid, state }) => [kid, state]).sort(),
      [OLD.jwk.kid, NEW.jwk.kid].sort().map((kid) => [kid, "served"]),
    );
  });

  test("reads sa.pub with two keys, a running kube-apiserver, and standard input with members that only describe a key", async () => {
    const pem = folder.write("sa.pub", publicPem(OLD.publicKey) + publicPem(NEW.publicKey));
    api.answers.set("GET /openid/v1/jwks", (_, authorization) => {
      assert.equal(authorization, "Bearer admin");
      return [200, { keys: [OLD.jwk] }];
    });
    const input = JSON.stringify({ keys: [{ ...OLD.jwk, x5t: "abc", key_ops: ["verify"] }] });
    for (const [source, count] of [
      [["--public-key", pem], 2],
      [["--kubeconfig", admin], 1],
      [["--jwks", "-"], 1],
    ] as const) {
      await startDatedStore();
      assert.equal((await keys(["publish", ...source, "--yes"], { input })).code, 0);
      assert.deepEqual(await states(), Array<string>(count).fill("served"));
    }
  });

  test("does not change published keys", async () => {
    put(OLD.jwk);
    const { out } = await keys(["publish", "--jwks", jwksFile(OLD.jwk), "--yes"]);
    assert.equal(out, `Plan for ${WHERE}:\n0 to add, 0 to change, 0 to remove, 1 unchanged.\n`);
    await keys(["publish", "--jwks", jwksFile(NEW.jwk), "--yes"]);
    assert.equal((await listed()).length, 2);
  });

  test("replaces an invalid parameter with the key's name", async () => {
    store.put(put(OLD.jwk), "{");
    assert.deepEqual(await states(), ["invalid"]);
    assert.equal((await keys(["publish", "--jwks", jwksFile(OLD.jwk), "--yes"])).code, 0);
    assert.deepEqual(await states(), ["served"]);
  });

  test("--dry-run and the answer no write nothing", async () => {
    const file = jwksFile(OLD.jwk);
    const dry = await keys(["publish", "--jwks", file, "--dry-run"]);
    assert.equal(dry.code, 0);
    assert.match(dry.out, /\+ issuer\//);
    assert.equal((await keys(["publish", "--jwks", file], { interactive: true, input: "n\n" })).code, 1);
    assert.deepEqual(await listed(), []);
  });

  test("rejects an eleventh key and writes nothing", async () => {
    for (const key of NINE) put(key);
    const { code, err } = await keys(["publish", "--jwks", jwksFile(OLD.jwk, NEW.jwk), "--yes"]);
    assert.equal(code, 1);
    assert.equal(err, "Nothing was written: the issuer serves at most 10 keys. Retire old ones first.\n");
    assert.equal((await listed()).length, 9);
  });

  test("writes nothing if another publisher wrote the tenth key during the question", async () => {
    for (const key of NINE) put(key);
    let reads = 0;
    beforeRequest("GetParametersByPath", () => {
      reads += 1;
      if (reads === 2) put(NEW.jwk);
    });
    const { code, err } = await keys(["publish", "--jwks", jwksFile(OLD.jwk)], { interactive: true, input: "y\n" });
    assert.equal(code, 1);
    assert.match(err, /Nothing was written: the issuer serves at most 10 keys\. Retire old ones first\.\n$/);
    assert.equal((await listed()).length, 10);
  });

  test("removes its eleventh key after a simultaneous write, and keeps the other publisher's", async () => {
    await startDatedStore();
    for (const key of NINE) put(key);
    beforeRequest("PutParameter", () => put(NEW.jwk));
    const { code, err } = await keys(["publish", "--jwks", jwksFile(OLD.jwk), "--yes"]);
    assert.equal(code, 1);
    assert.match(err, /^Nothing was published: another publisher wrote keys at the same moment/);
    const left = await kids();
    assert.deepEqual([left.length, left.includes(NEW.jwk.kid), left.includes(OLD.jwk.kid)], [10, true, false]);
  });

  test("with eleven stored keys, list shows the one that is not served", async () => {
    await startDatedStore();
    for (const key of [...NINE, OLD.jwk, NEW.jwk]) put(key);
    const left = (await listed()).filter(({ state }) => state !== "served");
    assert.deepEqual(
      left.map(({ kid }) => kid),
      [NEW.jwk.kid],
    );
    assert.match(left[0]?.["key"] ?? "", /^is not served: the issuer serves the 10 keys that were published first/);
  });

  const privatePem = OLD.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  for (const [what, words, message] of [
    ["nothing to read from", [], /Give the source of the keys: --kubeconfig, --jwks or --public-key/],
    ["a private key in PEM", ["--public-key", folder.write("sa.key", privatePem)], /contains a private key/],
    [
      "a private key in a JWKS",
      ["--jwks", folder.write("p.json", JSON.stringify({ keys: [OLD.privateKey.export({ format: "jwk" })] }))],
      /key 1 holds "d", which is part of a private key/,
    ],
    [
      "a kid that is not the key's",
      ["--jwks", folder.write("k.json", JSON.stringify({ keys: [{ ...OLD.jwk, kid: "x" }] }))],
      /key 1 kid must be /,
    ],
    ["no JWKS", ["--jwks", folder.write("n.json", "[]")], /is not a JWKS/],
    ["an empty JWKS", ["--jwks", folder.write("e.json", '{"keys":[]}')], /contains no key/],
    ["no PEM", ["--public-key", folder.write("t.txt", "text")], /contains no PEM public key/],
    [
      "a key that kube-apiserver does not use",
      ["--public-key", folder.write("c.pub", publicPem(ec("P-256").publicKey).replace(/\n.*\n/, "\nAAAA\n"))],
      /is not a key that kube-apiserver signs with/,
    ],
  ] as const) {
    test(`refuses ${what}`, async () => {
      const { code, err } = await keys(["publish", "--yes", ...words]);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.deepEqual(await listed(), []);
    });
  }

  test("reports why kube-apiserver rejects the request", async () => {
    api.answers.set("GET /openid/v1/jwks", () => [403, { message: "forbidden: User admin" }]);
    const { code, err } = await keys(["publish", "--kubeconfig", admin, "--yes"]);
    assert.equal(code, 3);
    assert.equal(err, "kube-apiserver refused /openid/v1/jwks: HTTP 403, forbidden: User admin\n");
  });

  test("rejects a kubeconfig with an exec plugin, and names the supported credentials", async () => {
    const file = folder.write("exec.conf", kubeconfig(api).replace(/token: admin/, "exec: {command: aws}"));
    const { code, err } = await keys(["publish", "--kubeconfig", file, "--yes"]);
    assert.equal(code, 2);
    assert.match(err, /Exec plugins are not supported here/);
  });
});

describe("list", () => {
  test("-o name prints names for retire, -o wide is never cut, and ls is an alias", async () => {
    put(OLD.jwk);
    const name = `issuer/${OLD.jwk.kid}`;
    assert.equal((await keys(["list", "-o", "name"], { columns: 40 })).out, `${name}\n`);
    const { out } = await keys(["ls", "-o", "wide"], { columns: 40 });
    assert.match(out, new RegExp(`^PARAMETER +STATE +PUBLISHED +KEY\n${name} +served +20[0-9-]+ +RS256, 2048 bits\n$`));
    assert.deepEqual(await keys(["ls"]), await keys(["list"]));
  });
});

describe("retire", () => {
  const DAY = 86_400_000;
  /** Publishes both keys now. */
  async function rotating(): Promise<number> {
    put(OLD.jwk);
    put(NEW.jwk);
    return Math.max(...(await listed()).map(({ published }) => Date.parse(published ?? "")));
  }
  const at = (ms: number) => new Date(ms).toISOString();
  const retire = (words: readonly string[], now?: number) =>
    keys(["retire", `issuer/${OLD.jwk.kid}`, "--yes", ...words], now === undefined ? {} : { now });

  test("removes a key a day and five minutes after it last signed, and keeps the other", async () => {
    const published = await rotating();
    const { code, out, err } = await retire(["--signed-until", at(published)], published + DAY + 5 * 60_000);
    assert.equal(code, 0, err);
    const summary = "0 to add, 0 to change, 1 to remove, 1 unchanged.\n";
    assert.equal(out, `Plan for ${WHERE}:\n- issuer/${OLD.jwk.kid}\n    RS256, 2048 bits\n${summary}`);
    assert.deepEqual(await kids(), [NEW.jwk.kid]);
  });

  test("fails one moment earlier, and prints the time at which the key can be retired", async () => {
    const published = await rotating();
    const { code, err } = await retire(["--signed-until", at(published)], published + DAY + 5 * 60_000 - 1);
    assert.equal(code, 1);
    const end = at(published + DAY + 5 * 60_000).slice(0, 19);
    assert.equal(err, `Refused: tokens that it has signed may be valid until ${end}Z. Retire it then.\n`);
    assert.equal((await listed()).length, 2);
  });

  test("--longest-token replaces the day", async () => {
    const published = await rotating();
    const words = ["--signed-until", at(published), "--longest-token", "3600"];
    assert.equal((await retire(words, published + 3_600_000)).code, 1);
    assert.equal((await retire(words, published + 3_600_000 + 5 * 60_000)).code, 0);
  });

  test("does not remove the last served key: an invalid one is no successor", async () => {
    put(OLD.jwk);
    store.put(`${PREFIX}/issuer/broken`, "{");
    const { code, err } = await retire(["--signed-until", at(Date.now())], Date.now() + 2 * DAY);
    assert.equal(code, 1);
    assert.match(err, /^Refused: it is the last key that is served/);
  });

  test("rejects a time before any other key was published, or in the future", async () => {
    const published = await rotating();
    const early = await retire(["--signed-until", at(published - 60_000)], published + 3 * DAY);
    assert.match(early.err, /^Refused: --signed-until is before any other key was published/);
    const late = await retire(["--signed-until", at(published + 4 * DAY)], published + 3 * DAY);
    assert.equal(late.err, "Refused: --signed-until is in the future.\n");
  });

  /** Sets the key of kube-apiserver's new tokens. */
  const signs = (kid: string) =>
    api.answers.set("POST /api/v1/namespaces/default/serviceaccounts/default/token", (body) => {
      assert.doesNotMatch(body, /sts\.amazonaws\.com/);
      return [201, { status: { token: tokenOf(kid, ISSUER) } }];
    });

  describe("--kubeconfig checks which key signs", () => {
    for (const [what, kid, message] of [
      ["fails if the key still signs", OLD.jwk.kid, /^Refused: kube-apiserver signs with it now/],
      [
        "refused: the key that signs is not published",
        "other",
        /^Refused: kube-apiserver signs with other, which is not published/,
      ],
      ["passes if the next key signs", NEW.jwk.kid, undefined],
    ] as const) {
      test(what, async () => {
        const published = await rotating();
        signs(kid);
        const words = ["--signed-until", at(published), "--kubeconfig", admin];
        const { code, err } = await retire(words, published + 2 * DAY);
        assert.equal(code, message === undefined ? 0 : 1, err);
        if (message !== undefined) assert.match(err, message);
      });
    }
  });

  describe("--kubeconfig lists the tokens that kube-apiserver accepts because of the key", () => {
    const extended = [{ projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607 } }] } }];
    const podAt = (name: string, time: number, volumes: object[], phase = "Running") => ({
      metadata: { name, namespace: "app", creationTimestamp: at(time) },
      spec: { volumes },
      status: { phase },
    });

    async function retireBeside(...secrets: object[]) {
      const published = await rotating();
      signs(NEW.jwk.kid);
      const pods = [
        podAt("before", published - DAY, extended),
        podAt("after", published + DAY, extended),
        podAt("ended", published - DAY, extended, "Succeeded"),
        podAt("aws-only", published - DAY, [
          { projected: { sources: [{ serviceAccountToken: {} }] } },
          { name: "data" },
        ]),
      ];
      api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [OLD.jwk, NEW.jwk] }]);
      api.answers.set("GET /api/v1/pods", () => [200, { items: pods, metadata: {} }]);
      api.answers.set("GET /api/v1/secrets", () => [200, { items: secrets, metadata: {} }]);
      const words = ["--signed-until", at(published), "--kubeconfig", admin];
      return (...more: string[]) => retire([...words, ...more], published + 2 * DAY);
    }

    test("Secrets that it signed, and Pods that started before the switch", async () => {
      const secrets = [
        tokenSecret("old", OLD.privateKey, OLD.jwk.kid),
        tokenSecret("new", NEW.privateKey, NEW.jwk.kid),
      ];
      const { code, err } = await (await retireBeside(...secrets))();
      assert.equal(code, 0, err);
      assert.match(err, /^kube-apiserver still accepts this key\. .* It then rejects:\n/);
      assert.match(err, /^- the tokens in these Secrets, which do not expire: app\/old$/m);
      assert.match(err, /^- the first tokens of these Pods, .*: app\/before$/m);
    });

    test("a Pod whose token lives longer than a day delays the end, unless --longest-token is given", async () => {
      const run = await retireBeside();
      const sources = [{ serviceAccountToken: { audience: "sts.amazonaws.com", expirationSeconds: 3 * 86_400 } }];
      const pods = [podAt("long", Date.now(), [{ projected: { sources } }])];
      api.answers.set("GET /api/v1/pods", () => [200, { items: pods, metadata: {} }]);
      assert.match((await run()).err, /^Refused: tokens that it has signed may be valid until /);
      assert.equal((await run("--longest-token", "86400")).code, 0);
    });

    test("nothing, after the key was removed from kube-apiserver", async () => {
      const run = await retireBeside(tokenSecret("old", OLD.privateKey, OLD.jwk.kid));
      api.answers.set("GET /openid/v1/jwks", () => [200, { keys: [NEW.jwk] }]);
      const { code, err } = await run();
      assert.equal(code, 0, err);
      assert.doesNotMatch(err, /rejects/);
    });

    for (const [path, unread] of [
      ["secrets", "which tokens"],
      ["pods", "the lifetime of Pods' tokens for AWS, and which tokens"],
    ] as const) {
      test(`retires the key if ${path} may not be listed, and reports what it did not check`, async () => {
        const run = await retireBeside();
        api.answers.set(`GET /api/v1/${path}`, () => [403, { message: "forbidden" }]);
        const { code, err } = await run();
        assert.equal(code, 0, err);
        assert.match(err, new RegExp(`^Not checked: ${unread} .* HTTP 403, forbidden$`, "m"));
      });
    }
  });

  test("--force removes a leaked key at once, even the last one", async () => {
    put(OLD.jwk);
    assert.equal((await retire(["--force"])).code, 0);
    assert.deepEqual(await listed(), []);
  });

  test("removes an invalid parameter, which verifies nothing, at any time", async () => {
    put(NEW.jwk);
    store.put(`${PREFIX}/issuer/${OLD.jwk.kid}`, "{");
    assert.equal((await retire(["--signed-until", at(Date.now() - 1)])).code, 0);
  });

  test("without --signed-until or with an unknown kid, the error says so", async () => {
    assert.match((await retire([])).err, /^Give --signed-until, or --force if the key has leaked/);
    assert.match((await retire(["--force"])).err, /^Key .* is not published/);
  });

  test("a kid that begins with a dash is not read as an option", async () => {
    let key = NEW.jwk;
    while (!key.kid.startsWith("-")) key = ec("P-256").jwk;
    put(key);
    assert.match((await keys(["list"])).out, new RegExp(`^issuer/${key.kid} +served`, "m"));
    assert.equal((await keys(["retire", `issuer/${key.kid}`, "--force", "--yes"])).code, 0);
    assert.deepEqual(await listed(), []);
  });

  test("--dry-run prints the key that it would remove, and keeps it", async () => {
    put(OLD.jwk);
    const { code, out } = await retire(["--force", "--dry-run"]);
    assert.equal(code, 0);
    assert.match(out, /^- issuer\//m);
    assert.equal((await listed()).length, 1);
  });
});

describe("mappings and keys are separate", () => {
  const MAPPING = `${PREFIX}/account/111122223333`;

  test("mappings list, lint and apply --prune ignore the issuer's keys", async () => {
    const name = put(OLD.jwk);
    store.put(MAPPING, "{}");
    const { out } = await cli(["mappings", "list", "-c", "prod", "-o", "json"]);
    assert.doesNotMatch(out, /issuer/);
    const lint = await cli(["mappings", "lint", "-c", "prod"]);
    assert.doesNotMatch(lint.out + lint.err, /issuer/);
    const file = folder.write("empty.yaml", "mappings: []\n");
    const pruned = await cli(["mappings", "apply", "-c", "prod", "-f", file, "--prune", "--yes", "--force"]);
    assert.equal(pruned.code, 0, pruned.err);
    assert.match(pruned.out, /- account\/111122223333/);
    assert.deepEqual(
      (await listed()).map(({ kid, state }) => [`${PREFIX}/issuer/${kid}`, state]),
      [[name, "served"]],
    );
  });

  test("irsa keys list ignores mappings", async () => {
    store.put(MAPPING, "{}");
    store.put(`${PREFIX}/callers`, "[]");
    assert.deepEqual(await listed(), []);
    assert.match((await keys(["list"])).err, /^No key is published, so the issuer returns HTTP 500/);
  });
});

describe("parameters that are not keys stop no command", () => {
  const broken = ["{", "null", "[1]", '{"kty":"RSA","n":"","e":""}', JSON.stringify({ ...OLD.jwk, kid: "\u001b[2J" })];
  beforeEach(() => {
    for (const [index, value] of broken.entries()) store.put(`${PREFIX}/issuer/broken-${index}`, value);
    store.put(`${PREFIX}/issuer/secret`, JSON.stringify(NEW.jwk), { type: "SecureString" });
  });

  test("list shows each with its problem, and the valid key as served", async () => {
    put(OLD.jwk);
    const rows = await listed();
    assert.equal(rows.length, broken.length + 2);
    for (const { kid, state, key } of rows) {
      assert.equal(state, kid === OLD.jwk.kid ? "served" : "invalid");
      assert.notEqual(key, "");
    }
  });

  test("publish adds a tenth valid key: only valid keys count", async () => {
    for (const key of NINE) put(key);
    const { code, err } = await keys(["publish", "--jwks", jwksFile(OLD.jwk), "--yes"]);
    assert.equal(code, 0, err);
    assert.equal((await listed()).filter(({ state }) => state === "served").length, 10);
  });

  test("retire removes a key that has a valid successor, and one that is broken", async () => {
    for (const key of [OLD.jwk, NEW.jwk]) put(key);
    for (const kid of [OLD.jwk.kid, "broken-0"]) {
      const { code, err } = await keys(["retire", `issuer/${kid}`, "--force", "--yes"]);
      assert.equal(code, 0, err);
    }
    assert.equal((await listed()).length, broken.length + 1);
  });
});
