// `kubeconfig client` without --server: the published cluster that it reads, and what it asks for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { parsePublished } from "../../../../cli/model/published-cluster.ts";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { randomRuns } from "../../../extent.ts";
import type { CliOptions } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { forbidden } from "../mappings/forbidden.ts";
import { useTwoClusters } from "../mappings/several.ts";

const ca = createCertificateAuthority({ subject: { CN: "prod-ca" } }).ca;
const otherCa = createCertificateAuthority({ subject: { CN: "other-ca" } }).ca;
const PROD = { format: 1, server: "https://10.0.0.1:6443", certificateAuthority: ca };
const STAGING = { ...PROD, server: "https://10.0.0.2:6443", certificateAuthority: otherCa };
const clusters = useTwoClusters({ "cluster/prod": PROD }, { "cluster/staging": STAGING });
const NAME = "/iam-authenticator/prod/cluster/prod";
const put = (value: unknown, name = NAME) =>
  clusters.store.put(name, typeof value === "string" ? value : JSON.stringify(value));

let file = "";
beforeEach(() => {
  file = join(useFolder().path, "config");
});
const read = () => parse(readFileSync(file, "utf8"));

/** Messages without the lines that state what was read. */
async function client(words: string, { environment, ...options }: CliOptions = {}) {
  const result = await clusters.run(`kubeconfig client ${words}`, {
    ...options,
    environment: { KUBECONFIG: file, ...environment },
  });
  const { err } = result;
  return {
    ...result,
    message: err.replaceAll(/^.*, version \d+: https.*\n/gm, "").replaceAll(file, "config"),
  };
}
const encoded = (text: string) => Buffer.from(text).toString("base64");
const clusterFields = (index = 0) => {
  const { extensions: _, ...fields } = read().clusters[index].cluster;
  return fields;
};

test("-c <cluster> --merge writes server, CA and Region, by one call to Parameter Store", async () => {
  const { code, err } = await client("-c prod --merge");
  assert.equal(code, 0, err);
  const [of, wrote, ...rest] = err.split("\n");
  assert.match(
    of ?? "",
    /^\/iam-authenticator\/prod\/cluster\/prod, version 1: https:\/\/10\.0\.0\.1:6443, CA prod-ca, SHA-256 [0-9A-F:]{95}$/,
  );
  assert.deepEqual([wrote, rest], [`Wrote the context "prod" to ${file}.`, [""]]);
  assert.deepEqual(clusterFields(), {
    server: PROD.server,
    "certificate-authority-data": encoded(ca),
  });
  const { users, "current-context": current } = read();
  assert.deepEqual(users[0].user.exec.args.slice(3, 6), ["prod", "--region", "us-east-1"]);
  assert.equal(current, "prod");
  const calls = clusters.store.requests.map(({ headers }) => headers["x-amz-target"]);
  assert.deepEqual(calls, ["AmazonSSM.GetParameter"]);
  assert.equal(
    (await client("-c prod --merge")).message,
    'config has the context "prod" already.\n',
  );
});

test("without --merge, prints the same kubeconfig as with --server and --ca", async () => {
  const file = useFolder().write("ca.crt", ca);
  const published = await client("-c prod --role arn:aws:iam::111122223333:role/Admin");
  const given = await client(
    `-c prod --server ${PROD.server} --ca ${file} --role arn:aws:iam::111122223333:role/Admin`,
  );
  assert.equal(published.code, 0);
  assert.equal(published.out, given.out);
});

