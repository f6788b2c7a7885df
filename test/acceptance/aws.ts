// Calls AWS APIs through the AWS CLI, with the API's JSON as input and output.

import type { Credentials, World } from "./world.ts";

export class AwsError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "AwsError";
    this.code = code;
  }
}

export interface CallOptions {
  readonly as?: Credentials;
  /** Additional arguments that JSON cannot carry, such as `--body <file>`. */
  readonly words?: readonly string[];
}

export type Aws = <T>(
  service: string,
  operation: string,
  input?: object,
  options?: CallOptions,
) => Promise<T>;

/**
 * `T` is the type of the response. Throws `AwsError` with AWS's error code, or `unknown` without
 * one.
 */
export function awsOf(world: World): Aws {
  return async <T>(
    service: string,
    operation: string,
    input: object = {},
    options: CallOptions = {},
  ): Promise<T> => {
    const { as, words = [] } = options;
    const args = [
      service,
      operation,
      "--region",
      world.region,
      "--output",
      "json",
      "--cli-input-json",
    ];
    const credentials = as === undefined ? {} : { credentials: as };
    const ran = await world.run("aws", [...args, JSON.stringify(input), ...words], credentials);
    if (ran.exitCode === 0) return (ran.stdout.trim() === "" ? {} : JSON.parse(ran.stdout)) as T;
    const [, code = "unknown"] = /An error occurred \((\w+(?:\.\w+)*)\)/.exec(ran.stderr) ?? [];
    throw new AwsError(code, `aws ${service} ${operation}: ${ran.stderr.trim()}`);
  };
}

export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AwsError && isMissing(error)) return undefined;
    throw error;
  }
}

/** CloudFormation reports a missing stack as a ValidationError. */
function isMissing({ code, message }: AwsError): boolean {
  return (
    /NotFound|NoSuch|DoesNotExist/.test(code) || /does not exist|cannot be found/i.test(message)
  );
}
