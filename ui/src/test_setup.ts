import { cleanup } from '@testing-library/svelte';
import { afterEach, beforeEach, vi } from 'vitest';

// Saturday 21 November 2026, 07:02 on the ward.
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-21T12:02:20Z') });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});
