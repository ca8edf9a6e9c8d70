import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/**
 * What the agent serves the page with. `vite preview` sends the same, so that whatever would break under it in the
 * agent breaks in the browser tests first.
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self'; img-src 'self'; connect-src ipc: http://ipc.localhost; object-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export default defineConfig(({ mode, command }) => ({
  plugins: [svelte()],
  // Only an explicit test build or the development server can play without an agent.
  define: { __FAKE_BACKEND__: JSON.stringify(mode === 'test' || command === 'serve') },
  base: './',
  build: {
    outDir: mode === 'test' ? 'dist-test' : 'dist',
    emptyOutDir: true,
    // One bundle, no data: URLs, no inline script: the content security policy allows files of our own, nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Safari 16.4 stands for WebKitGTK 2.40, chrome 111 for WebView2 of the same year.
    target: ['safari16.4', 'chrome111'],
    rollupOptions: { input: { lock: 'lock.html' } },
  },
  preview: {
    host: '127.0.0.1',
    headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY },
  },
  server: { host: '127.0.0.1' },
}));
