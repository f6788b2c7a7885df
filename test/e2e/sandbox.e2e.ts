// The sandbox of `npm start` with a real kube-apiserver: `npm run try:cluster` without a terminal,
// a restart of the sandbox, and kind's configuration, judged by kind's and kubeadm's own code.
// Docker does not run here.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { sandboxFiles } from "../../local/sandbox-files.ts";
import { readWebhook } from "../../local/webhook.ts";
import { useFolder } from "../cli/fixtures.ts";
import { givePorts } from "../free-port.ts";
import { ROOT } from "../infra/cdk-cli.ts";
import { findBinaries, KUBERNETES_VERSIONS } from "./binaries/binaries.ts";
import { findKindJudge, findKubeadm, KIND_VERSIONS } from "./binaries/judges.ts";
import { execute } from "./cluster/kubectl.ts";
import { eventually, startServer } from "./control-plane/process.ts";
import { type Kubernetes, startKubernetes } from "./kubernetes.ts";

const temporary = useFolder();
const START_MS = 60_000;

/** A sandbox of a folder with a space, with `docker` as this script. */
async function start(name: string, words: readonly string[] = [], docker = "exit 1") {
  const files = sandboxFiles(join(temporary.path, name));
  chmodSync(temporary.write("bin/docker", `#!/bin/sh\n${docker}\n`), 0o755);
  rmSync(files.env, { force: true });
  const env = {
    ...process.env,
    LOCAL_FOLDER: files.folder,
    PATH: `${join(temporary.path, "bin")}:${process.env["PATH"]}`,
  };
  const log = join(temporary.path, `${name}.log`);
  writeFileSync(log, "");
  const server = startServer(
    process.execPath,
    [join(ROOT, "local/start.ts"), ...words],
    log,
    env,
    ROOT,
  );
  await eventually("the sandbox is ready", START_MS, () => {
    server.requireRunning();
    return existsSync(files.env) && server.log().includes("Press Ctrl-C");
  });
  return { ...server, files };
}

/** As in a terminal: kubectl with the users of .local/kubeconfig, and this cluster. */
async function kubectl(
  line: string,
  { endpoint: { url, ca } }: Kubernetes,
  files: ReturnType<typeof sandboxFiles>,
) {
  const authority = temporary.write("cluster-ca.crt", ca);
  const [user = "", ...words] = line.split(" ");
  const args = ["--server", url, "--certificate-authority", authority, "--user", user, ...words];
  const script = '. "$0" && exec "$@"';
  const { stdout, stderr } = await execute(
    "sh",
    ["-c", script, files.env, findBinaries().kubectl, ...args],
    {},
  );
  return stdout + stderr;
}

const TRY_CLUSTER = join(ROOT, "test/e2e/try-cluster/try-cluster.ts");

for (const [what, folder, message] of [
  [
    "without programs and Go",
    "",
    /^Cannot build etcd \S+ from its Go module\. Install Go .*\.\nSet KUBEBUILDER_ASSETS .*\.\n$/,
  ],
  [
    "with a folder without programs",
    "/typo",
    /^\/typo has no kube-apiserver\.\nSet KUBEBUILDER_ASSETS .*\.\n$/,
  ],
] as const) {
  test(`npm run try:cluster -- --build, ${what}, reports what to install, and nothing else`, () => {
    const env = { PATH: "/nowhere", XDG_CACHE_HOME: temporary.path, KUBEBUILDER_ASSETS: folder };
    const { status, stderr } = spawnSync(process.execPath, [TRY_CLUSTER, "--build"], {
      env,
      encoding: "utf8",
    });
    assert.match(stderr, message);
    assert.equal(status, 1);
  });
}

