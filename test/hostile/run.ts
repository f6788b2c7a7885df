// Runs the command once with a hostile server of one behaviour, and finds the rules that the run
// broke.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { setDefaultCACertificates } from "node:tls";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { cli } from "../cli/cli.ts";
import { type HostileCommand, type Place, wordsOf } from "./commands.ts";
import { honestAnswers } from "./honest.ts";
import { SECRETS, secretsIn, writeFiles } from "./inputs.ts";
import {
  type Behaviour,
  type HostileServer,
  hostileCertificates,
  startHostileServer,
} from "./server.ts";

export interface Pair {
  readonly command: HostileCommand;
  readonly behaviour: Behaviour;
}

/** Some clients of the SDK support only plain HTTP. */
export function isPossible({ command, behaviour }: Pair): boolean {
  return command.tls !== false || behaviour.certificate === undefined;
}

type Bench = Awaited<ReturnType<typeof openBench>>;

type Run = Awaited<ReturnType<typeof runProcess>>;

/** An AWS call with all its retries has 60 s. */
const LIMIT_MS = 65_000;
/** Until the first connection. Many processes start at once, which takes long on a busy machine. */
const START_MS = 300_000;
/** A call in this process has one attempt. */
const HERE_MS = 20_000;
/** Documented in docs/reference.md. */
const EXIT_CODES = [0, 1, 2, 3];
/** Allowed only for commands that end on Ctrl-C. */
const INTERRUPTED = 130;
/** Between the first connection, or with an honest server the first output, and Ctrl-C. */
const INTERRUPT_MS = 100;

/** Shared by all runs of a table. `file`: the built command, for runs as a process. */
export async function openBench(file: string) {
  const { trusted, certificates } = hostileCertificates();
  const files = writeFiles(trusted.join("\n"));
  // For `runHere`. Processes get NODE_EXTRA_CA_CERTS.
  setDefaultCACertificates(trusted);
  return {
    files,
    file,
    async serve({
      command: { target, tls },
      behaviour,
    }: Pair): Promise<{ server: HostileServer; place: Place }> {
      const { certificate, otherProtocol } = behaviour;
      const isTls = tls === true || certificate !== undefined;
      const speaksTls = isTls !== (otherProtocol === true);
      const issuer = { url: "" };
      await files.signTokens();
      const options = speaksTls ? certificates[certificate ?? "usual"] : undefined;
      const server = await startHostileServer(behaviour, target, options, honestAnswers(issuer));
      const [scheme, host] = [isTls ? "https" : "http", `127.0.0.1:${server.port}`];
      issuer.url = `https://${host}/issuer`;
      const place = {
        files,
        url: `${scheme}://${host}`,
        aws: `${scheme}://operator:${SECRETS.password}@${host}`,
      };
      return { server, place };
    },
  };
}

/**
 * Runs a process. `slack`: milliseconds added to the limit for a busy machine. `code` is
 * `undefined` if the process was killed; `asked` is the number of requests that have reached the
 * target.
 */
export async function runProcess(bench: Bench, pair: Pair, slack: number) {
  const { command } = pair;
  const { server, place } = await bench.serve(pair);
  const child = spawn(process.execPath, [bench.file, ...wordsOf(command, place)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environmentOf(place), ...command.environment?.(place) },
  });
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  const kill = () => child.kill("SIGKILL");
  let timer = setTimeout(kill, START_MS);
  server.connected.then(() => {
    clearTimeout(timer);
    timer = setTimeout(kill, (command.limit ?? LIMIT_MS) + slack);
  });
  if (command.endless)
    interruptSoon(pair, server, once(child.stdout, "readable"), () => child.kill("SIGINT"));
  const [code]: (number | null)[] = await once(child, "close");
  clearTimeout(timer);
  server.close();
  const [out, err] = await printed;
  return { code: code ?? undefined, out, err, asked: server.asked() };
}

function interruptSoon(
  { behaviour }: Pair,
  { connected }: HostileServer,
  printed: Promise<unknown>,
  interrupt: () => void,
): void {
  const begun: Promise<unknown> = behaviour.name === "honest" ? printed : connected;
  begun.then(() => setTimeout(interrupt, INTERRUPT_MS));
}

/**
 * Runs in this process, whose environment the SDK reads, with one attempt per call: for many runs
 * in sequence. An unhandled rejection fails the current test.
 */
