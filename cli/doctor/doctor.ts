// `doctor`: a deployed endpoint, looked at from where kube-apiserver would call it.

import type { Command } from "commander";
import { failureKind } from "../../functions/authenticator/lib/attempt.ts";
import { newCommand } from "../command.ts";
import { finding, usage } from "../failure.ts";
import { parseWebhook } from "../kubeconfig/read-webhook.ts";
import { reviewUrl, type Webhook } from "../kubeconfig/webhook.ts";
import { readText } from "../lib/text-file.ts";
import { untilInterrupted } from "../lib/until-interrupted.ts";
import { addAws, addCluster, addOutput, type OutputOptions, readPositive } from "../options.ts";
import { printData } from "../output/print.ts";
import { findCredentials } from "../token/credentials.ts";
import { signToken } from "../token/presign.ts";
import type { World } from "../world.ts";
import { type Check, checkCaller, checkLatency, checkReachable, checkReview } from "./checks.ts";
import { type Endpoint, openEndpoint } from "./http.ts";

interface DoctorOptions extends OutputOptions {
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly kubeconfig?: string;
  readonly tokenFile?: string;
  readonly times: number;
}

export function doctorCommand(world: World): Command {
  const command = newCommand(world, {
    name: "doctor",
    summary: "check a deployed endpoint, and say what to do",
    details:
      "Run it where kube-apiserver runs, with the kubeconfig that it has. Your own AWS credentials make the token that " +
      "is reviewed. Exit code 1: something failed.",
    examples: [
      "iam-authenticator doctor -c prod --kubeconfig webhook.kubeconfig",
      "iam-authenticator doctor -c prod --endpoint https://auth.example.com --token-file caller-token",
    ],
  });
  return addOutput(addAws(addCluster(command)))
    .option("--kubeconfig <file>", "the webhook's, as kube-apiserver has it")
    .option("--endpoint <url>", "instead of a kubeconfig")
    .option("--token-file <file>", "with --endpoint: the caller's token (- for stdin)")
    .option("--times <n>", "reviews to measure", readPositive, 20)
    .action((options: DoctorOptions) => untilInterrupted(doctor(options, world), world));
}

async function doctor(options: DoctorOptions, world: World): Promise<void> {
  const webhook = await readWebhook(options, world);
  const endpoint = openEndpoint(webhook);
  try {
    const checks = await runChecks(endpoint, options, world);
    if (options.output === "table") for (const check of checks) world.print(lines(check));
    else printData(checks, options.output, world);
    if (checks.some(({ state }) => state === "failed")) throw finding("");
  } finally {
    endpoint.close();
  }
}

/** Later checks make no sense where an earlier one failed. */
async function runChecks(endpoint: Endpoint, options: DoctorOptions, world: World): Promise<Check[]> {
  const checks = await checkReachable(endpoint, world.clock);
  const isWell = () => checks.every(({ check, state }) => state !== "failed" || check === "clock");
  try {
    if (isWell()) checks.push(...(await checkCaller(endpoint)));
    if (!isWell()) return checks;
    const { region, partition, credentials } = await findCredentials(options);
    const request = { credentials, clusterId: options.cluster, region, domain: partition.domain, now: world.clock() };
    const { token } = await signToken(request);
    checks.push(...(await checkReview(endpoint, token)));
    if (isWell()) checks.push(...(await checkLatency(endpoint, token, options.times)));
  } catch (error) {
    if (!isConnectionFailure(error)) throw error;
    checks.push({ check: "reachable", state: "failed", seen: `no answer any more (${failureKind(error)})` });
  }
  return checks;
}

function isConnectionFailure(error: unknown): boolean {
  return (
    error instanceof Error &&
    ("syscall" in error || error.name === "TimeoutError" || failureKind(error) === "ECONNRESET")
  );
}

async function readWebhook({ kubeconfig, endpoint, tokenFile }: DoctorOptions, world: World): Promise<Webhook> {
  if ((kubeconfig === undefined) === (endpoint === undefined)) throw usage("Give --kubeconfig, or --endpoint.");
  if (kubeconfig !== undefined) return parseWebhook(await readText(kubeconfig, world), kubeconfig);
  const server = reviewUrl(endpoint ?? "");
  return tokenFile === undefined ? { server } : { server, token: (await readText(tokenFile, world)).trim() };
}

function lines({ check, state, seen, advice }: Check): string {
  const first = `${state.padEnd(9)}${check.padEnd(16)}${seen}\n`;
  return advice === undefined ? first : `${first}${" ".repeat(25)}to do: ${advice}\n`;
}