test("npm run try:cluster goes from a denial to a granted login", async () => {
  const env = { ...process.env, LOCAL_FOLDER: join(temporary.path, "try cluster"), E2E_FOLDER: "" };
  const child = spawn(process.execPath, [TRY_CLUSTER], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await Promise.all([child.stdout.toArray(), once(child, "close")]);
  const [, ...steps] = Buffer.concat(output).toString().split(/^\$ /m);
  assert.equal(child.exitCode, 0);
  for (const [index, [command, expected]] of [
    [/^kubectl --user bob auth whoami/, /^Username +dev:bob-example\.com$/m],
    [/^kubectl --user bob get pods/, /No resources found in default/],
    [/^kubectl --user dan get pods/, /Unauthorized/],
    [/^kubectl --user contractor get pods/, /Unauthorized/],
    [/^iam-authenticator mappings set /, /Wrote 1 parameter/],
    [/^sleep 10; kubectl --user contractor get pods/, /No resources found in default/],
  ].entries()) {
    assert.match(steps[index] ?? "", command ?? /^$/);
    assert.match(steps[index] ?? "", expected ?? /^$/);
  }
  assert.equal(steps.length, 6);
});

describe("a kube-apiserver that is running", () => {
  let sandbox: Awaited<ReturnType<typeof start>>;
  let other: Awaited<ReturnType<typeof start>>;
  let kubernetes: Kubernetes;
  before(async () => {
    await givePorts(join(temporary.path, "one sandbox"));
    [sandbox, other] = [await start("one sandbox"), await start("another sandbox")];
    const webhook = {
      configFile: sandbox.files.kubeconfig,
      version: "v1",
      cacheTtl: "1s",
    } as const;
    kubernetes = await startKubernetes({ webhook });
  });
  after(async () => {
    await kubernetes?.stop();
    for (const started of [sandbox, other]) await started?.stop();
  });

  test("grants users of its sandbox only, also after a restart", async () => {
    const isBob = /dev:bob-example\.com/;
    assert.match(await kubectl("bob auth whoami", kubernetes, sandbox.files), isBob);
    assert.match(await kubectl("bob auth whoami", kubernetes, other.files), /Unauthorized/);
    await sandbox.stop();
    // Tokens of one second are equal, and kube-apiserver caches them for a second.
    await sleep(2000);
    assert.match(await kubectl("bob auth whoami", kubernetes, sandbox.files), /Unauthorized/);
    sandbox = await start("one sandbox");
    assert.match(await kubectl("bob auth whoami", kubernetes, sandbox.files), isBob);
    assert.match(await kubectl("dan auth whoami", kubernetes, sandbox.files), /Unauthorized/);
  });
});

/** An address of this machine that is not loopback, in place of the bridge's. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const ENGINE = `case "$1" in info) echo 'Debian GNU/Linux' ;; *) echo '${ADDRESS} 10.0.0.0/24 ' ;; esac`;
const SETTINGS = {
  "authentication-token-webhook-config-file": "/etc/iam-authenticator/webhook.kubeconfig",
  "authentication-token-webhook-version": "v1",
};

describe("npm start -- --kind", () => {
  let sandbox: Awaited<ReturnType<typeof start>>;
  before(async () => {
    sandbox = await start("for kind", ["--kind"], ENGINE);
  });
  after(() => sandbox?.stop());

  for (const version of KIND_VERSIONS) {
    test(`kind ${version} accepts the file, for Kubernetes 1.32 to 1.37`, () => {
      for (const kubernetes of ["1.32.13", "1.33.0", "1.34.0", "1.35.0", "1.36.1", "1.37.0"]) {
        const { mounts, clusterConfiguration } = judged(version, kubernetes);
        assert.deepEqual(mounts, [
          [dirname(sandbox.files.mountedKubeconfig), "/etc/iam-authenticator", true],
        ]);
        const { extraArgs, extraVolumes } = clusterConfiguration.apiServer;
        const args = Array.isArray(extraArgs)
          ? Object.fromEntries(extraArgs.map(({ name, value }) => [name, value]))
          : extraArgs;
        assert.deepEqual(args, { "runtime-config": "", ...SETTINGS });
        const [hostPath, mountPath] = ["/etc/iam-authenticator", "/etc/iam-authenticator"];
        assert.deepEqual(extraVolumes, [
          { name: "iam-authenticator", hostPath, mountPath, readOnly: true },
        ]);
      }
      const {
        users,
        contexts,
        "current-context": context,
      } = parse(readFileSync(sandbox.files.userKubeconfig, "utf8"));
      assert.deepEqual([context, contexts.length], ["kind-kind", 1]);
      assert.ok(users.some(({ name }: { name: string }) => name === "bob"));
    });
  }

  /** What kind would do with the file, for a node of this Kubernetes version. */
  function judged(kind: (typeof KIND_VERSIONS)[number], kubernetes: string) {
    const { kind: file, userKubeconfig } = sandbox.files;
    const env = { ...process.env, KUBECONFIG: userKubeconfig };
    const output = execFileSync(findKindJudge(kind), [file, `v${kubernetes}`], {
      encoding: "utf8",
      env,
    });
    const { mounts, kubeadm } = JSON.parse(output);
    const documents: string[] = kubeadm.split(/^---$/m);
    return {
      kubeadm,
      clusterConfiguration: documents
        .map((text) => parse(text))
        .find(({ kind }) => kind === "ClusterConfiguration"),
      mounts: mounts.map((mount: Record<string, unknown>) => [
        mount["HostPath"],
        mount["ContainerPath"],
        mount["Readonly"],
      ]),
    };
  }

  for (const version of KUBERNETES_VERSIONS) {
    test(`kubeadm ${version} writes kube-apiserver's manifest with the flags and the mount`, () => {
      const folder = join(temporary.path, `kubeadm-${version}`);
      mkdirSync(folder);
      const config = temporary.write(`kubeadm-${version}.yaml`, judged("0.33.0", version).kubeadm);
      const words = [
        "init",
        "phase",
        "control-plane",
        "apiserver",
        "--dry-run",
        "--config",
        config,
      ];
      const env = { ...process.env, KUBEADM_INIT_DRYRUN_DIR: folder };
      const { status, stderr } = spawnSync(findKubeadm(version), words, { encoding: "utf8", env });
      assert.equal(status, 0, stderr);
      const { spec } = parse(readFileSync(join(folder, "kube-apiserver.yaml"), "utf8"));
      const flags: string[] = spec.containers[0].command;
      for (const [name, value] of Object.entries(SETTINGS))
        assert.ok(flags.includes(`--${name}=${value}`), name);
      const mount = {
        name: "iam-authenticator",
        mountPath: "/etc/iam-authenticator",
        readOnly: true,
      };
      assert.partialDeepStrictEqual(spec.containers[0].volumeMounts, [mount]);
    });
  }

  test("kube-apiserver logs in through the mounted file, by an address that is not loopback", async (t) => {
    if (ADDRESS === undefined) return t.skip("this machine has only loopback addresses");
    const { server } = readWebhook({
      ...sandbox.files,
      kubeconfig: sandbox.files.mountedKubeconfig,
    });
    assert.equal(new URL(server).hostname, ADDRESS);
    const webhook = {
      configFile: sandbox.files.mountedKubeconfig,
      version: "v1",
      cacheTtl: "1s",
    } as const;
    const kubernetes = await startKubernetes({ webhook });
    t.after(() => kubernetes.stop());
    assert.match(
      await kubectl("bob auth whoami", kubernetes, sandbox.files),
      /dev:bob-example\.com/,
    );
  });

  test("without Docker, the files are written and the reason is printed", async () => {
    for (const [name, docker, printed] of [
      ["no docker", "exit 1", /^Docker does not answer, so 172\.17\.0\.1 is assumed\.$/m],
      [
        "no bridge",
        ENGINE.replace(String(ADDRESS), "203.0.113.1"),
        /^The sandbox cannot listen there .*EADDRNOTAVAIL/m,
      ],
    ] as const) {
      const started = await start(name, ["--kind"], docker);
      assert.match(started.log(), printed);
      assert.ok(existsSync(started.files.kind) && existsSync(started.files.mountedKubeconfig));
      await started.stop();
    }
  });
});
