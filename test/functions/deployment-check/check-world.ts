// The handler of the deployment check with a good version, whose services a test can replace.

import assert from "node:assert/strict";
import {
  type CheckDependencies,
  type CheckOptions,
  createCheckHandler,
} from "../../../functions/deployment-check/handler.ts";

export const OPTIONS: CheckOptions = {
  versionArn: "version",
  liveArn: "live",
  mappingPrefix: "/iam-authenticator/test",
  settingsName: "/iam-authenticator/test/settings/test",
  stackName: "IamAuthenticator-test",
  partition: "aws",
  callerAuth: "bearer",
  callerSubject: undefined,
  tokens: "any",
  compareStoredValues: true,
  stsRegion: "us-east-1",
};
export const REFUSAL = {
  statusCode: 401,
  body: JSON.stringify({ kind: "Status", message: "caller_refused: no" }),
};
const ACCEPTED = { validity: [[true]], accounts: [] };
export const STORED = [
  ["/iam-authenticator/test/account/111122223333", { value: "{}", secure: false }],
] as const;

type Calls = Pick<CheckDependencies, "invoke" | "readPage" | "readTags" | "report">;

export interface World extends Partial<CheckDependencies> {
  readonly readOptions?: () => CheckOptions;
  /** How many first calls IAM denies. */
  readonly denials?: Partial<Record<keyof Calls, number>>;
}

/** A good version with one stored value, in a time that passes only while the check sleeps. */
export function world({ readOptions = () => OPTIONS, denials = {}, ...changes }: World = {}) {
  let now = 0;
  const clock = changes.clock ?? (() => now);
  const reported: string[] = [];
  const printed: string[] = [];
  const calls: Record<keyof Calls, number[]> = {
    invoke: [],
    readPage: [],
    readTags: [],
    report: [],
  };
  const good: CheckDependencies = {
    invoke: async (_, event) =>
      "storedParameters" in event ? { statusCode: 200, body: JSON.stringify(ACCEPTED) } : REFUSAL,
    readPage: async () => ({ parameters: STORED, next: undefined }),
    readTags: async () => ({ "iam-authenticator:managed-by": OPTIONS.stackName }),
    report: async (_deployment, _execution, status) => void reported.push(status),
    clock,
    sleep: async (ms) => {
      now += ms;
    },
    print: (line) => printed.push(line),
    ...changes,
  };
  function counted<A extends unknown[], T>(name: keyof Calls, call: (...given: A) => Promise<T>) {
    return async (...given: A): Promise<T> => {
      calls[name].push(clock());
      return calls[name].length > (denials[name] ?? 0) ? call(...given) : denied();
    };
  }
  const handler = createCheckHandler(readOptions, {
    ...good,
    invoke: counted("invoke", good.invoke),
    readPage: counted("readPage", good.readPage),
    readTags: counted("readTags", good.readTags),
    report: counted("report", good.report),
  });
  return {
    reported,
    calls,
    run: () => handler({ DeploymentId: "d-1", LifecycleEventHookExecutionId: "e-1" }),
    line: () => {
      assert.equal(printed.length, 1, printed.join("\n"));
      return JSON.parse(printed[0] ?? "") as {
        status: string;
        version?: string;
        problems: string[];
        warnings: string[];
      };
    },
  };
}

export function denied(): never {
  const error = { name: "AccessDeniedException", $fault: "client", $metadata: {} };
  throw Object.assign(new Error("not authorized"), error);
}
