// Options of the AWS SDK's clients for local services.

/** Without retries. */
export function sdkOptions(endpoint: string) {
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" };
  return { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
}
