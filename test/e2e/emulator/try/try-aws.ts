// `npm run try:aws`: opens a shell with an AWS emulator, to try deployment, migration and removal
// by hand. Requires Python 3.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { startSts } from "../../../../local/aws/sts/sts.ts";
import { localIdentities } from "../../../../local/identities.ts";
import { CLUSTER_ID, keepSecret, REGION, sandboxFiles } from "../../../../local/sandbox-files.ts";
import { useFolder } from "../../../cli/fixtures.ts";
import { MACHINE, ROOT } from "../../../infra/cdk-cli.ts";
import { PLACE, startEmulator } from "../ministack.ts";

const GUIDE = `
This shell uses ${PLACE} instead of AWS, and the cluster id ${CLUSTER_ID}. It forgets everything when you leave.

  cdk deploy                                                deploy the stack; takes a minute
  iam-authenticator callers add here --new --endpoint $(cat "$HOME/endpoint") -y --out "$HOME/webhook.kubeconfig"
  iam-authenticator mappings set arn:aws:iam::111122223333:role/Developers --username 'dev:{SessionName}' --group dev
  review bob                                                review a token, as kube-apiserver does
  iam-authenticator mappings import -f <your file>          migrate: convert an aws-auth ConfigMap, then apply
  iam-authenticator mappings list
  cdk destroy                                               remove the stack
  exit                                                      stop the emulator

The emulator has no CodeDeploy, computed metrics, IAM permissions or throttling. The settings of the cluster are in ~/.cdk.json.
`;

/** Without it, `review` would advise to run npm start. */
const NEEDS_WEBHOOK = `[ -f "$HOME/webhook.kubeconfig" ] || {
  echo 'Nothing is deployed yet. First run "cdk deploy", then the line "iam-authenticator callers add ..." above.' >&2
  exit 1
}
`;

const { path: home, write } = useFolder();
const sts = await startSts({ identities: localIdentities(keepSecret(sandboxFiles(home))) });
const emulator = await startEmulator(REGION);
try {
  process.exitCode = await openShell();
} finally {
  await Promise.all([emulator.stop(), sts.close()]);
}

async function openShell(): Promise<number> {
  for (const [name, script, check = ""] of [
    ["cdk", join(import.meta.dirname, "cdk.ts")],
    ["review", join(ROOT, "local", "review.ts"), NEEDS_WEBHOOK],
    ["iam-authenticator", join(ROOT, "cli", "iam-authenticator.ts")],
  ] as const) {
    write(`bin/${name}`, `#!/bin/sh\n${check}exec "${process.execPath}" "${script}" "$@"\n`, 0o755);
  }
  const environment = {
    ...process.env,
    ...emulator.environment,
    HOME: home,
    PATH: [join(home, "bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter),
    CLUSTER_ID,
    LOCAL_FOLDER: home,
    TRY_AWS_STS: sts.url,
    TRY_AWS_GATEWAY: emulator
      .localUrls(`http://api.execute-api.localhost:${emulator.port}`)
      .replace(/\/api$/, ""),
  };
  const [code] = await once(
    spawn("cdk", ["bootstrap"], { cwd: ROOT, env: environment, stdio: "inherit" }),
    "exit",
  );
  if (code !== 0) throw new Error(`cdk bootstrap failed: ${emulator.log()}`);
  // Bootstrap works before a cluster is chosen.
  // The emulator's own account, which is the default of accounts, is not the account of the local
  // identities.
  const cluster = {
    clusterId: CLUSTER_ID,
    accounts: ["111122223333"],
    architecture: MACHINE,
    safeDeployments: false,
  };
  write(".cdk.json", JSON.stringify({ context: { clusters: [cluster] } }, null, 2));
  console.log(GUIDE);
  // Ctrl-C is for the program in the shell.
  process.on("SIGINT", () => {});
  const shell = spawn(process.env["SHELL"] || "sh", [], {
    cwd: ROOT,
    env: environment,
    stdio: "inherit",
  });
  const [ended]: (number | null)[] = await once(shell, "exit");
  return ended ?? 1;
}
