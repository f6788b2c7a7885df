// How long something takes, in the words of a progress bar.

/** `undefined` for less than two seconds, which nobody needs to be told. */
export function duration(seconds: number): string | undefined {
  const whole = Math.ceil(seconds);
  if (whole < 2) return undefined;
  if (whole < 120) return `${whole} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
