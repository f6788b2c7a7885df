// Writes to standard output and standard error directly. Opening the streams of Node.js loads its
// modules for terminals and sockets, which takes a third of the time of `--version`.

import { fstatSync, writeSync } from "node:fs";

export interface Output {
  readonly write: (text: string) => void;
  /** Waits until everything is written. */
  readonly flush: () => Promise<void>;
}

type Stream = "stdout" | "stderr";

const FD: Readonly<Record<Stream, number>> = { stdout: 1, stderr: 2 };

/**
 * Creates an output. `onError` is called for each text that cannot be written, for example with
 * EPIPE.
 */
export function createOutput(
  name: Stream,
  onError: (error: NodeJS.ErrnoException) => void,
): Output {
  let stream: NodeJS.WriteStream | undefined;
  function writeToStream(data: string | Buffer): void {
    stream ??= process[name].on("error", onError);
    stream.write(data);
  }
  return {
    write(text) {
      // Consoles of Windows need the stream's encoding.
      if (stream !== undefined || process.platform === "win32") return writeToStream(text);
      const rest = writeDirectly(FD[name], Buffer.from(text), onError);
      // Another process has made the pipe non-blocking, and its reader is slow: the stream waits
      // for it.
      if (rest !== undefined) writeToStream(rest);
    },
    async flush() {
      if (stream !== undefined)
        await new Promise<void>((resolve) => stream?.write("", () => resolve()));
    },
  };
}

/** Returns the bytes that a non-blocking pipe does not take now. */
function writeDirectly(
  fd: number,
  bytes: Buffer,
  onError: (error: NodeJS.ErrnoException) => void,
): Buffer | undefined {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code === "EAGAIN") return bytes.subarray(written);
    onError(failure);
  }
  return undefined;
}

/**
 * Looks at the file first: most runs have none, and `node:tty` is one of the modules that take
 * time.
 */
export function isTerminal(fd: number): boolean {
  return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd);
}
