// `cdk` in the shell of `npm run try:aws`: adapts templates to the emulator before it deploys them.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackName } from "../../../../infra/context/stacks.ts";
import { CLUSTER_ID } from "../../../../local/sandbox-files.ts";
import { cdkCommand, ROOT } from "../../../infra/cdk-cli.ts";
import { fitForEmulator } from "../fit-for-emulator.ts";

const { HOME: home = "", TRY_AWS_STS: sts = "", TRY_AWS_GATEWAY: gateway = "" } = process.env;
const out = join(home, "cdk.out");
const outputs = join(home, "outputs.json");
const [command = "", ...rest] = process.argv.slice(2);

if (!["deploy", "destroy", "diff"].includes(command)) run([command, ...rest]);
else {
  // Options such as -c apply to the app, and the others to the command.
  const at = rest.flatMap((word, i) => (["-c", "--context"].includes(word) ? [i, i + 1] : []));
  run(["synth", "--quiet", "--output", out, ...rest.filter((_, i) => at.includes(i))]);
  // The local STS verifies tokens of local identities, which AWS does not know.
  fitForEmulator(out, sts);
  const others = rest.filter((_, i) => !at.includes(i));
  const stacks = others.some((word) => !word.startsWith("-"))
    ? []
    : [stackName({ clusterId: CLUSTER_ID })];
  const more =
    command === "deploy" ? ["--require-approval", "never", "--outputs-file", outputs] : [];
  run([command, ...stacks, ...others, "--app", out, ...more]);
  if (command === "deploy") writeEndpoint();
}

function run(words: readonly string[]): void {
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: "true" };
  const { status } = spawnSync(process.execPath, cdkCommand(words), {
    cwd: ROOT,
    env,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * The emulator's names below localhost resolve on few machines, and the command sends tokens over
 * http only to this one.
 */
function writeEndpoint(): void {
  if (!existsSync(outputs)) return;
  const [url = ""] = /http:\/\/[^"]*\/authenticate/.exec(readFileSync(outputs, "utf8")) ?? [];
  const local = url.replace(/^http:\/\/(\w+)\.execute-api\.localhost:\d+/, `${gateway}/$1`);
  writeFileSync(join(home, "endpoint"), local);
  console.log(`\nOn this machine, the endpoint is ${local}`);
}
