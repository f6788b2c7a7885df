// `kubeconfig client --publish`: what it stores, what needs consent, and which certificates it
// refuses.

import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { before, test } from "node:test";
import { type Credential, createCertificateAuthority } from "../../../../local/certificates.ts";
import { freePort } from "../../../free-port.ts";
import { settingsOf } from "../../../stored-settings.ts";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { ADMIN, exits, PREFIX, prints, refuses, useCluster, WHERE } from "../mappings/cluster.ts";
import { forbidden } from "../mappings/forbidden.ts";
import { onlyGranted } from "../mappings/permissions.ts";

const authority = createCertificateAuthority({ subject: { CN: "kubernetes" } });
const other = createCertificateAuthority({ subject: { CN: "stranger" } });
const certificate = authority.server();
const folder = useFolder();
const ca = folder.write("ca.crt", `kubernetes:\n${authority.ca}`);
const otherCa = folder.write("other.crt", other.ca);
const NAME = `${PREFIX}/cluster/prod`;
const cluster = useCluster(ADMIN, "each");

/** kube-apiserver, which answers anonymous requests with 401. */
async function apiserver(credential: Credential): Promise<string> {
  const listening = createServer(credential, (_, response) => response.writeHead(401).end());
  listening.unref();
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `https://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}
let server = "";
let named = "";
before(async () => {
  server = await apiserver(certificate);
  named = await apiserver(authority.server("kube.example.com"));
});

const publish = (...words: string[]) =>
  cli(["kubeconfig", "client", "-c", "prod", "--publish", ...words]);
const ours = (...words: string[]) => publish("--server", server, "--ca", ca, ...words);
const ACCEPTED = ["--yes", "--allow-weakening"];
const stored = () => cluster.store.value(NAME);
const FINGERPRINT = /SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}/;

test("stores server and CA, after a plan that names both and what the writer gives", async () => {
  const { out } = await prints(
    ours(...ACCEPTED),
    /^Plan for /,
    /^Wrote 1 parameter\. Users who have ssm:GetParameter on it can run: npx --no -- lambda-iam-authenticator kubeconfig client -c prod --merge\n$/,
  );
  const [head, sign, shown, mark, ...rest] = out.trimEnd().split("\n");
  assert.deepEqual([head, sign], [`Plan for ${WHERE}:`, "+ cluster/prod"]);
  assert.equal(shown?.replace(FINGERPRINT, "..."), `    server: ${server}, CA: kubernetes, ...`);
  assert.equal(
    mark,
    `    ! cluster/prod sends users to ${server}, with tokens that prod accepts for up to 15 minutes, and no other cluster`,
  );
  assert.deepEqual(rest, [
    "1 to add, 0 to change, 0 to remove, 0 unchanged.",
    "! Needs your consent: 1 server that receives users' tokens.",
  ]);
  assert.deepEqual(JSON.parse(stored() ?? ""), {
    format: 1,
    server,
    certificateAuthority: authority.ca,
  });
  // The same again: nothing to consent to.
  await prints(ours("--yes"), /^0 to add, 0 to change, 0 to remove, 1 unchanged\.$/m, "");
});

test("each change needs its own consent: --yes alone writes nothing", async () => {
  for (const [words, code] of [
    [["--yes"], 1],
    [["--dry-run"], 0],
    [[], 2],
  ] as const) {
    await exits(ours(...words), code);
    assert.equal(stored(), undefined);
  }
  const answered = (input: string) =>
    cli(["kubeconfig", "client", "-c", "prod", "--publish", "--server", server, "--ca", ca], {
      interactive: true,
      input,
    });
  await exits(answered("n\n"), 1, /Accept what is marked ! above \(1 server that receives/);
  assert.equal(stored(), undefined);
});

test("a changed server or CA: the plan has the old and the new one", async () => {
  await ours(...ACCEPTED);
  const old = stored();
  const closed = `https://127.0.0.1:${await freePort()}`;
  const { out } = await prints(
    publish("--server", closed, "--ca", otherCa, "--dry-run"),
    /^~ cluster\/prod$/m,
    `${closed} does not answer from this machine (ECONNREFUSED): not checked whether the CA verifies its certificate.\nNothing was written.\n`,
  );
  const shown = out.replaceAll(new RegExp(FINGERPRINT, "g"), "...");
  assert.ok(
    shown.includes(`server: ${server} -> ${closed}, CA: kubernetes, ... -> stranger, ...\n`),
    out,
  );
  assert.equal(stored(), old);
});

test("NODE_TLS_REJECT_UNAUTHORIZED does not turn the check of the CA off", async (t) => {
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.after(() => {
    delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  });
  const refused = /^Nothing was written: the CA does not verify the certificate of /;
  await exits(publish("--server", server, "--ca", otherCa, ...ACCEPTED), 1, refused);
  assert.equal(stored(), undefined);
});

