import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** Uncompressed; the agent's binary carries it. */
const SIZE_BYTES_MAX = 140_000;

describe('what the agent ships', () => {
  // Beside the product, which a build of the agent may be reading right now.
  const folder = mkdtempSync(join(tmpdir(), 'tapward-ui-bundle-'));
  const files = new Map<string, string>();
  beforeAll(() => {
    const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
    execFileSync(process.execPath, [vite, 'build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production' },
    });
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (statSync(join(folder, name)).isFile()) {
        files.set(name, readFileSync(join(folder, name), 'utf8'));
      }
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is one page, one script and one style sheet', () => {
    const kinds = [...files.keys()].map((name) => name.split('.').at(-1)).sort();

    expect(files.has('lock.html')).toBe(true);
    expect(kinds).toEqual(['css', 'html', 'js']);
  });

  it('holds nothing of the fake agent', () => {
    for (const text of files.values()) {
      expect(text).not.toMatch(/tapwardFake|St\. Example|URLSearchParams|correct horse/);
    }
  });

  it('needs nothing that the content security policy forbids', () => {
    const page = files.get('lock.html') ?? '';

    expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\son\w+=|https?:|data:/);
    for (const [name, text] of files) {
      if (name.endsWith('.js')) {
        expect(text).not.toMatch(/\beval\(|new Function\(|localStorage|sessionStorage|indexedDB/);
      }
      if (name.endsWith('.css')) {
        expect(text).not.toMatch(/url\(|@import/);
      }
    }
  });

  it('is small', () => {
    const sizes = Object.fromEntries([...files].map(([name, text]) => [name, Buffer.byteLength(text)]));
    process.stdout.write(`sizes in bytes: ${JSON.stringify(sizes)}\n`);

    expect(Object.values(sizes).reduce((sum, size) => sum + size, 0)).toBeLessThan(SIZE_BYTES_MAX);
  });
});
