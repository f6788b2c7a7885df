// Reads settings from the environment and rejects invalid values with the name of the setting.

import { type AuthenticatorError, fault, hasCode } from "../errors.ts";
import type { Variable } from "./variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a setting; `undefined` if it is not set. */
export type Read = (name: Variable) => string | undefined;

/**
 * Returns a reader of the settings. It treats an empty string as not set: `sam local` passes one
 * for a value that it cannot resolve.
 */
export function readFrom(environment: Environment): Read {
  return (name) => environment[name] || undefined;
}

/** A missing or invalid setting. The message is the name of the setting and the problem. */
interface SettingError extends AuthenticatorError {
  readonly setting: string;
  /** A phrase that begins with a verb. */
  readonly problem: string;
}

function settingError(setting: string, problem: string): SettingError {
  return Object.assign(fault("setting_invalid", `${setting} ${problem}`), { setting, problem });
}

export function isSettingError(error: unknown): error is SettingError {
  return hasCode(error, "setting_invalid") && "setting" in error;
}

/**
 * Returns the error of an invalid setting. `expected` follows "must be" in the message. `value` is
 * the invalid value; omit it if it can be a secret.
 */
export function bad(name: string, expected: string, value?: string): SettingError {
  const shown = value === undefined ? "" : `, not ${JSON.stringify(value.slice(0, 100))}`;
  return settingError(name, `must be ${expected}${shown}`);
}

export function required(name: string, expected: string): SettingError {
  return settingError(name, `is required: ${expected}`);
}

/**
 * Returns a setting; `undefined` if it is not set. Throws `setting_invalid` for an invalid value.
 * The functions below do the same.
 */
export function matching(
  read: Read,
  name: Variable,
  pattern: RegExp,
  expected: string,
): string | undefined {
  const value = read(name);
  if (value !== undefined && !pattern.test(value)) throw bad(name, expected, value);
  return value;
}

export function oneOf<T extends string>(
  read: Read,
  name: Variable,
  values: readonly T[],
): T | undefined {
  const value = read(name);
  const known = values.find((candidate) => candidate === value);
  if (value !== undefined && known === undefined)
    throw bad(name, `one of ${values.join(", ")}`, value);
  return known;
}

export function list(read: Read, name: Variable, separator = ","): string[] | undefined {
  const value = read(name);
  const items = value?.split(separator).map((item) => item.trim());
  if (items?.includes(""))
    throw bad(name, `a list separated by "${separator}", without an empty item`, value);
  return items;
}

/**
 * Returns a list of items that each match `pattern`. `expected` describes the items in the plural.
 */
export function listOf(
  read: Read,
  name: Variable,
  pattern: RegExp,
  expected: string,
): string[] | undefined {
  const items = list(read, name);
  const wrong = items?.find((item) => !pattern.test(item));
  if (wrong !== undefined) throw bad(name, `a list of ${expected}`, wrong);
  return items;
}

/**
 * Returns the endpoint of an AWS service. Plain HTTP is allowed only on this machine, since
 * requests are signed or secret. The value is not in the message, since it can contain a password.
 */
export function endpoint(read: Read, name: Variable): URL | undefined {
  const value = read(name);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw bad(name, "a URL that begins with https://");
  const isThisMachine = /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)$/.test(
    url.hostname,
  );
  if (url.protocol === "http:" && !isThisMachine) {
    throw bad(
      name,
      "a URL that begins with https:// (http:// is only for localhost, 127.0.0.1, [::1] and host.docker.internal)",
    );
  }
  return url;
}
