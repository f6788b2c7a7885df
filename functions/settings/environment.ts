// Settings out of the environment: how a value is read, and how a bad one is refused with its name.

import { SettingInvalid } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a setting; `undefined` where it is not set. */
export type Read = (name: string) => string | undefined;

/** An empty string means not set: `sam local` passes one for what it could not resolve. */
export function readFrom(environment: Environment): Read {
  return (name) => environment[name] || undefined;
}

/** `expected` goes on after "must be"; `value` is what was given instead, where it may be shown. */
export function bad(name: string, expected: string, value?: string): SettingInvalid {
  const shown = value === undefined ? "" : `, not ${JSON.stringify(value.slice(0, 100))}`;
  return new SettingInvalid(`${name} must be ${expected}${shown}`);
}

export function required(name: string, expected: string): SettingInvalid {
  return new SettingInvalid(`${name} is required: ${expected}`);
}

/** Throws `SettingInvalid`, like all below, where the value is not of this form. */
export function matching(read: Read, name: string, pattern: RegExp, expected: string): string | undefined {
  const value = read(name);
  if (value !== undefined && !pattern.test(value)) throw bad(name, expected, value);
  return value;
}

export function oneOf<T extends string>(read: Read, name: string, values: readonly T[]): T | undefined {
  const value = read(name);
  const known = values.find((candidate) => candidate === value);
  if (value !== undefined && known === undefined) throw bad(name, `one of ${values.join(", ")}`, value);
  return known;
}

export function list(read: Read, name: string, separator = ","): string[] | undefined {
  const value = read(name);
  const items = value?.split(separator).map((item) => item.trim());
  if (items?.includes("")) throw bad(name, `a list separated by "${separator}", without an empty item`, value);
  return items;
}

/** A list of items that each match `pattern`; `expected` says what such items are, in the plural. */
export function listOf(read: Read, name: string, pattern: RegExp, expected: string): string[] | undefined {
  const items = list(read, name);
  const wrong = items?.find((item) => !pattern.test(item));
  if (wrong !== undefined) throw bad(name, `a list of ${expected}`, wrong);
  return items;
}

/**
 * Where an AWS service is asked. What is sent there is signed or secret: plain HTTP only where it does not leave the
 * machine. The value is not shown, since it may hold a password.
 */
export function endpoint(read: Read, name: string): URL | undefined {
  const value = read(name);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") throw bad(name, "a URL that begins with https://");
  const isThisMachine = /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)$/.test(url.hostname);
  if (url.protocol === "http:" && !isThisMachine) {
    throw bad(
      name,
      "a URL that begins with https:// (http:// is only for localhost, 127.0.0.1, [::1] and host.docker.internal)",
    );
  }
  return url;
}