for (const words of ["--all-contexts --merge", "--all --merge", "-c prod -c staging --merge"]) {
  test(`${words}: every cluster, and no other context is selected`, async () => {
    const { code, message } = await client(words);
    const contexts = 'the contexts "prod", "staging"';
    assert.deepEqual(
      [code, message],
      [0, `Wrote ${contexts} to config.\nThe current context is "prod".\n`],
    );
    assert.deepEqual(
      read().clusters.map(({ cluster }: { cluster: object }) => Object(cluster).server),
      [PROD.server, STAGING.server],
    );
    put(
      { ...STAGING, server: "https://10.0.0.3:6443" },
      "/iam-authenticator/staging/cluster/staging",
    );
    await client("-c staging --merge", { interactive: true, input: "y\n" });
    assert.equal(read()["current-context"], "staging");
    const again = await client(words);
    assert.deepEqual(
      [again.code, again.message],
      [0, `config has ${contexts} already.\nThe current context is "staging".\n`],
    );
  });
}

// biome-ignore format: a table
const CHANGED = [
  ["server", { ...PROD, server: "https://10.6.6.6:6443" }, /^config: the context "prod" is for the server https:\/\/10\.0\.0\.1:6443, not for https:\/\/10\.6\.6\.6:6443\. /],
  ["CA", { ...PROD, certificateAuthority: otherCa }, /^config: the context "prod" trusts the CA prod-ca, SHA-256 \S+, not the CA other-ca, SHA-256 \S+\. /],
  ["server and CA", STAGING, /^config: the context "prod" is for the server \S+, not for \S+, and trusts the CA prod-ca, .*, not the CA other-ca, /],
] as const;
for (const [what, value, said] of CHANGED) {
  test(`a changed ${what} is shown and asked for, and refused without a terminal`, async () => {
    await client("-c prod --merge");
    const before = readFileSync(file, "utf8");
    put(value);
    const refused = await client("-c prod --merge");
    assert.equal(refused.code, 2);
    assert.match(refused.message, said);
    assert.match(
      refused.message,
      / To replace it, run this in a terminal\. To keep it, give --alias <name>\.\n$/,
    );
    const kept = await client("-c prod --merge", { interactive: true, input: "n\n" });
    assert.equal(kept.code, 1);
    assert.equal(readFileSync(file, "utf8"), before);
    const asked = await client("-c prod --merge", { interactive: true, input: "y\n" });
    assert.match(asked.message, said);
    assert.equal(asked.code, 0);
    assert.deepEqual(clusterFields(), {
      server: value.server,
      "certificate-authority-data": encoded(value.certificateAuthority),
    });
  });
}

test("a context without the published CA is asked before it gets it", async () => {
  const folder = useFolder();
  folder.write("same.crt", `# kubernetes\n${ca}`);
  folder.write("other.crt", otherCa);
  file = join(folder.path, "config");
  await client(`-c prod --server ${PROD.server} --merge`);
  const without = readFileSync(file, "utf8");
  for (const [line, said] of [
    ["", /trusts the CAs of this machine, not the CA prod-ca/],
    ["insecure-skip-tls-verify: true", /trusts any certificate, not the CA prod-ca/],
    ["certificate-authority: other.crt", /trusts the CA other-ca, .*, not the CA prod-ca/],
    [
      "certificate-authority: none.crt",
      /trusts a CA that is not a certificate, not the CA prod-ca/,
    ],
    ["certificate-authority: same.crt", undefined],
    [`certificate-authority-data: ${encoded(`${ca}\n`)}`, undefined],
  ] as const) {
    folder.write("config", without.replace(/( +)server: .*\n/, `$&$1${line}\n`));
    const { code, message } = await client("-c prod --merge");
    assert.equal(code, said === undefined ? 0 : 2, message);
    if (said !== undefined) assert.match(message, said);
    else
      assert.deepEqual(Object.keys(clusterFields()).sort(), [
        "certificate-authority-data",
        "server",
      ]);
  }
});

