import type { ReaderView } from './generated/bindings';

/** Whether a badge can be tapped somewhere here. */
export function canTap(reader: ReaderView): boolean {
  return reader === 'ready' || reader === 'some_faulty';
}
