/** The three themes of `tokens.css`. */
export type Theme = 'light' | 'dark' | 'contrast';

const MORE_CONTRAST = '(prefers-contrast: more)';
const DARK = '(prefers-color-scheme: dark)';

/**
 * Follows what the system asks for, unless the page came with a theme of its own. Returns the function that stops it.
 */
export function followTheme(page: Document, matchMedia: (query: string) => MediaQueryList): () => void {
  const root = page.documentElement;
  if (root.dataset['theme'] !== undefined) {
    return () => undefined;
  }
  const queries = [MORE_CONTRAST, DARK].map((query) => matchMedia(query));
  const apply = () => {
    const [moreContrast, dark] = queries;
    let theme: Theme = 'light';
    if (moreContrast?.matches === true) {
      theme = 'contrast';
    } else if (dark?.matches === true) {
      theme = 'dark';
    }
    root.dataset['theme'] = theme;
  };
  apply();
  for (const query of queries) {
    query.addEventListener('change', apply);
  }
  return () => {
    for (const query of queries) {
      query.removeEventListener('change', apply);
    }
  };
}
