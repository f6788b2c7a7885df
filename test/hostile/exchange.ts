// A request as the hostile server reads it, and an answer before it is sent.

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything that was received, for a server that echoes it. */
  readonly raw: string;
  /** Such as `ssm.GetParameters`. */
  readonly operation: string;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
