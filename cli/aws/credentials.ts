// Gets AWS credentials from the SDK's credential chain within a time limit, and checks that they
// can sign requests.

import type { HttpResponse } from "@smithy/core/protocols";
import type {
  AwsCredentialIdentity,
  HttpHandlerOptions,
  HttpRequest,
  Provider,
  RequestHandler,
} from "@smithy/types";
import { awsFailure, EXIT, type ExitCode, Failure } from "../io/errors.ts";
import { quotedAnswer } from "../io/http.ts";
import { shellWord } from "../io/print.ts";

import { type Run, untilInterrupted } from "../io/run.ts";
import { toFailure } from "./errors.ts";

/** The type of the SDK's option `requestHandler`. */
export type AwsRequestHandler = RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions>;

interface CredentialSource {
  readonly profile?: string;
  readonly requestHandler: AwsRequestHandler;
  /** Whether the profile has a credential_process, which may prompt the user. */
  readonly isProcess: boolean;
  /** Whether to sign in if the profile's session at IAM Identity Center has expired. */
  readonly login: boolean;
}

/** Container and instance services are local. Assuming a role takes one or two STS calls. */
const LIMIT_MS = 60_000;

/** The limit if the user has to sign in or enter a code. */
const PERSON_LIMIT_MS = 300_000;

/** Shorter waits are not reported. */
const PATIENCE_MS = 3_000;

/**
 * Returns the provider of the credentials. It also rejects on Ctrl-C: the SDK's request cannot be
 * aborted and is left running.
 */
export function credentialProvider(
  source: CredentialSource,
  run: Run,
): Provider<AwsCredentialIdentity> {
  const { profile, requestHandler, isProcess, login } = source;
  for (const name of [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  ]) {
    run.secrets.add(run.environment[name] ?? "");
  }
  let patience: NodeJS.Timeout | undefined;
  let chain: Provider<AwsCredentialIdentity> | undefined;
  async function find(): Promise<AwsCredentialIdentity> {
    // The chain would find them too, but loading it doubles the time that `token` takes.
    const keys = profile === undefined ? environmentKeys(run.environment) : undefined;
    if (keys !== undefined) return keys;
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    chain ??= defaultProvider({
      ...(profile !== undefined && { profile }),
      // For the clients that assume a role or use IAM Identity Center.
      clientConfig: { requestHandler },
      parentClientConfig: { requestHandler },
      ...(run.interactive && {
        mfaCodeProvider(serial: string) {
          clearTimeout(patience);
          return askMfaCode(serial, run);
        },
      }),
    });
    return chain();
  }
  const limitMs = isProcess || run.interactive ? PERSON_LIMIT_MS : LIMIT_MS;
  async function get(signsIn: boolean): Promise<AwsCredentialIdentity> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const { what, isService } = sourceOf(source, run);
    const limit = setTimeout(
      () => reject(awsFailure(`No AWS credentials: ${what} did not answer in time.`)),
      limitMs,
    );
    patience = setTimeout(
      () => run.log(`Waiting for AWS credentials from ${what}.\n`),
      PATIENCE_MS,
    );
    try {
      const credentials = await untilInterrupted(Promise.race([find(), late]), run);
      return usableCredentials(credentials, what, run, isService ? EXIT.awsFailure : EXIT.usage);
    } catch (error) {
      const expired = await expiredProfile(error, profile);
      if (expired === undefined) throw explained(error, what, isProcess, run);
      if (!signsIn) throw signInNeeded(expired, error);
      const { signedIn } = await import("./sign-in.ts");
      return signedIn(expired, () => get(false), run);
    } finally {
      clearTimeout(limit);
      clearTimeout(patience);
    }
  }
  return () => get(login);
}

/**
 * Returns the keys that the SDK uses first if no profile is named; `undefined` unless both are set
 * and not empty.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
 */
export function environmentKeys(
  environment: Run["environment"],
): AwsCredentialIdentity | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_CREDENTIAL_EXPIRATION: end,
    AWS_ACCOUNT_ID: accountId,
  } = environment;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const optional = { ...(sessionToken && { sessionToken }), ...(accountId && { accountId }) };
  return { accessKeyId, secretAccessKey, ...optional, ...(end && { expiration: new Date(end) }) };
}

/**
 * Returns the source of the keys. `what` is its name for messages, without secrets. `isService` is
 * whether a service or program provides the keys.
 */
