import { describe, expect, it } from 'vitest';
import { rowsOf, type Layer } from './layouts';

const LAYERS: Layer[] = ['letters', 'symbols', 'accents', 'digits'];

describe.each(['en', 'es'] as const)('the keys on screen in %s', (language) => {
  const letters = (layer: Layer) => rowsOf(layer, language).flat().flatMap((key) => ('letter' in key ? [key.letter] : []));
  const acts = (layer: Layer) => rowsOf(layer, language).flat().flatMap((key) => ('act' in key ? [key.act] : []));

  it.each(LAYERS)('are at most ten in a row, each once: %s', (layer) => {
    for (const row of rowsOf(layer, language)) {
      expect(row.length).toBeLessThanOrEqual(10);
    }
    expect(new Set(letters(layer)).size).toBe(letters(layer).length);
    expect(new Set(acts(layer)).size).toBe(acts(layer).length);
  });

  it('have every character that a plain keyboard types', () => {
    const typed = new Set(LAYERS.flatMap(letters).flatMap((letter) => [letter, letter.toUpperCase()]));

    for (let code = 0x21; code < 0x7f; code += 1) {
      expect(typed).toContain(String.fromCharCode(code));
    }
    for (const letter of 'ñÑáéíóúüÁÉÍÓÚÜ¿¡') {
      expect(typed).toContain(letter);
    }
  });

  it.each(LAYERS)('take back, send and go away from each layer: %s', (layer) => {
    for (const act of ['backspace', 'enter', 'hide']) {
      expect(acts(layer)).toContain(act);
    }
  });
});

it('have ñ among the letters in Spanish', () => {
  expect(rowsOf('letters', 'es').flat()).toContainEqual({ letter: 'ñ' });
});
