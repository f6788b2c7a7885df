// The issuer's settings, read from the environment once, while it initialises.

import { type CommonSettings, readCommonSettings } from "../settings/common.ts";
import { bad, type Environment, readFrom, required } from "../settings/environment.ts";

export interface IssuerSettings extends CommonSettings {
  /** As tokens have it in `iss`, character by character. */
  readonly issuerUrl: string;
}

export const ISSUER_URL_FORM =
  "a URL such as https://oidc.example.com: https, a lower-case host without a port, at most a plain path, no slash at the end";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
const MAX_URL_LENGTH = 255;

/** Throws `SettingInvalid` with the name of what is missing or bad. */
export function readIssuerSettings(environment: Environment): IssuerSettings {
  const read = readFrom(environment);
  const common = readCommonSettings(read);
  const issuerUrl = read("ISSUER_URL");
  if (issuerUrl === undefined) throw required("ISSUER_URL", ISSUER_URL_FORM);
  if (!isIssuerUrl(issuerUrl)) throw bad("ISSUER_URL", ISSUER_URL_FORM, issuerUrl);
  return { ...common, issuerUrl };
}

/**
 * STS compares the URL of the token, of the provider and of the discovery document as texts, so that only one spelling
 * is accepted. IAM wants no port; on this machine, where a cluster is tried without AWS, there is no other way.
 */
export function isIssuerUrl(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return false;
  const { host, pathname } = new URL(text);
  const isPlain = /^https:\/\/([a-z0-9.-]+|(localhost|127\.0\.0\.1):\d+)(\/[A-Za-z0-9_.~-]+)*$/.test(text);
  return isPlain && text === `https://${host}${pathname === "/" ? "" : pathname}`;
}
