// The parameter types, the interface between operations and storage, and a storage in memory.

export type ParameterType = "String" | "StringList" | "SecureString";

/** The only supported tier: values up to 4 KB. */
export const TIER = "Standard";

/** The fields that a write sets. */
export interface ParameterContent {
  readonly value: string;
  readonly type: ParameterType;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ParameterVersion extends ParameterContent {
  /** 1 or more, unique while the parameter exists. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface ParameterStorage {
  /** The stored versions, oldest first; never empty. */
  versions(name: string): readonly ParameterVersion[] | undefined;
  /** All names, sorted. */
  names(): readonly string[];
  count(): number;
  /** Maximum number of parameters. */
  readonly limit: number;
  /** Appends a version and returns it. */
  add(name: string, content: ParameterContent): ParameterVersion;
  /** Returns false if the parameter does not exist. */
  remove(name: string): boolean;
}

/** Used in the store's ARNs. */
export interface StoreLocation {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export function newest(parameters: ParameterStorage, name: string): ParameterVersion | undefined {
  return parameters.versions(name)?.at(-1);
}

export const PARAMETER_TYPES: readonly ParameterType[] = ["SecureString", "StringList", "String"];

/** The ARN has exactly one slash between `parameter` and the name. */
export function parameterArn(location: StoreLocation, name: string): string {
  return `${arnPrefix(location)}${name.startsWith("/") ? name.slice(1) : name}`;
}

export function arnPrefix({ partition, region, account }: StoreLocation): string {
  return `arn:${partition}:ssm:${region}:${account}:parameter/`;
}

const MAX_VERSIONS = 100;
const MAX_PARAMETERS = 10_000;

/** Keeps parameters in memory, at first none. `now` returns the modification time of new versions. */
export function memoryParameters(now: () => number, limit = MAX_PARAMETERS): ParameterStorage {
  const kept = new Map<string, ParameterVersion[]>();
  // Cached, since listing N parameters reads all names N/10 times.
  let sorted: string[] | undefined;

  return {
    versions: (name) => kept.get(name),
    names() {
      sorted ??= [...kept.keys()].sort();
      return sorted;
    },
    count: () => kept.size,
    limit,
    add(name, content) {
      const before = kept.get(name) ?? [];
      const added = { ...content, version: (before.at(-1)?.version ?? 0) + 1, modified: now() };
      if (before.length === 0) sorted = undefined;
      kept.set(name, [...before, added].slice(-MAX_VERSIONS));
      return added;
    },
    remove(name) {
      sorted = undefined;
      return kept.delete(name);
    },
  };
}