test("a cluster that cannot be added leaves the others", async () => {
  const folder = useFolder();
  file = folder.write("config", "clusters: [{name: prod, cluster: {server: 'https://kind'}}]\n");
  const { code, message } = await client("--all --merge");
  assert.equal(code, 2);
  assert.match(message, /^Wrote the context "staging" to config\.\n/);
  assert.match(
    message,
    /^prod: config has another cluster "prod", which this command did not write\. /m,
  );
  assert.deepEqual(read().clusters[0], { name: "prod", cluster: { server: "https://kind" } });

  put(STAGING, "/iam-authenticator/staging/cluster/staging");
  clusters.store.remove(NAME);
  const absent = await client("--all --merge");
  assert.equal(absent.code, 1);
  assert.match(absent.message, /^prod: The cluster prod is not published: /m);

  put({ ...STAGING, server: "https://10.6.6.6" }, "/iam-authenticator/staging/cluster/staging");
  put(PROD);
  folder.write(
    "config",
    readFileSync(file, "utf8")
      .replace("- name: prod", "- name: kind")
      .replace("name: prod", "name: kind"),
  );
  const declined = await client("--all --merge", { interactive: true, input: "n\n" });
  assert.equal(declined.code, 1, declined.err);
  assert.match(declined.message, /Replace it\? \[y\/N\] Wrote the context "prod" to config\.$/m);
  assert.match(declined.message, /^staging: Not replaced\.$/m);
});

test("Ctrl-D at a question writes no cluster", async () => {
  await client("--all --merge");
  put(STAGING);
  const before = readFileSync(file, "utf8");
  const { code } = await client("--all --merge", { interactive: true, input: "" });
  assert.deepEqual([code, readFileSync(file, "utf8")], [130, before]);
});

test("contexts of one cluster are one context of kubectl", async () => {
  clusters.configure({
    one: { cluster: "prod", region: "eu-west-1" },
    two: { cluster: "prod", region: "us-west-2" },
    staging: { region: "us-east-1" },
  });
  const both = await client("-c prod --merge");
  assert.deepEqual([both.code, both.message], [0, 'Wrote the context "prod" to config.\n']);
  assert.equal(read()["current-context"], "prod");
  assert.match(readFileSync(file, "utf8"), /eu-west-1/);
  // The store of the test has one value for all Regions.
  clusters.configure({
    one: { cluster: "prod", region: "eu-west-1" },
    two: { cluster: "prod", region: "us-west-2", prefix: "/iam-authenticator/staging" },
  });
  put(STAGING, "/iam-authenticator/staging/cluster/prod");
  const different = await client("-c prod --merge");
  assert.equal(different.code, 2);
  assert.match(
    different.message,
    /^two: It has the same id as one, prod, but another server or CA\. /m,
  );
});

test("a cluster that is not readable or not published has one sentence", async () => {
  clusters.store.fail(forbidden("GetParameter"));
  const denied = await client("-c prod --merge");
  assert.deepEqual(
    [denied.code, denied.message],
    [
      3,
      `No permission for ssm:GetParameter on ${NAME}: give --server and --ca, or ask an administrator of the cluster prod for ` +
        "the permission.\n",
    ],
  );
  clusters.store.fail(undefined);
  clusters.store.remove(NAME);
  const absent = await client("-c prod --merge");
  assert.deepEqual(
    [absent.code, absent.message],
    [
      1,
      `The cluster prod is not published: ${NAME} does not exist in account 111122223333, region us-east-1. Give --server and ` +
        "--ca, or ask an administrator of the cluster to publish it (kubeconfig client --publish).\n",
    ],
  );
});

