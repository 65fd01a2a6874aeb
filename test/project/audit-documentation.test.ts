import { describe, expect, it } from 'vitest';
import { eventCatalogue } from '../../src/domain/event-catalogue.js';
import { readText } from './repository.js';

const [, section = ''] = /\n## What is recorded, and what is not\n(.*?)\n## /s.exec(readText('docs/audit.md')) ?? [];
const rows = section.split('\n').filter((line) => line.startsWith('|'));
const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name));

describe('docs/audit.md', () => {
  it('says of every entry that there is when it is recorded, once, and names no other', () => {
    expect([...named].sort()).toEqual(Object.keys(eventCatalogue).sort());
  });
});
