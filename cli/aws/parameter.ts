// Parameters and their versions, as Parameter Store returns them.

import type { Parameter, ParameterHistory } from "@aws-sdk/client-ssm";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";

export interface Stored extends StoredParameter {
  readonly name: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Its AWS account, if the API returned the ARN. */
  readonly account?: string;
}

export interface Version extends Stored {
  /** ARN of the identity that wrote it. */
  readonly by: string;
  readonly description: string;
}

export function stored({ Name = "", Value = "", Type, Version = 0, LastModifiedDate, ARN }: Parameter): Stored {
  return {
    name: Name,
    value: Value,
    secure: Type === "SecureString",
    version: Version,
    modified: LastModifiedDate?.getTime() ?? 0,
    ...(ARN !== undefined && { account: ARN.split(":")[4] ?? "" }),
  };
}

export function version(history: ParameterHistory): Version {
  return { ...stored(history), by: history.LastModifiedUser ?? "", description: history.Description ?? "" };
}
