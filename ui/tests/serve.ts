import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    origin: string;
  }
}

/** Serves the test build as the agent serves the page, on a free port of the loopback. */
export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  const server = await preview({
    mode: 'test',
    preview: { port: 0, open: false, headers: { 'Content-Security-Policy': contentSecurityPolicy() } },
    logLevel: 'error',
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The preview server has no port.');
  }
  project.provide('origin', `http://127.0.0.1:${address.port.toString()}`);
  return () => server.close();
}

/** The agent's own, so that whatever would break under it breaks here first. */
function contentSecurityPolicy(): string {
  const path = join(import.meta.dirname, '..', '..', 'src-tauri', 'tauri.conf.json');
  const { app } = JSON.parse(readFileSync(path, 'utf8')) as { app: { security: { csp: Record<string, string> } } };
  return Object.entries(app.security.csp)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}
