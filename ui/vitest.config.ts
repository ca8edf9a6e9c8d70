import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Component tests: every screen, notice and behaviour, in a simulated page. */
export default defineConfig({
  plugins: [svelte()],
  define: { __FAKE_BACKEND__: 'true' },
  resolve: { conditions: ['browser'] },
  test: {
    environment: 'happy-dom',
    // The contrast is computed from the tokens as they stand.
    css: { include: /tokens\.css/ },
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test_setup.ts'],
    // The clock on the wall is the ward's, wherever the tests run.
    env: { TZ: 'America/New_York' },
  },
});
