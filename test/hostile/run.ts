// One run of the command as a process, against a server with one behaviour, and what is wrong with how it ended.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { cli } from "../cli/cli.ts";
import type { HostileCommand, Place } from "./commands.ts";
import { type Files, SECRETS, secretsIn, writeFiles } from "./inputs.ts";
import { type Behaviour, type HostileServer, startHostileServer } from "./server.ts";

/** What every run of a table shares. */
export interface Bench {
  readonly files: Files;
  /** What is run as a process. */
  readonly file: string;
  serve(behaviour: Behaviour, command: HostileCommand): Promise<{ server: HostileServer; place: Place }>;
}

export interface Run {
  /** `undefined`: it was ended from outside. */
  readonly code: number | undefined;
  readonly ms: number;
  readonly out: string;
  readonly err: string;
}

const DAY = 86_400_000;
/** A call of AWS has 60 s with all its tries. */
export const LIMIT_MS = 65_000;
/** Of the contract (docs/reference.md); 130 is for Ctrl-C alone, and nobody presses it here. */
const EXIT_CODES = [0, 1, 2, 3];

export async function openBench(file: string): Promise<Bench> {
  const authority = createCertificateAuthority();
  const past = { now: () => Date.now() - 60 * DAY };
  const certificates = {
    usual: authority.server(),
    expired: createCertificateAuthority(past).server(),
    "other-name": authority.client({ CN: "other.example.com" }),
    "unknown-authority": createCertificateAuthority({ subject: { CN: "Unknown" } }).server(),
  };
  const files = await writeFiles(authority.ca);
  return {
    files,
    file,
    async serve({ certificate, otherProtocol, ...behaviour }, { target, tls }) {
      const isTls = tls === true || certificate !== undefined;
      const speaksTls = isTls !== (otherProtocol === true);
      const issuer = { url: "" };
      const options = speaksTls ? certificates[certificate ?? "usual"] : undefined;
      const server = await startHostileServer(behaviour, target, options, issuer);
      const [scheme, host] = [isTls ? "https" : "http", `127.0.0.1:${server.port}`];
      issuer.url = `https://${host}/issuer`;
      const place = { files, url: `${scheme}://${host}`, aws: `${scheme}://operator:${SECRETS.password}@${host}` };
      return { server, place };
    },
  };
}

/** As a process. `slack`: milliseconds that a busy machine may take longer than the limit says. */
export async function runProcess(
  bench: Bench,
  command: HostileCommand,
  behaviour: Behaviour,
  slack: number,
): Promise<Run> {
  const { server, place } = await bench.serve(behaviour, command);
  const start = performance.now();
  const child = spawn(process.execPath, [bench.file, ...command.words(place)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environmentOf(place), ...command.environment?.(place) },
  });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    texts.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    texts.err += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), (command.limit ?? LIMIT_MS) + slack);
  const [code]: (number | null)[] = await once(child, "close");
  clearTimeout(timer);
  server.close();
  return { code: code ?? undefined, ms: performance.now() - start, ...texts };
}

/** In this process, whose environment the SDK reads, and with one try for each call: for many runs one after the other. */
export async function runHere(bench: Bench, command: HostileCommand, behaviour: Behaviour): Promise<Run> {
  const { server, place } = await bench.serve(behaviour, command);
  const environment = { ...environmentOf(place), ...command.environment?.(place), AWS_MAX_ATTEMPTS: "1" };
  Object.assign(process.env, environment);
  const start = performance.now();
  const { code, out, err } = await cli(command.words(place), { environment });
  server.close();
  return { code, ms: performance.now() - start, out, err };
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
    // The function's own client of STS takes no password.
    AWS_ENDPOINT_URL_STS: url,
    NODE_EXTRA_CA_CERTS: files.ca,
  };
}

/** Every rule that this run broke; empty where it held. */
export function problemsOf({ output, name }: HostileCommand, { code, out, err }: Run): string[] {
  const secrets = secretsIn(`${name.startsWith("token") ? "" : out}\n${err}`);
  return [
    ...(code === undefined ? ["does not end"] : EXIT_CODES.includes(code) ? [] : [`exit code ${code}`]),
    ...(/this is a bug/.test(err) ? ["bug"] : []),
    ...(/^\s+at .*[:(]\d|node:internal|Unhandled|Warning: /m.test(`${out}${err}`) ? ["stack trace"] : []),
    ...secrets.map((secret) => `prints ${secret}`),
    ...(isWellFormed(output, out, code) ? [] : ["stdout"]),
    ...(code !== undefined && code > 0 && out === "" && err === "" ? ["says nothing"] : []),
  ];
}

function isWellFormed(output: HostileCommand["output"], out: string, code: number | undefined): boolean {
  if (/\[object Object\]|\bNaN\b|Invalid Date|\bundefined\b/.test(out)) return false;
  if (out === "" || code === undefined) return true;
  switch (output) {
    case "json":
      return parseJson(out) !== undefined;
    case "credential": {
      const credential = parseJson(out);
      const status = isObject(credential) ? credential["status"] : undefined;
      const { token, expirationTimestamp } = isObject(status) ? status : {};
      const url = Buffer.from(String(token).replace(/^k8s-aws-v1\./, ""), "base64url").toString();
      return (
        URL.canParse(url) && !/object|undefined/.test(url) && !Number.isNaN(Date.parse(String(expirationTimestamp)))
      );
    }
    case "lines":
      return /^([\w./-]+\n)*$/.test(out);
    case "text":
      return out.endsWith("\n");
  }
}
