import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'dist-test/', 'node_modules/', 'src/lib/generated/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      // What is typed here is a password or a code: nothing of it may reach a log or the disk.
      'no-console': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-globals': ['error', 'localStorage', 'sessionStorage', 'indexedDB', 'caches', 'fetch', 'XMLHttpRequest', 'WebSocket'],
      'no-restricted-properties': [
        'error',
        { object: 'document', property: 'cookie', message: 'Nothing is stored by the page.' },
        { object: 'window', property: 'localStorage', message: 'Nothing is stored by the page.' },
        { object: 'window', property: 'sessionStorage', message: 'Nothing is stored by the page.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'CallExpression[callee.name="setInterval"]', message: 'A screen at rest wakes nothing: one timeout to the next change.' },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // A style attribute would need 'unsafe-inline' in the content security policy.
      'svelte/no-inline-styles': 'error',
      'svelte/no-target-blank': 'error',
      'svelte/button-has-type': 'error',
      'svelte/require-each-key': 'error',
      // Dates are replaced, never changed, and held in `$state.raw`.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-restricted-html-elements': [
        'error',
        { elements: ['select'], message: "A <select> opens a pop-up, which takes the cover's input grab away." },
        { elements: ['style'], message: 'Styles live in the component\'s own <style> block.' },
      ],
    },
  },
  {
    files: ['*.config.{js,ts}', 'tests/**/*.ts', 'src/**/*.test.ts'],
    languageOptions: { globals: { ...globals.node } },
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
