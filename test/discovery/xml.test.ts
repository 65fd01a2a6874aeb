import { describe, expect, it } from 'vitest';
import { childrenOf, largestDocument, parseXml, textOf, XmlRefused } from '../../src/discovery/xml.js';

const refusedBecause = (text: string): string => {
  try {
    parseXml(text);
  } catch (error) {
    if (error instanceof XmlRefused) return error.message;
    throw error;
  }
  throw new Error('The document was read.');
};

describe('an XML document of somebody else', () => {
  it('is read in its order, with attributes, and with characters that had to be escaped', () => {
    const root = parseXml('<?xml version="1.0"?><a><!-- no --><b kind="x &lt; y">1</b><c><![CDATA[2 < 3]]></c><b>R&amp;D &#228;&#xF6;</b></a>');
    expect(root.children.map(({ name }) => name)).toEqual(['b', 'c', 'b']);
    expect(childrenOf(root, 'b').map(({ text }) => text)).toEqual(['1', 'R&D äö']);
    expect(root.children[0]?.attributes.get('kind')).toBe('x < y');
    expect(textOf(root, 'c')).toBe('2 < 3');
    expect(textOf(root, 'nothing')).toBe('');
  });

  it('is taken as text: what looks like a number is none', () => {
    expect(textOf(parseXml('<a><port>0993</port></a>'), 'port')).toBe('0993');
  });

  it.each([
    [
      'entities within entities',
      `<!DOCTYPE a [<!ENTITY x "ha">${Array.from({ length: 20 }, (_, index) => `<!ENTITY x${index} "&x${index - 1};&x${index - 1};">`).join('')}]><a>&x19;</a>`,
      'The document has a DOCTYPE.',
    ],
    ['a file of this machine as an entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'The document has a DOCTYPE.'],
    ['a DOCTYPE from elsewhere', '<!doctype a SYSTEM "https://example.com/a.dtd"><a/>', 'The document has a DOCTYPE.'],
    ['more than can be nested by anybody who means well', `${'<a>'.repeat(30)}${'</a>'.repeat(30)}`, 'The document is no well-formed XML.'],
    ['ten megabytes', `<a>${'x'.repeat(10 * 1024 * 1024)}</a>`, 'The document is too large.'],
    ['one byte too much', `<a>${'x'.repeat(largestDocument - 6)}</a>`, 'The document is too large.'],
    ['an element without an end', '<a><b></a>', 'The document is no well-formed XML.'],
    ['no element', '<?xml version="1.0"?>', 'The document is no well-formed XML.'],
    ['nothing', '', 'The document is no well-formed XML.'],
    [
      'an element named so that objects would work differently',
      '<a><__proto__><polluted>yes</polluted></__proto__></a>',
      'The document is no well-formed XML.',
    ],
    ['text alone', 'Not found', 'The document is no well-formed XML.'],
  ])('with %s is refused', (_what, text, reason) => {
    expect(refusedBecause(text)).toBe(reason);
  });

  it('expands no entity but those that XML itself has', () => {
    expect(parseXml('<a>&secret; &amp;secret; &amp;lt;</a>').text).toBe('&secret; &secret; &lt;');
  });

  it('of the largest size, and with any nesting that settings need, is read', () => {
    expect(parseXml(`<a>${'x'.repeat(largestDocument - 7)}</a>`).name).toBe('a');
    expect(parseXml(`${'<a>'.repeat(10)}${'</a>'.repeat(10)}`).name).toBe('a');
  });
});
