// Configuration of the AWS clients: region, credentials and the request handler.

import type { Agent } from "node:https";
import { buildQueryString, HttpResponse } from "@smithy/core/protocols";
import type { AwsCredentialIdentity, HttpRequest, Provider } from "@smithy/types";
import { type Partition, partitionOfRegion } from "../../functions/aws/partitions.ts";
import { usage } from "../io/errors.ts";
import { HttpTimeout, NoAnswer, openAgent, sendHttp } from "../io/http.ts";
import type { Run } from "../io/run.ts";
import { type AwsRequestHandler, credentialProvider, environmentKeys } from "./credentials.ts";

/** The limit for each attempt of a call. */
const LIMIT_MS = 10_000;

/** The largest response is a page of CloudWatch Logs, with 1 MB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Creates the request handler. A command's clients share one, and its connections. */
export function awsRequestHandler(
  run: Run,
  limitMs = LIMIT_MS,
  patienceMs?: number,
): AwsRequestHandler {
  const agents: Record<string, Agent> = {};
  return {
    async handle(request, { abortSignal } = {}) {
      const { method, headers, body, protocol } = request;
      const url = urlOf(request);
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      agents[protocol] ??= openAgent(protocol, run);
      const what = `an answer from ${url.host}${tryOf(headers["amz-sdk-request"])}`;
      const limits = {
        limitMs,
        maxBytes: MAX_BYTES,
        ...(patienceMs !== undefined && { patienceMs }),
      };
      const sent = { method, headers, body, agent: agents[protocol], what, ...limits };
      const reply = await sendHttp(url, sent, run, signal).catch((error: unknown) => {
        throw run.shared !== undefined && error instanceof HttpTimeout
          ? new NoAnswer(error.message)
          : error;
      });
      const received = Object.entries(reply.headers).map(([name, value]) => [name, String(value)]);
      const response = {
        statusCode: reply.status,
        headers: Object.fromEntries(received),
        body: reply.body,
      };
      return { response: new HttpResponse(response) };
    },
  };
}

function urlOf({
  protocol,
  hostname,
  port,
  path,
  query = {},
  username,
  password,
}: HttpRequest): URL {
  const user = username === undefined ? "" : `${username}:${password ?? ""}@`;
  const url = new URL(
    `${protocol}//${user}${hostname}${port === undefined ? "" : `:${port}`}${path}`,
  );
  url.search = [url.search, buildQueryString(query)].filter((part) => part !== "").join("&");
  return url;
}

/** Turns the SDK's header `attempt=2; max=6` into `, try 2 of 6`; empty for the first attempt. */
function tryOf(header: string | undefined): string {
  const [, attempt, max] = /^attempt=(\d+); max=(\d+)$/.exec(header ?? "") ?? [];
  return attempt === undefined || attempt === "1" ? "" : `, try ${attempt} of ${max}`;
}

export interface AwsOptions {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly login?: boolean | undefined;
}

export type Credentials = AwsCredentialIdentity;

/**
 * The configuration for the constructor of any client. A command's clients share one, which
 * requests an MFA code only once.
 */
export interface ClientConfig {
  readonly region: string;
  readonly credentials: Provider<Credentials>;
  readonly profile?: string;
  readonly requestHandler: AwsRequestHandler;
}

/** How a command's clients reach AWS, and the partition of their Region. */
export interface AwsAccess {
  readonly config: ClientConfig;
  readonly partition: Partition;
}

/** More than the SDK's default of three: unlike a review, an operator can wait. */
const TRIES = 6;

/**
 * Returns the retry settings for services with a shared quota: the client slows down while it is
 * throttled.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function patientRetries({ environment }: Run) {
  return {
    retryMode: "adaptive",
    maxAttempts: Number(environment["AWS_MAX_ATTEMPTS"] || TRIES),
  } as const;
}

/**
 * Returns the configuration from the options and the run's environment. Ignores empty variables and
 * options. Contexts with the same Region and profile share connections. The SDK reads the process's
 * environment for all other settings, so a run's environment must have the same AWS variables.
 */
export async function clientConfig(options: AwsOptions, run: Run): Promise<AwsAccess> {
  const { shared } = run;
  if (shared === undefined) return newConfig(options, run);
  const { region, profile } = options;
  return run.memo.once(run.memo, `config ${region} ${profile}`, () =>
    newConfig({ region, profile }, { ...shared, shared }),
  );
}

