// A fake of AWS for tests of the acceptance command: all responses are correct, except for one injected fault.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintToken } from "../../../local/token.ts";
import type { Post, Reply } from "../../post.ts";
import { AwsError } from "../aws.ts";
import type { RealWorld } from "../real-world.ts";
import { Interrupted, type Program, type Ran, type RunOptions } from "../world.ts";
import { awsCalls } from "./aws-cli.ts";
import { virtualClock } from "./clock.ts";
import { type Cloud, emptyCloud, REGION, stackNamed } from "./cloud.ts";
import { runCommand } from "./command.ts";
import { deleteStack, deployStack } from "./deployments.ts";
import { serve } from "./endpoint.ts";
import { SSO_PROFILE, ssoIdentity } from "./identities.ts";

/**
 * Changes one kind of response. `call` is `aws <service> <operation> {input}`, `cdk ...`, `iam-authenticator ...`, or a request's
 * method and URL with the caller and the URL in the token. `answer` is the output, or status and text.
 */
export type Wrong = (call: string, answer: string) => string | Fails | undefined;

/** The program fails with this on standard error. */
export interface Fails {
  readonly stderr: string;
}

export interface FakeWorld extends RealWorld {
  readonly cloud: Cloud;
  /** Interrupts like Ctrl-C at this virtual time after the start; `resume` ends it. */
  interruptAfter(ms: number): void;
}

const START = Date.UTC(2026, 10, 26, 12);

export function fakeWorld(wrong: Wrong = () => undefined): FakeWorld {
  const clock = virtualClock(START);
  const cloud = emptyCloud();
  const folder = mkdtempSync(join(tmpdir(), "fake-acceptance-"));
  const calls = awsCalls(cloud, clock);
  let interruption = Number.POSITIVE_INFINITY;
  const check = () => {
    if (clock.now() >= interruption) throw new Interrupted();
  };

  async function run(program: Program, args: readonly string[], { credentials }: RunOptions = {}): Promise<Ran> {
    check();
    const identity = credentials === undefined ? undefined : cloud.keys.get(credentials.accessKeyId);
    const ran = await right(program, args, identity);
    check();
    const answer = wrong(`${program} ${args.join(" ")}`, ran.stdout);
    if (answer === undefined) return ran;
    if (typeof answer === "string") return { exitCode: 0, stdout: answer, stderr: "" };
    return { exitCode: 1, stdout: "", stderr: answer.stderr };
  }

  async function right(
    program: Program,
    args: readonly string[],
    identity: Parameters<typeof runCommand>[4],
  ): Promise<Ran> {
    switch (program) {
      case "cdk":
        return finished(await cdk(args));
      case "aws":
        return aws(args, identity);
      case "iam-authenticator":
        return runCommand(cloud, clock, REGION, args, identity);
    }
  }

  /** Cluster ids by cdk output folder. */
  const assemblies = new Map<string, string>();

  async function cdk(args: readonly string[]): Promise<string> {
    const [verb, name = ""] = args;
    if (verb === "--version") return "";
    if (verb === "synth") {
      const [cluster] = JSON.parse(readFileSync(join(folder, "cdk.json"), "utf8")).context.clusters;
      assemblies.set(args[args.indexOf("--output") + 1] ?? "", cluster.clusterId);
      return "";
    }
    if (verb === "destroy") {
      // CDK only warns about a stack that the app does not have.
      const clusterId = assemblies.get(args[args.indexOf("--app") + 1] ?? "");
      const stack = name.endsWith(`-${clusterId}`) ? stackNamed(cloud, name) : undefined;
      return stack === undefined ? "" : deleteStack(cloud, clock, stack);
    }
    const [settings] = JSON.parse(readFileSync(join(folder, "cdk.json"), "utf8")).context.clusters;
    const kind = name.includes("Issuer") ? "issuer" : (settings.endpoint?.kind ?? "http");
    return deployStack(cloud, clock, { name, clusterId: settings.clusterId, kind, settings });
  }

  async function aws(args: readonly string[], identity: Parameters<typeof runCommand>[4]): Promise<Ran> {
    const [service = "", operation = ""] = args;
    if (service === "--version") return finished("", "aws-cli/2.31.0 Python/3.13");
    const profile = args[args.indexOf("--profile") + 1] === SSO_PROFILE ? ssoIdentity(cloud) : undefined;
    if (service === "eks") {
      const signer = identity ?? profile;
      if (signer === undefined) return { exitCode: 255, stdout: "", stderr: "Unable to locate credentials" };
      const clusterId = args[args.indexOf("--cluster-name") + 1] ?? "";
      const token = await mintToken({ identity: signer, clusterId, region: REGION, now: clock.now() });
      return finished("", JSON.stringify({ status: { token } }));
    }
    if (profile !== undefined && operation === "get-caller-identity")
      return finished("", JSON.stringify({ Arn: profile.arn }));
    if (operation === "deploy") return finished(await deployRelease(args));
    if (service === "configure") return { exitCode: 1, stdout: "", stderr: "" };
    if (args.includes("--generate-cli-skeleton")) return finished("", "{}");
    const call = calls[`${service} ${operation}`];
    if (call === undefined) throw new Error(`the fake does not support the call aws ${service} ${operation}`);
    try {
      const input = JSON.parse(args[args.indexOf("--cli-input-json") + 1] ?? "{}");
      return finished("", JSON.stringify(await call(input, identity ?? profile)));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const stderr = `An error occurred (${error.code}) when calling ${operation}: ${error.message}`;
      return { exitCode: 254, stdout: "", stderr };
    }
  }

  function deployRelease(args: readonly string[]): Promise<string> {
    const name = args[args.indexOf("--stack-name") + 1] ?? "";
    const given = args.slice(args.indexOf("--parameter-overrides") + 1).map((word) => word.split("="));
    const settings = Object.fromEntries(given);
    return deployStack(cloud, clock, { name, clusterId: settings["ClusterId"], kind: "release", settings });
  }

  return {
    region: REGION,
    folder,
    cloud,
    run,
    async request(url: string, options: Post): Promise<Reply> {
      check();
      const { authorization = "" } = (options.headers ?? {}) as Record<string, string>;
      const call = `${options.method ?? "POST"} ${url} ${authorization} ${insideToken(String(options.body ?? ""))}`;
      const { status: right, headers = {}, text: body } = await serve(cloud, clock, url, options);
      const answer = `${right} ${body}`;
      const changed = wrong(call, answer);
      const [, status, text = ""] = /^(\d+) (.*)$/s.exec(typeof changed === "string" ? changed : answer) ?? [];
      return { status: Number(status), headers, text };
    },
    now: clock.now,
    async sleep(ms) {
      check();
      await clock.sleep(Math.min(ms, Math.max(0, interruption - clock.now())));
      check();
    },
    print: () => undefined,
    settings: {},
    unserved: {},
    async buildRelease(outdir) {
      mkdirSync(outdir, { recursive: true });
      for (const file of ["http.template.yaml", "authenticator-1.zip"]) writeFileSync(join(outdir, file), file);
    },
    releaseParameters: {},
    interrupt() {
      interruption = clock.now();
    },
    interruptAfter(ms) {
      interruption = START + ms;
    },
    resume() {
      interruption = Number.POSITIVE_INFINITY;
    },
  };
}

function finished(stderr: string, stdout = ""): Ran {
  return { exitCode: stderr === "" ? 0 : 1, stdout, stderr };
}

function insideToken(body: string): string {
  const [, token] = /"k8s-aws-v1\.([\w-]+)"/.exec(body) ?? [];
  return token === undefined ? "" : Buffer.from(token, "base64url").toString();
}
