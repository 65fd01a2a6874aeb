import { describe, expect, it } from 'vitest';
import { apiTokenStream, emailAccountStream, securityLogStream } from '../../src/domain/streams.js';

describe('a stream', () => {
  it('is one for an account, however its id is written', () => {
    expect(emailAccountStream('Sales-EMEA')).toBe('emailAccount-sales-emea');
    expect(emailAccountStream('SALES-emea')).toBe(emailAccountStream('sales-EMEA'));
  });
  it('is one for a token', () => expect(apiTokenStream('tok_7F3a')).toBe('apiToken-tok_7F3a'));
  it.each([
    ['2026-11-30T23:59:59.999Z', 'securityLog-2026-11'],
    ['2026-12-01T00:00:00.000Z', 'securityLog-2026-12'],
    ['2026-12-01T00:30:00.000+01:00', 'securityLog-2026-11'],
  ])('of what was attempted at %s is %s: one a month, by UTC', (at, stream) => expect(securityLogStream(new Date(at))).toBe(stream));
});
