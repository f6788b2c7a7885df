// Settings out of the environment: how a value is read, and how a bad one is refused with its name.

import { SettingInvalid } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a setting; `undefined` where it is not set. */
export type Read = (name: string) => string | undefined;

/** An empty string means not set: `sam local` passes one for what it could not resolve. */
export function readFrom(environment: Environment): Read {
  return (name) => environment[name] || undefined;
}

export function bad(name: string, problem: string): SettingInvalid {
  return new SettingInvalid(`${name} ${problem}`);
}

/** Throws `SettingInvalid`, like all below, where the value is not of this form. */
export function matching(read: Read, name: string, pattern: RegExp): string | undefined {
  const value = read(name);
  if (value !== undefined && !pattern.test(value)) throw bad(name, `must match ${pattern.source}`);
  return value;
}

export function oneOf<T extends string>(read: Read, name: string, values: readonly T[]): T | undefined {
  const value = read(name);
  const known = values.find((candidate) => candidate === value);
  if (value !== undefined && known === undefined) throw bad(name, `must be one of ${values.join(", ")}`);
  return known;
}

export function list(read: Read, name: string, separator = ","): string[] | undefined {
  const items = read(name)
    ?.split(separator)
    .map((item) => item.trim());
  if (items?.includes("")) throw bad(name, "has an empty item");
  return items;
}

export function url(read: Read, name: string): URL | undefined {
  const value = read(name);
  if (value === undefined) return undefined;
  const endpoint = URL.canParse(value) ? new URL(value) : undefined;
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol)) throw bad(name, "must be an http(s):// URL");
  return endpoint;
}
