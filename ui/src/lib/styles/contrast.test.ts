import { describe, expect, it } from 'vitest';
import css from './tokens.css?raw';

/** WCAG 2.2, 1.4.3 and 1.4.11. */
const FOR_TEXT = 4.5;
const FOR_SHAPES = 3;

describe.each(['light', 'dark', 'contrast'])('the %s theme', (theme) => {
  const colours = coloursOf(theme);

  it.each(['text', 'text-quiet', 'accent', 'ok', 'warn', 'danger'])('reads %s on ground and surface', (name) => {
    expect(contrast(colour(colours, name), colour(colours, 'ground'))).toBeGreaterThanOrEqual(FOR_TEXT);
    expect(contrast(colour(colours, name), colour(colours, 'surface'))).toBeGreaterThanOrEqual(FOR_TEXT);
  });

  it('reads the words on its buttons', () => {
    expect(contrast(colour(colours, 'on-accent'), colour(colours, 'accent'))).toBeGreaterThanOrEqual(FOR_TEXT);
  });

  it.each(['line', 'accent'])('shows %s as a shape', (name) => {
    expect(contrast(colour(colours, name), colour(colours, 'ground'))).toBeGreaterThanOrEqual(FOR_SHAPES);
    expect(contrast(colour(colours, name), colour(colours, 'surface'))).toBeGreaterThanOrEqual(FOR_SHAPES);
  });

  it('names the same colours as every other', () => {
    expect([...colours.keys()].sort()).toEqual([...coloursOf('light').keys()].sort());
  });
});

describe('the high-contrast theme', () => {
  it('reads its text at 7:1', () => {
    const colours = coloursOf('contrast');

    for (const name of ['text', 'text-quiet', 'accent', 'ok', 'warn', 'danger']) {
      expect(contrast(colour(colours, name), colour(colours, 'ground'))).toBeGreaterThanOrEqual(7);
    }
  });
});

describe('the tokens', () => {
  it('are a scale of six sizes', () => {
    const first = /:root \{([^}]*)\}/.exec(css)?.[1] ?? '';

    expect(first.match(/--text-\d:/g)).toHaveLength(6);
  });

  it('measure 1.0 for the same colour and 21 for black on white', () => {
    expect(contrast('#123456', '#123456')).toBe(1);
    expect(contrast('#000000', '#ffffff')).toBe(21);
  });
});

function coloursOf(theme: string): Map<string, string> {
  const block = new RegExp(`:root\\[data-theme='${theme}'\\] \\{([^}]*)\\}`).exec(css)?.[1];
  if (block === undefined) {
    throw new Error(`tokens.css has no theme ${theme}.`);
  }
  return new Map([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
}

function colour(colours: Map<string, string>, name: string): string {
  const found = colours.get(name);
  if (found === undefined) {
    throw new Error(`There is no colour ${name}.`);
  }
  return found;
}

/** The ratio of WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
