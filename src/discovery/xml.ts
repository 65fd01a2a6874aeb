import { XMLParser } from 'fast-xml-parser';

/** An element of an XML document, with what is in it in the document's order. Names are without their namespace prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly in it, without spaces around. */
  readonly text: string;
}

/** It is no XML document that this service reads: malformed, too large, too deep, or one with a DOCTYPE. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused';
}

/** In bytes. The largest files of Thunderbird's database have 10 KB. */
export const largestDocument = 262_144;
const deepestNesting = 20;

/** Entities are never expanded but for XML's own five and characters by number, after parsing; a document that declares any is refused before. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: deepestNesting,
});

/** The root element of a document that somebody else wrote. @throws {XmlRefused} */
export function parseXml(text: string): XmlElement {
  if (Buffer.byteLength(text) > largestDocument) throw new XmlRefused('The document is too large.');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new XmlRefused('The document has a DOCTYPE.');
  const [root] = elementsIn(parsed(text));
  if (root === undefined) throw new XmlRefused('The document has no element.');
  return root;
}

/** The elements of the name that are directly in the element. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first element of the name that is directly in the element; empty where there is none. */
export function textOf(element: XmlElement, name: string): string {
  return childrenOf(element, name)[0]?.text ?? '';
}

function parsed(text: string): unknown {
  try {
    return parser.parse(text, true);
  } catch (error) {
    throw new XmlRefused('The document is no well-formed XML.', { cause: error });
  }
}

/** The parser makes a list of nodes: an object with the element's name as its key, and its attributes under `:@`. */
function elementsIn(nodes: unknown): readonly XmlElement[] {
  return entriesOf(nodes)
    .filter(({ name }) => name !== '#text')
    .map(({ name, content, attributes }) => ({ name, attributes: textsIn(attributes), children: elementsIn(content), text: textIn(content) }));
}

function textIn(nodes: unknown): string {
  const texts = entriesOf(nodes).flatMap(({ name, content }) => (name === '#text' && typeof content === 'string' ? [content] : []));
  return decoded(texts.join('')).trim();
}

function textsIn(attributes: unknown): ReadonlyMap<string, string> {
  if (typeof attributes !== 'object' || attributes === null) return new Map();
  return new Map(Object.entries(attributes).flatMap(([name, value]) => (typeof value === 'string' ? [[name, decoded(value)] as const] : [])));
}

function entriesOf(nodes: unknown): readonly { readonly name: string; readonly content: unknown; readonly attributes: unknown }[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown) => {
    if (typeof node !== 'object' || node === null) return [];
    const entries = Object.entries(node);
    const attributes: unknown = entries.find(([name]) => name === ':@')?.[1];
    return entries.filter(([name]) => name !== ':@').map(([name, content]: [string, unknown]) => ({ name, content, attributes }));
  });
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** XML 1.0, sections 4.1 and 4.6. A number that is no character stays as it is written. */
function decoded(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g, (whole, name?: string, decimal?: string, hexadecimal?: string) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
