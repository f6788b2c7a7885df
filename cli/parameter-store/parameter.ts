// Parameters as they stand in Parameter Store, with what tells one version from the next.

import type { Parameter, ParameterHistory } from "@aws-sdk/client-ssm";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";

export interface Stored extends StoredParameter {
  readonly name: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface Version extends Stored {
  /** The ARN of whoever wrote it. */
  readonly by: string;
}

export function stored({ Name = "", Value = "", Type, Version = 0, LastModifiedDate }: Parameter): Stored {
  return {
    name: Name,
    value: Value,
    secure: Type === "SecureString",
    version: Version,
    modified: LastModifiedDate?.getTime() ?? 0,
  };
}

export function version(history: ParameterHistory): Version {
  return { ...stored(history), by: history.LastModifiedUser ?? "" };
}
