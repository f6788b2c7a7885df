// Reads the issuer's settings from the environment, once during initialization.

import { type CommonSettings, readCommonSettings } from "../settings/common.ts";
import { bad, type Environment, readFrom, required } from "../settings/environment.ts";

export interface IssuerSettings extends CommonSettings {
  /** Exactly the `iss` of the tokens. */
  readonly issuerUrl: string;
}

export const ISSUER_URL_FORM =
  "a URL such as https://oidc.example.com: https, a lower-case host without port, an optional plain path, no slash at the end";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
const MAX_URL_LENGTH = 255;

/** Throws `setting_invalid`, which names the missing or invalid setting. */
export function readIssuerSettings(environment: Environment): IssuerSettings {
  const read = readFrom(environment);
  const common = readCommonSettings(read);
  const issuerUrl = read("ISSUER_URL");
  if (issuerUrl === undefined) throw required("ISSUER_URL", ISSUER_URL_FORM);
  if (!isIssuerUrl(issuerUrl)) throw bad("ISSUER_URL", ISSUER_URL_FORM, issuerUrl);
  return { ...common, issuerUrl };
}

/**
 * Returns whether a text can be the issuer's URL. STS compares the URLs of the token, the provider
 * and the discovery document as text, so only one spelling is accepted. IAM accepts no port. A port
 * is only for localhost, to try a cluster without AWS.
 */
export function isIssuerUrl(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return false;
  const { host, pathname } = new URL(text);
  const isPlain =
    /^https:\/\/([a-z0-9.-]+|(localhost|127\.0\.0\.1):\d+)(\/[A-Za-z0-9_.~-]+)*$/.test(text);
  // https://www.rfc-editor.org/rfc/rfc1123#section-2.1
  const hasLabels = host
    .split(".")
    .every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d+)?$/.test(label));
  return isPlain && hasLabels && text === `https://${host}${pathname === "/" ? "" : pathname}`;
}
