// A value that was checked, or its problem.

export type Checked<T> = { readonly valid: true; readonly value: T } | Invalid;

export interface Invalid {
  readonly valid: false;
  /** A phrase for an operator. */
  readonly problem: string;
}

export function invalid(problem: string): Invalid {
  return { valid: false, problem };
}
