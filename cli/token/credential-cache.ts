// `token --cache`: credentials that end, kept on disk until they do, so that an MFA code or a role is not asked for each time.
// As aws-iam-authenticator has it: credentials are kept, and each token is signed anew.

import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { getHomeDir, loadSharedConfigFiles } from "@smithy/core/config";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { Credentials } from "../aws/client-config.ts";
import { usage } from "../errors.ts";
import { userFolder } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { whyNotCached } from "./why-not-cached.ts";

/** No token that ends in the next moment: kubectl would have to ask for another one at once. */
const LEFT_MS = 60_000;

/**
 * The kept credentials if they still last, or else those of `find`, which are kept if they have an end. A cache that
 * cannot be used costs a line on standard error, never the token.
 *
 * @param options all that decides whose credentials these are, beside the AWS environment and configuration files
 */
export async function cachedCredentials(
  options: Readonly<Record<string, unknown>>,
  find: () => Promise<Credentials>,
  io: IOStreams,
): Promise<Credentials> {
  const folder = cacheFolder(io);
  const refusal = await whyNotCached(options["profile"], folder);
  if (refusal !== undefined) {
    io.tell(`Not cached: ${refusal}\n`);
    return find();
  }
  const file = join(folder, `${await cacheKey(options)}.json`);
  const kept = readPrivate(file, io);
  if (kept !== undefined && lasts(kept, io)) return kept;
  const found = await find();
  if (found.expiration === undefined) {
    io.tell("Not kept: these AWS credentials have no end. --cache is for those of a role, SSO or an MFA session.\n");
  } else if (lasts(found, io)) write(folder, file, found, io);
  return found;
}

function lasts({ expiration }: Credentials, { clock }: IOStreams): boolean {
  return expiration !== undefined && expiration.getTime() - clock() > LEFT_MS;
}

function cacheFolder({ environment }: IOStreams): string {
  const folder = userFolder(environment, "cache");
  if (folder === undefined) throw usage("--cache needs a home folder: set HOME or XDG_CACHE_HOME.");
  return join(folder, "credentials");
}

/**
 * The whole AWS environment and both files: a profile may lead to another one, and whatever is changed there, keys of
 * before must not be used. Also who has signed in, or out, and the machine: an instance has a role of its own, and a home
 * may be on several. https://nvd.nist.gov/vuln/detail/CVE-2025-11621 is what too little in such a key leads to.
 */
async function cacheKey(options: Readonly<Record<string, unknown>>): Promise<string> {
  const environment = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"));
  const files = await loadSharedConfigFiles({ ignoreCache: true });
  const signIns = signInFolders().map(textsIn);
  const all = JSON.stringify([Object.entries(options).sort(), environment.sort(), files, signIns, hostname()]);
  return createHash("sha256").update(all).digest("hex");
}

/** Of `aws sso login` and `aws login`: where the SDK looks, to which an empty variable means the working folder. */
function signInFolders(): string[] {
  const login = process.env["AWS_LOGIN_CACHE_DIRECTORY"] ?? join(homedir(), ".aws", "login", "cache");
  return [join(getHomeDir(), ".aws", "sso", "cache"), login || "."];
}

/** Of each sign-in, in the order of their names; none if the folder is not there. */
function textsIn(folder: string): (string | undefined)[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => textOf(join(folder, name)));
  } catch {
    return [];
  }
}

/** `undefined` if it cannot be read, for example because another run has removed it since it was listed. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function readPrivate(file: string, io: IOStreams): Credentials | undefined {
  try {
    const { mode, uid } = lstatSync(file);
    const isOthers = process.getuid !== undefined && uid !== process.getuid();
    if (process.platform !== "win32" && (isOthers || (mode & 0o077) !== 0)) {
      io.tell(`Not used, because others can read it: ${file}\n`);
      return undefined;
    }
    return credentialsIn(parseJson(readFileSync(file, "utf8")));
  } catch {
    // None yet, or not readable: it is written anew.
    return undefined;
  }
}

function credentialsIn(value: unknown): Credentials | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = isObject(value) ? value : {};
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string" || typeof expiration !== "string")
    return undefined;
  const end = new Date(expiration);
  if (Number.isNaN(end.getTime())) return undefined;
  return { accessKeyId, secretAccessKey, expiration: end, ...(typeof sessionToken === "string" && { sessionToken }) };
}

/** Whole or not at all, by a new file that takes the old one's place: kubectl runs several of these at once. */
function write(folder: string, file: string, credentials: Credentials, io: IOStreams): void {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  const draft = join(folder, `${randomUUID()}.new`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ accessKeyId, secretAccessKey, sessionToken, expiration });
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
    renameSync(draft, file);
    removeEnded(folder, io);
  } catch (error) {
    // `force` alone still throws where a file is in a folder's place.
    if (existsSync(draft)) rmSync(draft, { force: true });
    io.tell(`The credentials could not be kept (${error instanceof Error ? error.message : String(error)}).\n`);
  }
}

/** A key is used no more once something that decides it has changed: nobody else would remove its file. */
function removeEnded(folder: string, io: IOStreams): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".json"))) {
    const file = join(folder, name);
    const end = credentialsIn(parseJson(textOf(file) ?? ""))?.expiration?.getTime() ?? 0;
    if (end <= io.clock()) rmSync(file, { force: true });
  }
}
