// Keeps credentials in a file between runs of `token`, unless they are not safe there.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import { Sha256Js } from "@smithy/core/checksum";
import { getHomeDir } from "@smithy/core/config";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import type { Credentials } from "../../aws/client.ts";
import { environmentKeys, profileChain } from "../../aws/credentials.ts";
import { usage } from "../../io/errors.ts";
import { fileFailure, userFolder } from "../../io/files.ts";
import { shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";

/** The texts of files; `undefined` for those that cannot be read. */
type Texts = readonly (string | undefined)[];

/**
 * Returns a sentence that states why the credentials are not cached; `undefined` if the cache can
 * be used.
 *
 * @param profile from options or AWS_PROFILE
 * @param configuration the AWS configuration files
 */
async function whyNotCached(
  profile: string | undefined,
  folder: string,
  configuration: Texts,
  run: Run,
) {
  const mayUseProcess = configuration.some((text) => text?.includes(PROCESS));
  if (mayUseProcess && (await usesProcess(profile, run))) {
    return "the AWS profile has a credential_process, whose result may depend on what --cache cannot see.";
  }
  // A user who can write to the parent folder can replace this folder.
  return whyNotTrusted(dirname(folder)) ?? whyNotTrusted(folder);
}

const PROCESS = "credential_process";

/**
 * Returns whether the credentials may come from a credential_process, of the profile or of its
 * chain of source_profile.
 */
async function usesProcess(profile: string | undefined, { environment }: Run): Promise<boolean> {
  // As in the SDK, a named profile takes precedence over environment keys.
  if (profile === undefined && environmentKeys(environment) !== undefined) return false;
  return (await profileChain(profile)).some(({ settings }) => PROCESS in settings);
}

/**
 * Returns why the folder is not trusted: a user who can write to a folder can swap its files.
 * Windows has no file modes.
 */
function whyNotTrusted(folder: string): string | undefined {
  if (process.getuid === undefined) return undefined;
  try {
    const { mode, uid } = statSync(folder);
    if (uid !== process.getuid()) return `the folder ${folder} belongs to another user.`;
    if ((mode & 0o022) === 0) return undefined;
    return `other users may write to the folder ${folder}. Run: chmod 700 ${shellWord(folder)}`;
  } catch {
    // Missing or not a folder: writing creates it or reports the error.
    return undefined;
  }
}

/** The shortest remaining lifetime: kubectl would otherwise need another token at once. */
const LEFT_MS = 60_000;

/**
 * Returns the cached credentials if they are still valid. Otherwise calls `find`, and caches the
 * result if it expires. A cache that cannot be used causes a warning on standard error, and no
 * failure.
 *
 * @param options everything that selects the credentials, except the AWS environment and
 * configuration files
 */
export async function cachedCredentials(
  options: { readonly profile: string | undefined; readonly [name: string]: unknown },
  find: () => Promise<Credentials>,
  run: Run,
): Promise<Credentials> {
  const cacheFolder = userFolder(run.environment, "cache");
  if (cacheFolder === undefined)
    throw usage("--cache needs a home folder: set HOME or XDG_CACHE_HOME.");
  const folder = join(cacheFolder, "credentials");
  const configuration = configurationTexts(run);
  const refusal = await whyNotCached(options.profile, folder, configuration, run);
  if (refusal !== undefined) {
    run.log(`Not cached: ${refusal}\n`);
    return find();
  }
  const file = join(folder, `${await cacheKey(options, configuration, run)}.json`);
  const cached = readPrivate(file, run);
  if (cached !== undefined && lasts(cached, run)) return cached;
  const credentials = await find();
  if (credentials.expiration === undefined) {
    run.log(
      "Not cached: these AWS credentials do not expire. --cache is for a role, SSO or an MFA session.\n",
    );
  } else if (lasts(credentials, run)) write(folder, file, credentials, run);
  return credentials;
}

function lasts({ expiration }: Credentials, { clock }: Run): boolean {
  return expiration !== undefined && expiration.getTime() - clock() > LEFT_MS;
}

/**
 * Hashes all AWS variables and both configuration files: a profile may refer to others, and after
 * any change, cached credentials must not be used. Also hashes the sign-ins and the host name:
 * machines may share a home folder and have different instance roles. A key with too few inputs
 * caused https://nvd.nist.gov/vuln/detail/CVE-2025-11621.
 */
async function cacheKey(
  options: Readonly<Record<string, unknown>>,
  configuration: Texts,
  run: Run,
) {
  const environment = Object.entries(run.environment).filter(([name]) => name.startsWith("AWS_"));
  const signIns = signInFolders(run).map(textsIn);
  const all = JSON.stringify([
    Object.entries(options).sort(),
    environment.sort(),
    configuration,
    signIns,
    hostname(),
  ]);
  const sha256 = new Sha256Js();
  sha256.update(Buffer.from(all));
  return Buffer.from(await sha256.digest()).toString("hex");
}

/**
 * Returns the AWS configuration files, unparsed: loading the SDK's parser takes 4 ms.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
function configurationTexts({ environment }: Run): Texts {
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = environment;
  const home = getHomeDir();
  const files = [
    AWS_CONFIG_FILE || "~/.aws/config",
    AWS_SHARED_CREDENTIALS_FILE || "~/.aws/credentials",
  ];
  return files.map((file) => textOf(file.startsWith("~/") ? join(home, file.slice(2)) : file));
}

/**
 * Returns the folders of `aws sso login` and `aws login`. As in the SDK, an empty variable means
 * the working folder.
 */
function signInFolders({ environment }: Run): string[] {
  const login =
    environment["AWS_LOGIN_CACHE_DIRECTORY"] ?? join(homedir(), ".aws", "login", "cache");
  return [join(getHomeDir(), ".aws", "sso", "cache"), login || "."];
}

/** Returns the text of each sign-in, sorted by file name; none if the folder does not exist. */
function textsIn(folder: string): Texts {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => textOf(join(folder, name)));
  } catch {
    return [];
  }
}

