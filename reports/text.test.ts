import { expect, test } from 'vitest';
import { escapeText, html, plain, shorten, trusted } from './text.ts';

test('values are escaped, markup is not, lists are joined', () => {
  const list = ['<b>', html`<i>${'"&\''}</i>`, 3, undefined, false] as const;
  expect(html`<p title="${'a"b'}">${list}</p>`.text).toBe('<p title="a&quot;b">&lt;b&gt;<i>&quot;&amp;&#39;</i>3</p>');
  expect(html`${trusted('<hr>')}`.text).toBe('<hr>');
});

test('invisible, reordering and ill-formed characters are written out', () => {
  expect(plain('a\u0000b\u001b[31m\u2028\u202e\ufeff\ud800c')).toBe(
    'a\\u0000b\\u001b[31m\\u2028\\u202e\\ufeff\\ud800c',
  );
  expect(plain('two\nlines\tand 🦦 é')).toBe('two lines and 🦦 é');
  expect(escapeText('</script>\u2029')).toBe('&lt;/script&gt;\\u2029');
});

test('a cut is shown', () => {
  expect(shorten('abcdef', 4)).toBe('abc…');
  expect(shorten('abcd', 4)).toBe('abcd');
});
