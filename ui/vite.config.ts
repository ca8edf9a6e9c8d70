import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

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
  preview: { host: '127.0.0.1' },
  server: { host: '127.0.0.1' },
}));