async function newConfig(options: AwsOptions, run: Run): Promise<AwsAccess> {
  const { environment } = run;
  checkAwsVariables(environment);
  const { AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const name = options.profile || AWS_PROFILE || undefined;
  // The SDK knows no AWS_DEFAULT_REGION:
  // https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
  const given = options.region || AWS_REGION || AWS_DEFAULT_REGION;
  const keys = environmentKeys(environment);
  const needsProfile = name !== undefined || !given || keys === undefined;
  const profile = needsProfile ? await readProfile(name, environment) : {};
  if (name !== undefined || keys === undefined) checkRole(name ?? "default", profile);
  const region = given || profile["region"];
  if (!region) throw usage("No AWS region: give --region, or set AWS_REGION.");
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw usage(`${region} is not an AWS region.`);
  const named = name === undefined ? {} : { profile: name };
  const requestHandler = awsRequestHandler(run);
  // Environment keys take precedence over the default profile, but not over a named one.
  const isProcess = "credential_process" in profile && (name !== undefined || keys === undefined);
  // Contexts of one profile must not each request an MFA code.
  const credentials = run.memo.once(run.memo, `credentials ${name}`, () => {
    return credentialProvider(
      { ...named, requestHandler, isProcess, login: options.login ?? false },
      run,
    );
  });
  const config: ClientConfig = { region, credentials, ...named, requestHandler };
  return { config, partition };
}

async function readProfile(name = "default", environment: Run["environment"]) {
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const profile: Readonly<Record<string, string | undefined>> = {
    ...configFile[name],
    ...credentialsFile[name],
  };
  // The default profile need not exist: the environment may have keys.
  if (name === "default") return profile;
  const isThere = (profileName: string) =>
    profileName in configFile || profileName in credentialsFile;
  const source = profile["source_profile"];
  const missing = [
    ...(isThere(name) ? [] : [`"${name}"`]),
    ...(source === undefined || isThere(source)
      ? []
      : [`"${source}", source_profile of "${name}",`]),
  ];
  if (missing.length > 0) {
    const {
      AWS_CONFIG_FILE = "~/.aws/config",
      AWS_SHARED_CREDENTIALS_FILE = "~/.aws/credentials",
    } = environment;
    // Other sections, such as `sso-session.company`, have a prefix with a dot.
    const isProfile = (section: string) => !/^(sso-session|services)\./.test(section);
    const names = new Set(
      [...Object.keys(configFile), ...Object.keys(credentialsFile)].filter(isProfile),
    );
    const there =
      names.size === 0 ? "There are no profiles." : `Profiles: ${[...names].join(", ")}.`;
    throw usage(
      `No AWS profile ${missing[0]} in ${AWS_CONFIG_FILE} or ${AWS_SHARED_CREDENTIALS_FILE}. ${there}`,
    );
  }
  return profile;
}

/**
 * Returns the endpoint of a service from the environment, or else from the profile; `undefined` for
 * AWS's own.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 *
 * @param serviceId the SDK's name of the service, such as `CloudWatch Logs`
 */
export async function configuredEndpoint(
  serviceId: string,
  profileName: string,
  { environment }: Run,
): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const { configFile } = await loadSharedConfigFiles();
  const profile = configFile[profileName] ?? {};
  const {
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: ignored = profile["ignore_configured_endpoint_urls"],
  } = environment;
  if (ignored === "true") return undefined;
  const name = serviceId.replaceAll(" ", "_");
  const services =
    profile["services"] === undefined ? {} : configFile[`services.${profile["services"]}`];
  if (services === undefined) {
    throw usage(
      `The AWS profile "${profileName}" names the section [services ${profile["services"]}], which does not exist.`,
    );
  }
  return (
    environment[`AWS_ENDPOINT_URL_${name.toUpperCase()}`] ||
    environment["AWS_ENDPOINT_URL"] ||
    services[`${name.toLowerCase()}.endpoint_url`] ||
    profile["endpoint_url"]
  );
}

/** Each of these selects the credentials of the SDK. */
const SOURCES = [
  "source_profile",
  "credential_source",
  "web_identity_token_file",
  "credential_process",
  "aws_access_key_id",
];

/**
 * Throws for a profile with a role and without the credentials that assume it.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 */
function checkRole(name: string, profile: Readonly<Record<string, string | undefined>>): void {
  if (profile["role_arn"] === undefined || SOURCES.some((key) => profile[key] !== undefined))
    return;
  if (profile["sso_account_id"] !== undefined) return;
  throw usage(
    `The AWS profile "${name}" has role_arn, but not whose credentials assume the role. Add this line to it: ` +
      "source_profile = <profile with credentials>",
  );
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  AWS_DEFAULTS_MODE: ["auto", "cross-region", "in-region", "legacy", "mobile", "standard"],
  AWS_RETRY_MODE: ["adaptive", "legacy", "standard"],
  AWS_USE_DUALSTACK_ENDPOINT: ["false", "true"],
  AWS_USE_FIPS_ENDPOINT: ["false", "true"],
};

const URLS = /^AWS_(ENDPOINT_URL(_\w+)?|CONTAINER_CREDENTIALS_FULL_URI)$/;

/**
 * Checks the AWS variables, except empty ones. Throws a `Failure` that names the invalid variable.
 */
function checkAwsVariables(environment: Run["environment"]): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!value) continue;
    const choices = CHOICES[name];
    if (choices !== undefined && !choices.includes(value.toLowerCase())) {
      throw usage(`${name} must be one of ${choices.join(", ")}.`);
    }
    if (URLS.test(name) && !(URL.canParse(value) && /^https?:\/\//i.test(value))) {
      throw usage(`${name} must be an http:// or https:// URL.`);
    }
    if (name === "AWS_MAX_ATTEMPTS" && !/^[1-9]\d?$/.test(value))
      throw usage(`${name} must be a number from 1 to 99.`);
  }
}