test("a CA that does not verify the server's certificate is refused", async () => {
  const refused = await exits(publish("--server", server, "--ca", otherCa, ...ACCEPTED), 1);
  assert.match(
    refused.err,
    /^Nothing was written: the CA does not verify the certificate of https:\S+, CA stranger, SHA-256 \S+ \(\w+\)\.\n$/,
  );
  const ofAnotherName = publish("--server", named, "--ca", ca, ...ACCEPTED);
  await exits(ofAnotherName, 1, /\(ERR_TLS_CERT_ALTNAME_INVALID\)\.\n$/);
  assert.equal(stored(), undefined);
  // As in kubectl: https://pkg.go.dev/crypto/x509#Certificate.Verify
  const leaf = folder.write("leaf.crt", certificate.cert);
  await prints(publish("--server", server, "--ca", leaf, ...ACCEPTED), /^\+ cluster\/prod$/m);
});

test("an invalid value is replaced, a SecureString is not", async () => {
  cluster.store.put(NAME, '{"format":1}');
  await prints(
    ours(...ACCEPTED),
    /the value must have a server: an https:\/\/ URL, such as \S+ -> server: https:/,
  );
  cluster.store.remove(NAME);
  cluster.store.put(NAME, "{}", { type: "SecureString" });
  const { err } = await exits(ours(...ACCEPTED), 1);
  assert.match(err, /cluster\/prod is a SecureString, .* aws ssm delete-parameter --name /);
});

test("wrong usage", async () => {
  for (const [words, message] of [
    [["--ca", ca], /^--publish needs --server and --ca: /],
    [["--server", server], /^--publish needs --server and --ca: /],
    [["--server", "http://10.0.0.1", "--ca", ca], /It must be an https:\/\/ URL, such as /],
    [["--server", "https://u:p@10.0.0.1", "--ca", ca], /It must be an https:\/\/ URL, such as /],
    [
      ["--server", server, "--ca", ca, "--merge"],
      /'--publish' cannot be used with option '--merge'/,
    ],
    [
      ["--server", server, "--ca", ca, "-c", "x"],
      /^--publish is for one cluster, but 2 were given: prod, x\./,
    ],
    [
      ["--server", server, "--ca", folder.write("key.pem", certificate.key)],
      /contains a private key/,
    ],
  ] as const) {
    await refuses(publish(...words), message);
  }
  for (const option of ["--dry-run", "--yes", "--new", "--allow-weakening"])
    await refuses(cli(`kubeconfig client -c prod ${option}`), `${option} needs --publish.\n`);
});

test("a CA of several certificates that a parameter cannot hold", async () => {
  const large = folder.write("large.crt", authority.ca.repeat(8));
  await refuses(
    publish("--server", server, "--ca", large, ...ACCEPTED),
    /\/cluster\/prod: \d+ bytes, but a parameter holds at most 4096\.\n$/,
  );
});

test("grantManageMappings is sufficient, and that of one account is not", async () => {
  const { store } = cluster;
  store.fail(onlyGranted(PREFIX));
  await prints(ours(...ACCEPTED), /^\+ cluster\/prod$/m);
  const closed = `https://127.0.0.1:${await freePort()}`;
  const change = () => publish("--server", closed, "--ca", ca, ...ACCEPTED);
  const old = stored();
  for (const [lost, message] of [
    [onlyGranted(PREFIX, "111122223333"), /^No permission: .*ssm:GetParameters on resource/m],
    [forbidden("PutParameter"), /^No permission: .*ssm:PutParameter.*\n.*Nothing was written\./m],
  ] as const) {
    store.fail(lost);
    await exits(change(), 3, message);
    assert.equal(stored(), old);
  }
});

test("does not prove that the cluster exists, and nothing lists, checks, compares or exports it", async () => {
  const { store, mappings } = cluster;
  await ours(...ACCEPTED);
  await exits(mappings("lint"), 0, "", /^LEVEL.*\n.*clusteradmin.*\n$/);
  for (const words of ["list -o json", "export", "list -o name"])
    assert.doesNotMatch((await exits(mappings(words), 0)).out, /127\.0\.0\.1|cluster\/prod/);
  const file = folder.write("empty.json", '{"mappings": []}');
  const pruned = await exits(mappings(["apply", "-f", file, "--prune", "--force", "--dry-run"]), 0);
  assert.doesNotMatch(pruned.out, /cluster\/prod/);
  for (const name of Object.keys({ ...settingsOf("prod") })) store.remove(name);
  store.remove(`${PREFIX}/sso/111122223333/clusteradmin`);
  await exits(ours("--dry-run"), 1, /The cluster prod has no parameter below .* use --new\.\n$/);
  await exits(mappings("list"), 1, /The cluster prod has no parameter/);
  await exits(publish("--server", server, "--ca", otherCa, "--new", "--dry-run"), 1);
  await prints(ours("--new", "--dry-run"), /1 unchanged/);
});
