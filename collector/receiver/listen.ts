import type { AddressInfo, Server } from 'node:net';

/** Both, so that `localhost` works however it resolves. */
export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1'];

/** More are turned away, so that idle ones cannot use up the process's file descriptors. */
const MAX_CONNECTION_COUNT = 20_000;

/** How often another free port is tried, where one was free on the first address and is not on the next. */
const FREE_PORT_TRIES = 5;

/**
 * Opens one port on all `hosts`, each with a server of its own; 0 is any port that is free on all of them. Rejects with
 * Node's error, nothing left open.
 */
export async function listenOnHosts<T extends Server>(
  hosts: readonly string[],
  port: number,
  createServer: () => T,
): Promise<{ readonly servers: readonly T[]; readonly port: number }> {
  for (let tries = 1; ; tries++) {
    const servers: T[] = [];
    let boundPort = port;
    try {
      for (const host of hosts) {
        const server = createServer();
        server.maxConnections = MAX_CONNECTION_COUNT;
        try {
          await listening(server, host, boundPort);
        } catch (error) {
          // A machine without IPv6 has one loopback only.
          if (servers.length > 0 && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(codeOf(error))) continue;
          throw error;
        }
        servers.push(server);
        boundPort = (server.address() as AddressInfo).port;
      }
      return { servers, port: boundPort };
    } catch (error) {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      const isOurChoice = port === 0 && codeOf(error) === 'EADDRINUSE';
      if (!isOurChoice || tries === FREE_PORT_TRIES) throw error;
    }
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
