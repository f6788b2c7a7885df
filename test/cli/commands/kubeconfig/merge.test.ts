// `kubeconfig client --merge`: what it writes to which file, and what it leaves unchanged.
// test/e2e/merge-kubeconfig.e2e.ts has kubectl's view.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs, {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { beforeEach, mock, test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { cli, runSources } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { MERGED, REFUSED } from "./kubeconfigs.ts";

// mock.method fills the disk.
runSources();
const ROLE = "arn:aws:iam::111122223333:role/Admin";
const WORDS = [
  "kubeconfig",
  "client",
  "-c",
  "prod",
  "--region",
  "eu-west-1",
  "--server",
  "https://10.0.0.1:6443",
];
let folder: ReturnType<typeof useFolder>;
let file: string;
beforeEach(() => {
  folder = useFolder();
  file = join(folder.path, "config");
});

type Environment = Readonly<Record<string, string>>;

/** Returns the exit code and the messages, without the line about --ca and the folder. */
async function merge(
  words: string[] = [],
  environment: Environment = { KUBECONFIG: file },
  onSleep = () => {},
) {
  const { code, out, err } = await cli([...WORDS, "--merge", ...words], { environment, onSleep });
  assert.equal(out, "");
  return {
    code,
    message: err
      .replaceAll(/^(Without --ca|Every session is).*\n/gm, "")
      .replaceAll(`${folder.path}/`, ""),
  };
}
const wrote = (where: string, name = "prod") => ({
  code: 0,
  message: `Wrote the context "${name}" to ${where}.\n`,
});
const read = (path = file) => readFileSync(path, "utf8");

/**
 * Lines, and the pieces of those in which a list of flow style gets longer. Without keys whose
 * value is replaced.
 */
function piecesOf(text: string): string[] {
  const isSet = /^ *(current-context:.*|(clusters|users|contexts): *(null|\[\]|~)?( #.*)?)\r?\n?$/;
  const lines = text.split(/(?<=\n)/).filter((line) => !isSet.test(line));
  return lines.flatMap((line) => line.split(/(?<=[\]}],?)(?=[\]},]*\s*$)|"\w+": ?(?:\[\]|null)/));
}

function hasInOrder(pieces: readonly string[], text: string): boolean {
  let at = 0;
  return pieces.every((piece) => {
    const found = text.indexOf(piece, at);
    at = found + piece.length;
    return found >= 0;
  });
}