function sourceOf({ profile, isProcess }: CredentialSource, { environment }: Run) {
  if (isProcess)
    return {
      what: `the credential_process of the profile "${profile ?? "default"}"`,
      isService: true,
    };
  const {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: url = "",
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path,
  } = environment;
  if (path) return { what: "the container's credential service", isService: true };
  if (url) return { what: `the credential service ${new URL(url).host}`, isService: true };
  return {
    what: profile === undefined ? "the AWS environment" : `the profile "${profile}"`,
    isService: false,
  };
}

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html: letters, digits and
 * punctuation.
 */
const PLAIN = /^[\x21-\x7e]+$/;

/**
 * Returns `credentials` if it can sign requests. Otherwise throws a `Failure` that names `what`.
 *
 * @param exitCode for a key with an invalid character; default: a fault of the service that
 * provided it
 */
export function usableCredentials(
  credentials: AwsCredentialIdentity,
  what: string,
  { secrets }: Run,
  exitCode: ExitCode = EXIT.awsFailure,
): AwsCredentialIdentity {
  const {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration,
  }: { [name in keyof typeof credentials]: unknown } = credentials;
  for (const secret of [secretAccessKey, sessionToken])
    if (typeof secret === "string") secrets.add(secret);
  const keys = {
    "access key": accessKeyId,
    "secret key": secretAccessKey,
    "session token": sessionToken ?? "-",
  };
  for (const [name, key] of Object.entries(keys)) {
    if (typeof key !== "string") throw awsFailure(`The ${name} from ${what} is not a string.`);
    if (!PLAIN.test(key)) {
      const message = `The ${name} from ${what} has a space, a line break or another character that is not valid in AWS keys.`;
      throw new Failure(exitCode, exitCode === EXIT.usage ? `${message} Remove it.` : message);
    }
  }
  if (
    expiration !== undefined &&
    !(expiration instanceof Date && Number.isFinite(expiration.getTime()))
  ) {
    throw awsFailure(`The expiration of the AWS credentials from ${what} is not a date.`);
  }
  return credentials;
}

/** Returns the profile to sign in with, if the SDK needs a sign-in to IAM Identity Center. */
async function expiredProfile(error: unknown, profile = "default"): Promise<string | undefined> {
  if (!(error instanceof Error) || !/\baws sso login\b/.test(error.message)) return undefined;
  // `aws sso login` accepts only the profile that has the settings of the sign-in.
  const isSignIn = ({ settings }: Profile) =>
    Object.keys(settings).some((key) => key.startsWith("sso_"));
  return (await profileChain(profile)).find(isSignIn)?.name ?? profile;
}

function signInNeeded(name: string, error: unknown): Failure {
  return awsFailure(
    `The sign-in of the AWS profile "${name}" is missing or has expired. Run: aws sso login --profile ${shellWord(name)}`,
    error,
  );
}

interface Profile {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/** Returns the profile, and those that `source_profile` names. */
export async function profileChain(profile = "default"): Promise<Profile[]> {
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const chain = new Map<string, Profile>();
  let name: string | undefined = profile;
  while (name && !chain.has(name)) {
    const settings: Profile["settings"] = { ...configFile[name], ...credentialsFile[name] };
    chain.set(name, { name, settings });
    name = settings["source_profile"];
  }
  return [...chain.values()];
}

/** Replaces SDK errors about unreadable responses: they may quote the keys. */
function explained(
  error: unknown,
  what: string,
  isProcess: boolean,
  { secrets, interrupted }: Run,
): unknown {
  interrupted.throwIfAborted();
  if (!(error instanceof Error)) return awsFailure(`No AWS credentials from ${what}.`);
  // The SDK continues with the next source, and then reports that it found none.
  if (isProcess && error.name === "CredentialsProviderError") {
    return awsFailure(`No AWS credentials: ${what} failed. Run its command by hand to see why.`);
  }
  if (toFailure(error) === undefined || /JSON/.test(error.message)) {
    return awsFailure(`No AWS credentials: the answer of ${what} cannot be read (${error.name}).`);
  }
  error.message = quotedAnswer(secrets.hide(error.message));
  return error;
}

async function askMfaCode(serial: string, run: Run): Promise<string> {
  const { ask } = await import("../io/confirm.ts");
  const code = (await ask(`MFA code of ${serial}: `, run))?.trim();
  if (!code) throw new Failure(EXIT.interrupted, "No MFA code was given.");
  return code;
}
