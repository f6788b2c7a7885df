// Child process of function.ts: loads the bundle, returns one message per event, exits with its
// parent.

import type { FunctionReply } from "./function.ts";

interface FunctionCall {
  readonly id: number;
  readonly event: unknown;
  readonly awsRequestId: string;
}

const bundle = new URL(`../dist/${process.argv[2]}/index.mjs`, import.meta.url);
const { handler } = (await import(bundle.href)) as {
  handler(event: unknown, context: unknown): Promise<unknown>;
};

process.on("message", ({ id, event, awsRequestId }: FunctionCall) => {
  const reply = (rest: Omit<FunctionReply, "id">): void => {
    process.send?.({ id, ...rest });
  };
  handler(event, { awsRequestId }).then(
    (result) => reply({ result }),
    (error: unknown) => reply({ error: String(error) }),
  );
});