for (const [name, text] of Object.entries(MERGED)) {
  test(`${name}: every byte around the entries stays, and a second run writes nothing`, async () => {
    folder.write("config", text);
    chmodSync(file, 0o640);
    assert.deepEqual(await merge(), wrote("config"));
    const written = read();
    assert.ok(hasInOrder(piecesOf(text), written), written);
    if (text.includes("\r\n")) assert.doesNotMatch(written, /[^\r]\n/);
    assert.deepEqual(await merge(), {
      code: 0,
      message: 'config has the context "prod" already.\n',
    });
    assert.equal(read(), written);
    assert.deepEqual([statSync(file).mode & 0o777, readdirSync(folder.path)], [0o640, ["config"]]);
    // Replaces only the user.
    assert.deepEqual(await merge(["--role", ROLE]), wrote("config"));
    assert.ok(hasInOrder(piecesOf(text), read()));
    assert.equal(read().replace(/,?"--role-arn","[^"]+"|\s+- --role-arn\s+- \S+/, ""), written);
  });
}

for (const [name, [text, message]] of Object.entries(REFUSED)) {
  test(`${name}: refused, and unchanged`, async () => {
    folder.write("config", text);
    const refused = await merge();
    assert.match(refused.message, message);
    assert.deepEqual([refused.code, read(), readdirSync(folder.path)], [2, text, ["config"]]);
  });
}

test("--alias names the entries, and --no-switch keeps the current context", async () => {
  folder.write("config", REFUSED["another user of the name"]?.[0] ?? "");
  const words = ["--alias", "prod: admin", "--no-switch"];
  assert.deepEqual(await merge(words), wrote("config", "prod: admin"));
  folder.write(
    "config",
    read().replace("      cluster: ", "      namespace: team-a\n      cluster: "),
  );
  assert.deepEqual(await merge([...words, "--role", ROLE]), wrote("config", "prod: admin"));
  const { contexts, "current-context": current } = parse(read());
  assert.equal(current, undefined);
  assert.partialDeepStrictEqual(contexts, [
    {
      name: "prod: admin",
      context: { cluster: "prod: admin", user: "prod: admin", namespace: "team-a" },
    },
  ]);
  for (const [wrong, message] of [
    [["--merge", "--out", "x"], /'--merge' cannot be used with option '--out <file>'/],
    [["--no-switch"], /^--no-switch needs --merge\.\n$/],
  ] as const) {
    const { code, err } = await cli([...WORDS, ...wrong]);
    assert.equal(code, 2);
    assert.match(err, message);
  }
});

test("without KUBECONFIG, creates ~/.kube/config, which only the user can read", async () => {
  assert.deepEqual(await merge([], { HOME: folder.path, KUBECONFIG: "" }), wrote(".kube/config"));
  const created = join(folder.path, ".kube", "config");
  assert.equal(statSync(created).mode & 0o777, 0o600);
  assert.partialDeepStrictEqual(parse(read(created)), {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "prod",
  });
  assert.equal(
    (await merge([], {})).message,
    "--merge needs a home folder: set HOME or KUBECONFIG.\n",
  );
});

const KIND = MERGED["kind"] ?? "";

test("of several files, writes each entry to the file from which kubectl reads it", async () => {
  const [first = "", second = "", third = ""] = ["first", "second", "third"].map((name) =>
    join(folder.path, name),
  );
  const environment = { KUBECONFIG: `${first}:${second}:${third}:${first}` };
  folder.write("second", KIND);
  assert.deepEqual(await merge(["--no-switch"], environment), wrote("first"));
  copyFileSync(first, third);
  folder.write("first", KIND.replaceAll("kind-kind", "other"));
  // The first file selects the context, and the third has the entries.
  assert.deepEqual(await merge(["--role", ROLE], environment), wrote("first and third"));
  assert.equal(
    read(first),
    KIND.replaceAll("kind-kind", "other").replace("t-context: other", "t-context: prod"),
  );
  assert.deepEqual([read(second), read(third).includes(ROLE)], [KIND, true]);
  folder.write("second", REFUSED["another context of the name"]?.[0] ?? "");
  folder.write("third", "");
  assert.match((await merge([], environment)).message, /^second has another context "prod", which/);
  assert.equal(read(third), "");
});

test("writes through a symbolic link, and refuses one to a missing file", async () => {
  const target = folder.write("dotfiles/kubeconfig", KIND);
  symlinkSync("dotfiles/kubeconfig", file);
  assert.deepEqual(await merge(), wrote("config"));
  assert.deepEqual(
    [lstatSync(file).isSymbolicLink(), lstatSync(target).isSymbolicLink()],
    [true, false],
  );
  assert.match(read(target), /current-context: prod/);
  symlinkSync("nowhere", join(folder.path, "dangling"));
  const dangling = await merge([], { KUBECONFIG: join(folder.path, "dangling") });
  assert.deepEqual(dangling, {
    code: 2,
    message: "Cannot write dangling: there is no such folder.\n",
  });
});

/** Runs it as a user who is in no other group, if this is root, and who owns the folder. */
async function asUser<T>(run: () => Promise<T>): Promise<T> {
  const { getuid, getgroups = () => [], setgroups, setegid, seteuid } = process;
  if (getuid?.() !== 0) return run();
  const groups = getgroups();
  chownSync(folder.path, USER, USER);
  setgroups?.([]);
  setegid?.(USER);
  seteuid?.(USER);
  const result = await run();
  seteuid?.(0);
  setegid?.(0);
  setgroups?.(groups);
  return result;
}
const USER = 65534;
const isRoot = process.getuid?.() === 0;

const BY_PERSON = `clusters:
- name: prod
  cluster:
    server: https://10.0.0.1:6443
    proxy-url: http://proxy.example:3128   # VPN
    tls-server-name: kubernetes
    certificate-authority: /etc/ca.crt
    extensions: &own [{name: iam-authenticator, extension: {clusterId: prod}}]
users:
- name: prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args: [eks]
      env: [{name: HTTPS_PROXY, value: "http://proxy.example:3128"}, {name: AWS_PROFILE, value: dev}]
      installHint: Install it
    extensions: [{name: iam-authenticator, extension: {clusterId: prod}}]
contexts:
- name: prod
  context: {cluster: prod, user: prod, extensions: [{name: iam-authenticator, extension: {clusterId: prod}}]}
`;

test("keeps what a user has added", async () => {
  folder.write("config", BY_PERSON);
  const { err } = await cli([...WORDS, "--merge", "--role", ROLE], {
    environment: { KUBECONFIG: file },
  });
  // The cluster has its own CA.
  assert.doesNotMatch(err, /Without --ca/);
  const { clusters, users } = parse(read());
  const { extensions: _, ...cluster } = clusters[0].cluster;
  assert.deepEqual(cluster, {
    server: "https://10.0.0.1:6443",
    "proxy-url": "http://proxy.example:3128",
    "tls-server-name": "kubernetes",
    "certificate-authority": "/etc/ca.crt",
  });
  assert.match(read(), /3128 {3}# VPN\n/);
  const { env, installHint, args } = users[0].user.exec;
  const proxy = { name: "HTTPS_PROXY", value: "http://proxy.example:3128" };
  assert.deepEqual(
    [env, installHint],
    [[proxy, { name: "AWS_PROFILE", value: "dev" }], "Install it"],
  );
  assert.deepEqual(args.slice(-4), ["--role-arn", ROLE, "--output", "json"]);
  await merge(["--profile", "ops"]);
  assert.deepEqual(parse(read()).users[0].user.exec.env, [
    proxy,
    { name: "AWS_PROFILE", value: "ops" },
  ]);
});

test("a given CA replaces the stored one, since kubectl accepts one only", async () => {
  const ca = folder.write("ca.crt", createCertificateAuthority().ca);
  const unverified = BY_PERSON.replace(
    "certificate-authority: /etc/ca.crt",
    "insecure-skip-tls-verify: true",
  );
  for (const text of [BY_PERSON, unverified]) {
    folder.write("config", text);
    assert.deepEqual(await merge(["--ca", ca]), wrote("config"));
    const keys = Object.keys(parse(read()).clusters[0].cluster);
    const expected = [
      "server",
      "proxy-url",
      "tls-server-name",
      "extensions",
      "certificate-authority-data",
    ];
    assert.deepEqual(keys.sort(), expected.sort());
  }
});

test("a context of another server: names both, asks, and refuses without a terminal", async () => {
  const other = "https://10.9.9.9:6443";
  const ofAnother = BY_PERSON.replace("https://10.0.0.1:6443", other);
  // The user has given the context another cluster.
  const renamed = BY_PERSON.replace("{cluster: prod,", "{cluster: tunnel,").replace(
    "users:",
    `- {name: tunnel, cluster: {server: "${other}"}}\nusers:`,
  );
  const said = `config: the context "prod" is for the server ${other}, not for https://10.0.0.1:6443.`;
  for (const text of [ofAnother, renamed]) {
    folder.write("config", text);
    const refused = {
      code: 2,
      message: `${said} To replace it, run this in a terminal. To keep it, give --alias <name>.\n`,
    };
    assert.deepEqual(await merge(), refused);
    assert.equal(read(), text);
    assert.deepEqual(await merge(["--alias", "second"]), wrote("config", "second"));
    folder.write("config", text);
    const words = [...WORDS, "--merge"];
    for (const [input, code] of [
      ["n\n", 1],
      ["y\n", 0],
    ] as const) {
      const asked = await cli(words, {
        environment: { KUBECONFIG: file },
        interactive: true,
        input,
      });
      assert.equal(asked.code, code);
      assert.ok(
        asked.err.replaceAll(`${folder.path}/`, "").startsWith(`${said} Replace it? [y/N] `),
        asked.err,
      );
      assert.equal(read() === text, code === 1);
    }
    assert.partialDeepStrictEqual(parse(read()), {
      clusters: [
        { cluster: { server: "https://10.0.0.1:6443", "proxy-url": "http://proxy.example:3128" } },
      ],
      contexts: [{ context: { cluster: "prod" } }],
    });
  }
  // The same server, in another spelling.
  folder.write("config", BY_PERSON.replace("https://10.0.0.1:6443", "https://10.0.0.1:6443/"));
  assert.deepEqual(await merge(), wrote("config"));
});

test("eight processes at once: all their contexts arrive", async () => {
  const program = join(import.meta.dirname, "../../../../cli/iam-authenticator.ts");
  const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
  const env = { ...process.env, KUBECONFIG: file };
  const runs = names.map((name) =>
    promisify(execFile)(process.execPath, [program, ...WORDS, "--merge", "--alias", name], { env }),
  );
  await Promise.all(runs);
  const { contexts, clusters, users } = parse(read());
  for (const list of [contexts, clusters, users]) {
    assert.deepEqual(list.map(({ name }: { name: string }) => name).sort(), names);
  }
});

test("on a full disk, neither a lock nor a draft stays", async (t) => {
  folder.write("config", KIND);
  for (const isFull of [
    (path: string) => path.endsWith(".lock"),
    (path: string) => path.endsWith(".new"),
  ]) {
    const [write, open] = [fs.writeFileSync, fs.openSync];
    const paths = new Map<unknown, string>();
    mock.method(fs, "openSync", (path: string, flags: string) => {
      const opened = open(path, flags);
      paths.set(opened, path);
      return opened;
    });
    mock.method(
      fs,
      "writeFileSync",
      (target: string | number, data: string, options?: fs.WriteFileOptions) => {
        if (!isFull(String(paths.get(target) ?? target))) return write(target, data, options);
        // The system creates the file first.
        if (typeof target === "string") write(target, "", options);
        throw Object.assign(new Error(), { code: "ENOSPC" });
      },
    );
    syncBuiltinESMExports();
    t.after(() => {
      mock.restoreAll();
      syncBuiltinESMExports();
    });
    const refused = await merge();
    assert.deepEqual(readdirSync(folder.path), ["config"]);
    assert.match(refused.message, /^Cannot write config(\.lock)?: the disk is full\.\n$/);
    assert.deepEqual([refused.code, read()], [2, KIND]);
    mock.restoreAll();
    syncBuiltinESMExports();
  }
  assert.deepEqual(await merge(), wrote("config"));
});

test("refuses a file without write permission, and leaves no draft", async () => {
  folder.write("config", KIND);
  await merge();
  const before = read();
  chmodSync(file, 0o444);
  if (isRoot) chownSync(file, USER, USER);
  const refused = await asUser(() => merge(["--role", ROLE]));
  assert.deepEqual(refused, { code: 2, message: "Cannot write config: no permission.\n" });
  assert.deepEqual([read(), readdirSync(folder.path)], [before, ["config"]]);
});

test("a foreign group's permissions are removed; another user's file is refused", {
  skip: !isRoot && "only root can create these files",
}, async () => {
  folder.write("config", KIND);
  // sudo chown $USER ~/.kube/config
  chownSync(file, USER, 0);
  chmodSync(file, 0o664);
  assert.deepEqual(await asUser(merge), wrote("config"));
  const { uid, gid, mode } = statSync(file);
  assert.deepEqual([uid, gid, mode & 0o777], [USER, USER, 0o604]);
  chownSync(file, 0, USER);
  chmodSync(file, 0o666);
  const refused = await asUser(() => merge(["--role", ROLE]));
  assert.deepEqual(refused, { code: 2, message: "Cannot write config: no permission.\n" });
  assert.deepEqual(readdirSync(folder.path), ["config"]);
});

test("waits for kubectl's lock, and keeps what was written meanwhile", async () => {
  folder.write("config", KIND);
  const lock = folder.write("config.lock", "");
  // However old.
  utimesSync(lock, 0, 0);
  const locked = "Another program has locked config.lock. If none is running, delete this file.\n";
  assert.deepEqual(await merge(), { code: 2, message: locked });
  const release = () => {
    folder.write("config", `${KIND}# changed\n`);
    rmSync(lock);
  };
  assert.deepEqual(await merge([], undefined, release), wrote("config"));
  assert.match(read(), /# changed\n/);
  assert.deepEqual([parse(read()).contexts.length, existsSync(lock)], [2, false]);
  // The process with this id has ended.
  folder.write("config.lock", "999999999");
  assert.deepEqual(await merge(["--role", ROLE]), wrote("config"));
  folder.write("config.lock", String(process.pid));
  assert.equal((await merge()).message, locked);
});