const text = (value: object) => JSON.stringify(value);
// biome-ignore format: a table
const REFUSED: Readonly<Record<string, readonly [value: string, problem: string]>> = {
  "an unknown key": [text({ ...PROD, proxy: "https://10.6.6.6" }), 'the value has an unknown key "proxy"'],
  "a repeated key": [`${text(PROD).slice(0, -1)},"server":"https://10.6.6.6"}`, 'the value repeats the key "server"'],
  "http:": [text({ ...PROD, server: "http://10.0.0.1:6443" }), "the value must have a server: an https:// URL, such as https://10.0.0.1:6443"],
  "a server with a user": [text({ ...PROD, server: "https://u@10.0.0.1" }), "the value must have a server: "],
  "a server with a line break": [text({ ...PROD, server: "https://10.0.0.1\n/x" }), "the value must have a server: "],
  "no server": [text({ format: 1, certificateAuthority: ca }), "the value must have a server: "],
  "a CA that is none": [text({ ...PROD, certificateAuthority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }), "the value must have a certificateAuthority: certificates in PEM, and nothing else"],
  "a CA and other text": [text({ ...PROD, certificateAuthority: `${ca}insecure` }), "the value must have a certificateAuthority: "],
  "an empty CA": [text({ ...PROD, certificateAuthority: "" }), "the value must have a certificateAuthority: "],
  "no CA": [text({ format: 1, server: PROD.server }), "the value must have a certificateAuthority: "],
  "a newer format": [text({ ...PROD, format: 2 }), "the value has format 2, which is newer than 1"],
  "no format": [text({ server: PROD.server, certificateAuthority: ca }), "the value must have format 1"],
  "a list": ["[]", "the value is not a JSON object"],
  "no JSON": ["https://10.0.0.1", "the value is not a JSON object"],
};
for (const [what, [value, problem]] of Object.entries(REFUSED)) {
  test(`${what}: refused by name, and nothing is written`, async () => {
    put(value);
    const { code, message } = await client("-c prod --merge");
    assert.equal(code, 1);
    assert.ok(message.startsWith(`The published cluster is invalid: ${problem}`), message);
    assert.ok(
      message.includes(
        `(${NAME}). Give --server and --ca, or ask an administrator of the cluster to publish it again.`,
      ),
      message,
    );
    assert.throws(() => readFileSync(file), { code: "ENOENT" });
  });
}

test("a SecureString is refused by name", async () => {
  clusters.store.remove(NAME);
  clusters.store.put(NAME, text(PROD), { type: "SecureString" });
  const { code, message } = await client("-c prod");
  assert.equal(code, 1);
  assert.match(message, /^The published cluster is invalid: the parameter is a SecureString \(/);
});

test("any text is read without an error", () => {
  const part = fc.constantFrom(
    ...Object.values(PROD).map((value) => JSON.stringify(value)),
    "{",
    "}",
    '"',
    ":",
    ",",
    '"format"',
    '"server"',
    '"certificateAuthority"',
    '"https://a"',
    "1",
    "null",
  );
  const joined = fc.array(part, { maxLength: 16 }).map((parts) => parts.join(""));
  const object = fc.record(
    {
      format: fc.constantFrom(1, 2, "1"),
      server: fc.oneof(fc.webUrl(), fc.string(), fc.constant(PROD.server)),
      certificateAuthority: fc.oneof(fc.string(), fc.constant(ca)),
      other: fc.json(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), joined, object.map(text)), (value) => {
      const checked = parsePublished(value);
      if (!checked.valid) return;
      assert.equal(new URL(checked.value.server).protocol, "https:");
      assert.equal(checked.value.ca, ca);
      assert.deepEqual(Object.keys(JSON.parse(value)).sort(), [
        "certificateAuthority",
        "format",
        "server",
      ]);
    }),
    { numRuns: randomRuns(10_000) },
  );
});

test("wrong usage: options for one cluster, and what needs --merge or --server", async () => {
  for (const [words, message] of [
    ["--all", "Several clusters need --merge: prod, staging.\n"],
    [
      "--all --merge --alias x",
      "--alias is for one cluster. Give one of these as --cluster: prod, staging.\n",
    ],
    [
      "--all --merge --server https://10.0.0.1",
      "--server is for one cluster. Give one of these as --cluster: prod, staging.\n",
    ],
    ["-c prod --ca ca.crt", "--ca needs --server.\n"],
  ] as const) {
    const { code, message: said } = await client(words);
    assert.deepEqual([code, said], [2, message]);
  }
});
