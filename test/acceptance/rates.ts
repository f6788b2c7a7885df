// How many requests of Parameter Store the account's limits accept in a second. The AWS CLI is too
// slow for it.

import { GetParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

/** Above the documented limits, also those of higher throughput for writes. */
const PARALLEL = { read: 40, write: 10 };

/**
 * Counts accepted requests by the second in which their response came, without the first and the
 * last second. Throttled ones are not sent again. Throws another error.
 */
export async function acceptedRequests(
  region: string,
  operation: keyof typeof PARALLEL,
  names: readonly string[],
  seconds: number,
): Promise<number[]> {
  const client = new SSMClient({ region, maxAttempts: 1 });
  const counts: number[] = Array.from({ length: seconds + 2 }, () => 0);
  const start = performance.now();
  const second = () => Math.floor((performance.now() - start) / 1000);
  const send = (name: string) =>
    operation === "read"
      ? client.send(new GetParametersCommand({ Names: [name] }))
      : client.send(
          new PutParameterCommand({
            Name: name,
            Value: "acceptance",
            Type: "String",
            Overwrite: true,
          }),
        );

  async function repeat(name: string): Promise<void> {
    while (second() < seconds + 2) {
      try {
        await send(name);
        const at = second();
        counts[at] = (counts[at] ?? 0) + 1;
      } catch (error) {
        const isThrottled =
          error instanceof Error && /^(ThrottlingException|TooManyUpdates)$/.test(error.name);
        if (!isThrottled) throw error;
      }
    }
  }

  // Each name has one writer: Parameter Store refuses concurrent updates of one parameter.
  const workers = Array.from(
    { length: PARALLEL[operation] },
    (_, index) => `${names[index % names.length]}`,
  );
  await Promise.all(workers.map(repeat));
  client.destroy();
  return counts.slice(1, seconds + 1);
}
