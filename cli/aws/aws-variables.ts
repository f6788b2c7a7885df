// Variables of the AWS environment that the SDK takes apart without a word of its own: checked before a client is made.

import { usage } from "../errors.ts";

/** https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  AWS_DEFAULTS_MODE: ["auto", "cross-region", "in-region", "legacy", "mobile", "standard"],
  AWS_RETRY_MODE: ["adaptive", "legacy", "standard"],
  AWS_USE_DUALSTACK_ENDPOINT: ["false", "true"],
  AWS_USE_FIPS_ENDPOINT: ["false", "true"],
};
const URLS = /^AWS_(ENDPOINT_URL(_\w+)?|CONTAINER_CREDENTIALS_FULL_URI)$/;

/** An empty variable means not set. Throws a `Failure` that names the variable. */
export function checkAwsVariables(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!value) continue;
    const choices = CHOICES[name];
    if (choices !== undefined && !choices.includes(value.toLowerCase())) {
      throw usage(`${name} must be one of ${choices.join(", ")}.`);
    }
    if (URLS.test(name) && !(URL.canParse(value) && /^https?:\/\//i.test(value))) {
      throw usage(`${name} must be an http:// or https:// URL.`);
    }
    if (name === "AWS_MAX_ATTEMPTS" && !/^[1-9]\d?$/.test(value)) {
      throw usage(`${name} must be a number from 1 to 99.`);
    }
  }
}
