// `npm run try:cluster`: etcd and kube-apiserver with the sandbox's webhook, and a shell with
// kubectl. Without a terminal, it runs the commands that it would suggest, and ends.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { kubeconfig } from "../../../cli/kube/kubeconfig.ts";
import { SANDBOX_FOLDER, sandboxFiles } from "../../../local/sandbox-files.ts";
import { quoted } from "../../../local/terminal.ts";
import { isRunning } from "../../../local/webhook.ts";
import { ROOT } from "../../infra/cdk-cli.ts";
import { findControlPlane } from "../binaries/binaries.ts";
import { admin, aggregate } from "../cluster/kubectl.ts";
import { eventually, type ServerProcess, startServer } from "../control-plane/process.ts";
import { createFolder, removeFolder, startKubernetes } from "../kubernetes.ts";

const CONTRACTOR = "arn:aws:iam::111122223333:role/Contractor";
const STEPS: readonly (readonly [command: string, effect: string])[] = [
  ["kubectl --user bob auth whoami", ""],
  ["kubectl --user bob get pods", "allowed: his group may edit"],
  ["kubectl --user dan get pods", "Unauthorized: dan is on a deny list"],
  ["kubectl --user contractor get pods", "Unauthorized, unless you have typed the README's lines"],
  [
    `iam-authenticator mappings set ${CONTRACTOR} --username 'contractor:{SessionName}' --group access:view --yes`,
    "as in the README",
  ],
  ["sleep 10; kubectl --user contractor get pods", "may view"],
];

/**
 * Roles of the groups of the sandbox's mappings. `iam-authenticator rbac` has those of access
 * levels.
 */
const ROLES = { developers: "edit", "on-call": "admin", deployers: "edit" };

const RUNNING_MS = 60_000;

/** Builds what is missing with Go instead of downloading it. */
const BUILD = "--build";

const unknown = process.argv.slice(2).find((word) => word !== BUILD);
if (unknown !== undefined) {
  console.error(`Unknown argument ${unknown}. Usage: npm run try:cluster [-- ${BUILD}]`);
  process.exit(2);
}

const programs = findPrograms();
const files = sandboxFiles(SANDBOX_FOLDER);
const folder = createFolder();
const started: { stop(): Promise<unknown> }[] = [];
try {
  if (!(await isRunning(files))) started.push(await startSandbox());
  process.exitCode = await tryCluster();
} finally {
  for (const each of started.toReversed()) await each.stop();
  removeFolder(folder);
}

function findPrograms(): ReturnType<typeof findControlPlane> {
  try {
    return findControlPlane({ download: !process.argv.includes(BUILD) });
  } catch (error) {
    const advice =
      "a folder with etcd, kube-apiserver and kubectl: setup-envtest use -p path prints one";
    console.error(
      `${error instanceof Error ? error.message : error}\nSet KUBEBUILDER_ASSETS to ${advice}.`,
    );
    process.exit(1);
  }
}

/** As `npm start` does. Its log is in the temporary folder. */
async function startSandbox(): Promise<ServerProcess> {
  const logFile = join(folder, "sandbox.log");
  const server = startServer(
    process.execPath,
    [join(ROOT, "local/start.ts")],
    logFile,
    process.env,
    ROOT,
  );
  await eventually("the sandbox is running", RUNNING_MS, async () => {
    server.requireRunning();
    return existsSync(files.env) && (await isRunning(files));
  });
  return server;
}

async function tryCluster(): Promise<number> {
  const webhook = { configFile: files.kubeconfig, version: "v1", cacheTtl: "10s" } as const;
  const kubernetes = await startKubernetes({ programs, webhook });
  started.push(kubernetes);
  const { url, ca } = kubernetes.endpoint;
  const cluster = {
    folder,
    kubeconfig: kubernetes.kubeconfig,
    binaries: { kubectl: programs.kubectl },
  };
  await Promise.all([aggregate(cluster), admin(cluster, ["apply", "-f", "-"], bindings())]);
  symlinkSync(programs.kubectl, join(folder, "kubectl"));
  const names = { cluster: "try", user: "bob", context: "try" };
  const { users, ...config } = kubeconfig(names, { server: url, ca }, {});
  writeFileSync(join(folder, "kubeconfig"), stringify(config));
  const environment = `. ${quoted(files.env)}
    export KUBECONFIG=${quoted(join(folder, "kubeconfig"))}:"$KUBECONFIG" PATH=${quoted(folder)}:"$PATH"`;
  await run(
    `${environment}; iam-authenticator rbac | kubectl --kubeconfig ${quoted(kubernetes.kubeconfig)} apply -f -`,
  );
  const guide = STEPS.map(
    ([command, effect]) => `  ${command}${effect && `\n      ${effect}`}`,
  ).join("\n");
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (!isTerminal) {
    for (const [command] of STEPS) {
      console.log(`$ ${command}`);
      await run(`${environment}; ${command} 2>&1`, "inherit");
    }
    return 0;
  }
  console.log(
    `\nkube-apiserver with this project's webhook is running at ${url} for this shell, and ends with it.\n\n${guide}\n`,
  );
  // Ctrl-C is for the program in the shell.
  process.removeAllListeners("SIGINT").on("SIGINT", () => {});
  return run(`${environment}; exec "\${SHELL:-sh}"`, "inherit");
}

function bindings(): string {
  const apiGroup = "rbac.authorization.k8s.io";
  const objects = Object.entries(ROLES).map(([name, role]) => ({
    apiVersion: `${apiGroup}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    subjects: [{ kind: "Group", name, apiGroup }],
    roleRef: { kind: "ClusterRole", name: role, apiGroup },
  }));
  return objects.map((object) => stringify(object)).join("---\n");
}

async function run(script: string, stdout: "inherit" | "ignore" = "ignore"): Promise<number> {
  const child = spawn("sh", ["-c", script], { cwd: ROOT, stdio: ["inherit", stdout, "inherit"] });
  const [code]: (number | null)[] = await once(child, "exit");
  return code ?? 1;
}
