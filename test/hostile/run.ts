// One run of the command as a process, against a server with one behaviour, and what is wrong with how it ended.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import type { HostileCommand } from "./commands.ts";
import { type Files, SECRETS, secretsIn, writeFiles } from "./inputs.ts";
import { type Behaviour, type HostileServer, startHostileServer } from "./server.ts";

/** What every run of a table shares. */
export interface Bench {
  readonly files: Files;
  /** The command as a process: the interpreter's words, and the file. */
  readonly command: readonly string[];
  serve(
    behaviour: Behaviour,
    command: HostileCommand,
  ): Promise<{ server: HostileServer; isTls: boolean; issuer: { url: string } }>;
}

export interface Run {
  /** `undefined`: it was ended from outside. */
  readonly code: number | undefined;
  readonly ms: number;
  readonly out: string;
  readonly err: string;
  /** How often the misbehaving service was asked. */
  readonly asked: number;
}

const DAY = 86_400_000;
/** A call of AWS has 60 s with all its tries. */
export const LIMIT_MS = 65_000;
/** Of the contract (docs/reference.md); 130 is for Ctrl-C alone, and nobody presses it here. */
const EXIT_CODES = [0, 1, 2, 3];

export async function openBench(command: readonly string[]): Promise<Bench> {
  const authority = createCertificateAuthority();
  const certificates = {
    usual: authority.server(),
    expired: createCertificateAuthorityLike(authority, Date.now() - 60 * DAY),
    "other-name": authority.client({ CN: "other.example.com" }),
    "unknown-authority": createCertificateAuthority({ subject: { CN: "Unknown" } }).server(),
  };
  return {
    files: await writeFiles(authority.ca),
    command,
    async serve(behaviour, { target, tls }) {
      const { certificate, otherProtocol } = behaviour;
      const isTls = tls === true || certificate !== undefined;
      const speaksTls = isTls !== (otherProtocol === true);
      const issuer = { url: "" };
      const server = await startHostileServer(
        behaviour,
        target,
        speaksTls ? certificates[certificate ?? "usual"] : undefined,
        issuer,
      );
      issuer.url = `https://127.0.0.1:${server.port}/issuer`;
      return { server, isTls, issuer };
    },
  };
}

/** By an authority of the same name and another key: what is wrong with it is seen first as its age or its signature. */
function createCertificateAuthorityLike(_: unknown, now: number) {
  return createCertificateAuthority({ now: () => now }).server();
}

/** `slack`: milliseconds that a busy machine may take longer than the limit says. */
export async function runHostile(
  bench: Bench,
  command: HostileCommand,
  behaviour: Behaviour,
  slack: number,
): Promise<Run> {
  const { server, isTls } = await bench.serve(behaviour, command);
  const scheme = isTls ? "https" : "http";
  const url = `${scheme}://127.0.0.1:${server.port}`;
  const place = { files: bench.files, url, aws: `${scheme}://operator:${SECRETS.password}@127.0.0.1:${server.port}` };
  const start = performance.now();
  const [node = "", ...first] = bench.command;
  const child = spawn(node, [...first, ...command.words(place)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: bench.files.folder,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "ASIAHOSTILEOPERATORA",
      AWS_SECRET_ACCESS_KEY: SECRETS.secretKey,
      AWS_SESSION_TOKEN: SECRETS.sessionToken,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL: place.aws,
      AWS_ENDPOINT_URL_STS: url,
      NODE_EXTRA_CA_CERTS: bench.files.ca,
      ...command.environment?.(place),
    },
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
  return { code: code ?? undefined, ms: performance.now() - start, ...texts, asked: server.answered() };
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
