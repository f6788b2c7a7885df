// What the store keeps, and the little that the operations ask of whatever keeps it.

export type ParameterType = "String" | "StringList" | "SecureString";

/** The only one here: 4 KB a value, and free. */
export const TIER = "Standard";

/** What a writer decides. */
export interface ParameterContent {
  readonly value: string;
  readonly type: ParameterType;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** One version of one parameter. */
export interface ParameterVersion extends ParameterContent {
  /** From 1, never used twice while the parameter exists. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface Parameters {
  /** The versions that are kept, oldest first; never an empty list. */
  versions(name: string): readonly ParameterVersion[] | undefined;
  /** All names in alphabetical order. */
  names(): readonly string[];
  count(): number;
  /** How many there may be. */
  readonly limit: number;
  /** Appends a version and gives it back. */
  add(name: string, content: ParameterContent): ParameterVersion;
  /** False when there is no such parameter. */
  remove(name: string): boolean;
}

/** Where this store claims to be; its ARNs say so. */
export interface StoreLocation {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export function newest(parameters: Parameters, name: string): ParameterVersion | undefined {
  return parameters.versions(name)?.at(-1);
}

export const PARAMETER_TYPES: readonly ParameterType[] = ["SecureString", "StringList", "String"];

/** `parameter` and the name, with exactly one slash between them. */
export function parameterArn(location: StoreLocation, name: string): string {
  return `${arnPrefix(location)}${name.startsWith("/") ? name.slice(1) : name}`;
}

export function arnPrefix({ partition, region, account }: StoreLocation): string {
  return `arn:${partition}:ssm:${region}:${account}:parameter/`;
}
