// A request to the hostile server, and its response.

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The received bytes, for a server that echoes them. */
  readonly raw: string;
  /** Such as `ssm.GetParameters`. */
  readonly operation: string;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