export async function runHere(bench: Bench, pair: Pair): Promise<Run> {
  const { command } = pair;
  const { server, place } = await bench.serve(pair);
  const environment = {
    ...environmentOf(place),
    ...command.environment?.(place),
    AWS_MAX_ATTEMPTS: "1",
  };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const interrupt = new AbortController();
  const printed = Promise.withResolvers<void>();
  if (command.endless) interruptSoon(pair, server, printed.promise, () => interrupt.abort());
  const result = await Promise.race([
    cli(wordsOf(command, place), {
      environment,
      interrupted: interrupt.signal,
      onPrint: () => printed.resolve(),
    }),
    sleep(HERE_MS, { code: undefined, out: "", err: "" }, { ref: false }),
  ]);
  interrupt.abort();
  server.close();
  process.env = before;
  return { ...result, asked: server.asked() };
}

function environmentOf({ files, url, aws }: Place): Record<string, string> {
  return {
    HOME: files.folder,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "ASIAHOSTILEOPERATORA",
    AWS_SECRET_ACCESS_KEY: SECRETS.secretKey,
    AWS_SESSION_TOKEN: SECRETS.sessionToken,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL: aws,
    // The function's STS client does not support a password.
    AWS_ENDPOINT_URL_STS: url,
    NODE_EXTRA_CA_CERTS: files.ca,
  };
}

/**
 * The rules that this run broke; empty if it held. With an honest server, the command must succeed.
 */
export function problemsOf(pair: Pair, { code, out, err, asked }: Run): string[] {
  const { command, behaviour } = pair;
  const { output, name, endless } = command;
  const codes = endless ? [...EXIT_CODES, INTERRUPTED] : EXIT_CODES;
  // The printed token is signed with them.
  const secrets = secretsIn(`${name.startsWith("token") ? "" : out}\n${err}`);
  return [
    ...(code === undefined ? ["does not end"] : []),
    ...(code !== undefined && !codes.includes(code) ? [`exit code ${code}`] : []),
    ...(/this is a bug/.test(err) ? ["bug"] : []),
    ...(/^\s+at .*[:(]\d|node:internal|Unhandled|\(node:\d+\) /m.test(`${out}${err}`)
      ? ["stack trace"]
      : []),
    ...secrets.map((secret) => `prints ${secret}`),
    ...(isWellFormed(output, out, code) ? [] : ["stdout"]),
    ...(asked === 0 && mustAsk(pair) ? ["asks nothing"] : []),
    ...(behaviour.name === "honest" && !hasWorked(command, { code, out, err, asked })
      ? [`does not work, after ${asked} requests`]
      : []),
    ...(hasFailed(code) && `${out}${err}` === "" ? ["says nothing"] : []),
  ];
}

function hasWorked({ endless, limit }: HostileCommand, { code, out, asked }: Run): boolean {
  // On a busy machine, completion may have no name in time.
  const hasResult = out !== "" || limit !== undefined;
  return code === (endless ? INTERRUPTED : 0) && hasResult && asked > 0;
}

function hasFailed(code: number | undefined): boolean {
  return code !== undefined && code > 0 && code !== INTERRUPTED;
}

/**
 * Runs that are slow, endless or limited, of which some are parallel, may have no time left for it
 * on a busy machine.
 */
function mustAsk({ command: { slow, endless, limit }, behaviour }: Pair): boolean {
  return (
    behaviour.answer !== undefined &&
    [slow, endless, limit, behaviour.slow].every((reason) => reason === undefined)
  );
}

function isWellFormed(
  output: HostileCommand["output"],
  out: string,
  code: number | undefined,
): boolean {
  if (/\[object Object\]|\bNaN\b|Invalid Date|\bundefined\b/.test(out)) return false;
  if (out === "" || code === undefined) return true;
  switch (output) {
    case "json":
      return parseJson(out) !== undefined;
    case "json lines":
      return !out.trimEnd().split("\n").map(parseJson).includes(undefined);
    case "credential": {
      const credential = parseJson(out);
      const status = isObject(credential) ? credential["status"] : undefined;
      const { token, expirationTimestamp } = isObject(status) ? status : {};
      const url = Buffer.from(String(token).replace(/^k8s-aws-v1\./, ""), "base64url").toString();
      const isDated = !Number.isNaN(Date.parse(String(expirationTimestamp)));
      return URL.canParse(url) && !/object|undefined/.test(url) && isDated;
    }
    case "lines":
      return /^([\w./-]+\n)*$/.test(out);
    case "text":
      return out.endsWith("\n");
  }
}