/**
 * Returns the text of a file; `undefined` if it cannot be read, for example because another run has
 * removed it since it was listed.
 */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function readPrivate(file: string, run: Run): Credentials | undefined {
  try {
    const { mode, uid } = lstatSync(file);
    const isOthers = process.getuid !== undefined && uid !== process.getuid();
    if (process.platform !== "win32" && (isOthers || (mode & 0o077) !== 0)) {
      run.log(`Ignored, because other users can read it: ${file}\n`);
      return undefined;
    }
    return credentialsIn(parseJson(readFileSync(file, "utf8")));
  } catch {
    // Missing or unreadable: it will be created again.
    return undefined;
  }
}

function credentialsIn(value: unknown): Credentials | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = isObject(value) ? value : {};
  if (
    typeof accessKeyId !== "string" ||
    typeof secretAccessKey !== "string" ||
    typeof expiration !== "string"
  )
    return undefined;
  const end = new Date(expiration);
  if (Number.isNaN(end.getTime())) return undefined;
  return {
    accessKeyId,
    secretAccessKey,
    expiration: end,
    ...(typeof sessionToken === "string" && { sessionToken }),
  };
}

/** Replaces the file atomically: kubectl runs several of these commands at once. */
function write(folder: string, file: string, credentials: Credentials, run: Run): void {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  const draft = join(folder, `${crypto.randomUUID()}.new`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ accessKeyId, secretAccessKey, sessionToken, expiration });
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
    renameSync(draft, file);
    removeEnded(folder, run);
  } catch (error) {
    // rmSync throws even with `force` if the folder is a file.
    if (existsSync(draft)) rmSync(draft, { force: true });
    run.log(`Not cached: ${fileFailure("write", folder, error).message} ${ANOTHER_FOLDER}\n`);
  }
}

const ANOTHER_FOLDER =
  "To use another folder, set XDG_CACHE_HOME. To get no warning, omit --cache.";

/** Removes expired files. A file is never read again after an input of its key changes. */
function removeEnded(folder: string, run: Run): void {
  for (const name of readdirSync(folder).filter((fileName) => fileName.endsWith(".json"))) {
    const file = join(folder, name);
    const end = credentialsIn(parseJson(textOf(file) ?? ""))?.expiration?.getTime() ?? 0;
    if (end <= run.clock()) rmSync(file, { force: true });
  }
}
