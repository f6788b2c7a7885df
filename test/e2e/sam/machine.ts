// The architecture of functions that run on this machine.

/** AWS's name. */
export function machine(): "x86_64" | "arm64" {
  return process.arch === "arm64" ? "arm64" : "x86_64";
}
