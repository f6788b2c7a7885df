// The ports of the sandbox's services, which a restart keeps.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { SandboxFiles } from "./sandbox-files.ts";

export const DEFAULT_PORTS = {
  gateway: 8320,
  sts: 8321,
  store: 8322,
  query: 8323,
  issuer: 8324,
  logs: 8325,
};

export type ServiceName = keyof typeof DEFAULT_PORTS;

/**
 * Starts each service on its port of the last start, so that kubeconfigs stay valid, or on any free
 * port if it is in use.
 */
export function portsOf({ ports: file }: SandboxFiles) {
  const earlier: Partial<Record<ServiceName, number>> = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : {};
  const ports: Partial<Record<ServiceName, number>> = {};
  return {
    async onPort<T extends { readonly url: string }>(
      service: ServiceName,
      start: (port: number) => Promise<T>,
    ): Promise<T> {
      const started = await start(earlier[service] ?? DEFAULT_PORTS[service]).catch(
        (error: unknown) => {
          if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
            return start(0);
          throw error;
        },
      );
      ports[service] = Number(new URL(started.url).port);
      return started;
    },
    /** Writes the ports for the next start. Returns those of the last start that others use. */
    writePorts(): Readonly<Partial<Record<ServiceName, number>>> {
      writeFileSync(file, JSON.stringify(ports));
      const moved = Object.entries(earlier).filter(
        ([service, port]) => ports[service as ServiceName] !== port,
      );
      return Object.fromEntries(moved);
    },
  };
}
