import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checked, TextProblem } from '../../src/domain/text/checked.js';
import { checkEmailAddress } from '../../src/domain/text/email-address.js';
import { checkEntityName } from '../../src/domain/text/entity-name.js';
import { checkHost, checkPort, isIpAddress } from '../../src/domain/text/host.js';
import { checkLine, checkMailboxName, checkParagraph, checkUserId } from '../../src/domain/text/line.js';

const checkName = (text: string) => checkLine(text, { label: 'The account name', maximum: 128 });
const checkReason = (text: string) => checkParagraph(text, { label: 'The reason', maximum: 500 });

const checks: Readonly<Record<string, (text: string) => Checked<string>>> = {
  line: checkName,
  paragraph: checkReason,
  'user ID': checkUserId,
  'mailbox name': checkMailboxName,
  'entity name': checkEntityName,
  'email address': checkEmailAddress,
  host: checkHost,
};

/** What no field that can reach a mail header may hold, class by class. */
const forbidden: Readonly<Record<string, readonly number[]>> = {
  'C0 controls and DEL': [...span(0, 0x1f), 0x7f],
  'C1 controls': span(0x80, 0x9f),
  'line and paragraph separators': [0x2028, 0x2029],
  'bidirectional controls': [0x061c, 0x200e, 0x200f, ...span(0x202a, 0x202e), ...span(0x2066, 0x2069)],
  'characters without width': [0x00ad, 0x034f, 0x180e, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0x115f, 0x3164, 0xfe0f],
  'interlinear annotation': span(0xfff9, 0xfffb),
  'tag characters': span(0xe0000, 0xe007f),
  'unpaired surrogates': span(0xd800, 0xdfff),
  noncharacters: [0xfffe, 0xffff, 0x10ffff],
};
const forbiddenCharacters = new Set(Object.values(forbidden).flatMap((codes) => codes.map((code) => String.fromCodePoint(code))));

describe('a forbidden character', () => {
  it.each(Object.keys(forbidden))('of the class "%s" is refused at the start, inside and at the end, never stripped', (name) => {
    for (const code of forbidden[name] ?? [])
      for (const text of [`${String.fromCodePoint(code)}ab`, `a${String.fromCodePoint(code)}b`, `ab${String.fromCodePoint(code)}`])
        expect.soft(problem(checkName(text)), code.toString(16)).toBe('FORBIDDEN_CHARACTER');
  });

  it('is refused by every check, wherever it stands', () => {
    const valid: Readonly<Record<string, string>> = { 'email address': 'sales@example.com', host: 'mail.example.com' };
    fc.assert(
      fc.property(fc.constantFrom(...forbiddenCharacters), fc.nat(20), fc.constantFrom(...Object.keys(checks)), (character, at, name) => {
        fc.pre(name !== 'paragraph' || (character !== '\n' && character !== '\t'));
        const base = valid[name] ?? 'Sales';
        return !check(name, base.slice(0, at) + character + base.slice(at)).ok;
      }),
      { numRuns: 3000 },
    );
  });

  it('is never in what a check accepts', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...Object.keys(checks)), (text, name) => {
        const result = check(name, text);
        const allowed = name === 'paragraph' ? /[\n\t]/g : /(?!)/g;
        return !result.ok || !Array.from(result.value.replace(allowed, '')).some((character) => forbiddenCharacters.has(character));
      }),
      { numRuns: 2000 },
    );
  });

  it('may be a line feed or a tab in a paragraph alone', () => {
    expect(checkReason('Rotated:\n\tthe old one leaked')).toEqual({ ok: true, value: 'Rotated:\n\tthe old one leaked' });
    expect(problem(checkReason('Rotated:\r\nthe old one leaked'))).toBe('FORBIDDEN_CHARACTER');
    expect(problem(checkName('two\nlines'))).toBe('FORBIDDEN_CHARACTER');
  });
});

describe('every check', () => {
  it('takes what it accepted, unchanged', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...Object.keys(checks)), (text, name) => {
        const once = check(name, text);
        expect(once.ok ? check(name, once.value) : once).toEqual(once);
      }),
      { numRuns: 3000 },
    );
  });

  it('never repeats the value in what it says of it', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(...Object.keys(checks)), (text, name) => {
        const canary = `canary\u0007${text}`;
        const result = check(name, canary);
        return !result.ok && !result.message.includes('canary');
      }),
      { numRuns: 500 },
    );
  });

  // By growth, not by the clock: eight times the text may cost some eight times the work, not sixty-four times.
  it.each(Object.keys(checks))('%s: the work grows no faster than the text', (name) => {
    const bites = ['a', '.', 'a.', '-', 'a-', '@', 'a@', 'é', 'e\u0301', '\u0301\u0316', 'xn--', '1.', ':', ' ', '*', '\u202e'];
    const outgrown = bites.filter((bite) => work(name, bite, 100_000) > Math.max(work(name, bite, 12_500), noise) * 24);
    expect(outgrown).toEqual([]);
  });
});

describe('a line of text', () => {
  it.each<[string, string]>([
    ['Sales', 'Sales'],
    [' Sales ', ' Sales '],
    ['Käse & Söhne 😀 株式会社', 'Käse & Söhne 😀 株式会社'],
    ['Ka\u0308se', 'Käse'],
    ['ﬁrst', 'ﬁrst'],
    ['O\'Brien, "Bob" <b@c>', 'O\'Brien, "Bob" <b@c>'],
  ])('%j is kept, in normalisation form C', (text, stored) => {
    expect(checkName(text)).toEqual({ ok: true, value: stored });
  });

  it.each(['', ' ', '\u00a0\u3000'])('%j is blank', (text) => {
    expect(problem(checkName(text))).toBe('REQUIRED');
  });

  it('is measured in characters, not in code units, and as it is stored', () => {
    expect(checkName('😀'.repeat(128)).ok).toBe(true);
    expect(problem(checkName('😀'.repeat(129)))).toBe('TOO_LONG');
    expect(checkName('e\u0301'.repeat(128)).ok).toBe(true);
    expect(problem(checkName('\ufb2c'.repeat(128)))).toBe('TOO_LONG'); // one character typed, three stored
  });
});

describe("an account's id", () => {
  it.each(['a', 'Sales', 'sales-2', 'A'.padEnd(64, '-')])('may be %j', (id) => {
    expect(checkEntityName(id)).toEqual({ ok: true, value: id });
  });

  it.each(['', '1sales', '-sales', 'sales_2', 'sales.2', 'sal es', 'säles', 'A'.padEnd(65, 'a'), 'sales\n', '__proto__'])('may not be %j', (id) => {
    expect(checkEntityName(id).ok).toBe(false);
  });
});

describe('an email address', () => {
  it.each<[string, string]>([
    ['sales@example.com', 'sales@example.com'],
    ['Sales.Team+eu@EXAMPLE.com', 'Sales.Team+eu@example.com'],
    ["o'brien!#$%&*/=?^_`{|}~-@example.com", "o'brien!#$%&*/=?^_`{|}~-@example.com"],
    ['root@localhost', 'root@localhost'],
    ['müller@example.com', 'müller@example.com'],
    ['info@münchen.example', 'info@xn--mnchen-3ya.example'],
    ['info@mu\u0308nchen.example', 'info@xn--mnchen-3ya.example'],
    ['info@xn--mnchen-3ya.example', 'info@xn--mnchen-3ya.example'],
    [`${'l'.repeat(64)}@example.com`, `${'l'.repeat(64)}@example.com`],
    ['ﬁn@example.com', 'ﬁn@example.com'],
  ])('%s is stored as %s', (typed, stored) => {
    expect(checkEmailAddress(typed)).toEqual({ ok: true, value: stored });
  });

  it.each<[string, TextProblem]>([
    ['', 'REQUIRED'],
    ['sales', 'INVALID_FORMAT'],
    ['@example.com', 'INVALID_FORMAT'],
    ['sales@', 'INVALID_FORMAT'],
    ['a@b@example.com', 'INVALID_FORMAT'],
    ['.sales@example.com', 'INVALID_FORMAT'],
    ['sales.@example.com', 'INVALID_FORMAT'],
    ['sa..les@example.com', 'INVALID_FORMAT'],
    ['sa les@example.com', 'INVALID_FORMAT'],
    [' sales@example.com', 'INVALID_FORMAT'],
    ['sales@example.com ', 'INVALID_FORMAT'],
    ['"sales team"@example.com', 'INVALID_FORMAT'],
    ['sales(team)@example.com', 'INVALID_FORMAT'],
    ['Sales <sales@example.com>', 'INVALID_FORMAT'],
    ['＜a＠b＞@example.com', 'INVALID_FORMAT'],
    ['sales＠example.com', 'INVALID_FORMAT'],
    ['sales@example.com, evil@example.org', 'INVALID_FORMAT'],
    ['sales@[192.0.2.1]', 'INVALID_FORMAT'],
    ['sales@192.0.2.1', 'INVALID_FORMAT'],
    ['sales@example.com.', 'INVALID_FORMAT'],
    ['sales@example..com', 'INVALID_FORMAT'],
    ['sales@-example.com', 'INVALID_FORMAT'],
    ['sales@exam_ple.com', 'INVALID_FORMAT'],
    ['sales@example.com/evil', 'INVALID_FORMAT'],
    ['sales@xn--a', 'INVALID_FORMAT'],
    ['sales@example.com\r\nBcc: evil@example.org', 'FORBIDDEN_CHARACTER'],
    ['sales@exam\u00adple.com', 'FORBIDDEN_CHARACTER'],
    [`${'l'.repeat(65)}@example.com`, 'TOO_LONG'],
    [`${'ü'.repeat(33)}@example.com`, 'TOO_LONG'], // 66 octets
    [`sales@${'example.'.repeat(31)}com`, 'TOO_LONG'],
  ])('%j is refused: %s', (text, code) => {
    expect(problem(checkEmailAddress(text))).toBe(code);
  });

  it('never has octets beyond the limits of RFC 5321', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'ü', '株', '😀', '.'), maxLength: 80 }),
        fc.string({ unit: fc.constantFrom('a', 'ü', '.'), maxLength: 260 }),
        (local, domain) => {
          const result = checkEmailAddress(`${local}@${domain}`);
          if (!result.ok) return;
          expect(Buffer.byteLength(result.value)).toBeLessThanOrEqual(254);
          expect(Buffer.byteLength(result.value.slice(0, result.value.lastIndexOf('@')))).toBeLessThanOrEqual(64);
        },
      ),
    );
  });
});

describe('a host', () => {
  it.each<[string, string]>([
    ['mail.example.com', 'mail.example.com'],
    ['MAIL.Example.com', 'mail.example.com'],
    ['localhost', 'localhost'],
    ['mail-1.example.com', 'mail-1.example.com'],
    ['3com.example', '3com.example'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['MÜNCHEN.example', 'xn--mnchen-3ya.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['XN--MNCHEN-3YA.example', 'xn--mnchen-3ya.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is stored as %s', (typed, stored) => {
    expect(checkHost(typed)).toEqual({ ok: true, value: stored });
  });

  it.each<[string, TextProblem]>([
    ['', 'REQUIRED'],
    ...[
      '.',
      'a..b',
      '.a',
      'a.',
      'example.com.',
      '-a.com',
      'a-.com',
      'a_b.com',
      'a b.com',
      ' a.com',
      'a.com ',
      `${'a'.repeat(64)}.com`,
      'https://example.com',
      'example.com/evil',
      'example.com\\evil',
      'example.com?evil',
      'example.com#evil',
      'ex%61mple.com',
      'evil@example.com',
      'example.com:25',
      '[::1]',
      'xn--a',
      'xn--',
      'xn--a-',
      'foo.xn--zz',
      'xn--xn---epa',
      'xn--ascii-',
      'xn--0',
      'xn--99999999.example',
      'example。com',
      'example｡com',
      'ﬁnance.example',
      '①.example',
      '℀.example',
      '127.1',
      '0x7f000001',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '01.2.3.4',
      '1.2.3.4.5',
      '256.1.1.1',
      '1.2.3',
      '１２７.0.0.1',
      '𝟏𝟐𝟕.0.0.1',
      'a.1',
      'x.0x7f',
      'fe80::1%eth0',
      '::1%25lo',
      ':::',
      '1::2::3',
      '12345::',
      '::ffff:127.1',
    ].map((text): [string, TextProblem] => [text, 'INVALID_FORMAT']),
    ['exam\u200bple.com', 'FORBIDDEN_CHARACTER'],
    ['example.com\0', 'FORBIDDEN_CHARACTER'],
    [`${'a1.'.repeat(85)}b`, 'TOO_LONG'],
    ['a'.repeat(1025), 'TOO_LONG'],
  ])('%j is refused: %s', (text, code) => {
    expect(problem(checkHost(text))).toBe(code);
  });

  it('is a name of letters, digits and hyphens, or an address, whatever was typed', () => {
    fc.assert(
      fc.property(fc.oneof(hostLike, anyText), (text) => {
        const result = checkHost(text);
        if (!result.ok || isIpAddress(result.value)) return;
        expect(result.value.length).toBeLessThanOrEqual(253);
        for (const label of result.value.split('.')) expect(label).toMatch(/^(?!-)[a-z0-9-]{1,63}(?<!-)$/);
      }),
      { numRuns: 3000 },
    );
  });

  it('is the name a resolver is asked for: a web address of it has the same host', () => {
    fc.assert(
      fc.property(hostLike, (text) => {
        const result = checkHost(text);
        if (!result.ok) return;
        const literal = result.value.includes(':') ? `[${result.value}]` : result.value;
        expect(new URL(`http://${literal}/`).hostname).toBe(literal);
      }),
      { numRuns: 2000 },
    );
  });

  it('is an IP address or is not', () => {
    expect(['192.0.2.1', '::1', 'localhost', '127.1', 'mail.example.com'].map(isIpAddress)).toEqual([true, true, false, false, false]);
  });
});

describe('a port', () => {
  it.each([1, 25, 465, 65_535])('may be %d', (port) => {
    expect(checkPort(port)).toEqual({ ok: true, value: port });
  });

  it.each([0, -1, 65_536, 25.5, Number.NaN, Number.POSITIVE_INFINITY])('may not be %d', (port) => {
    expect(problem(checkPort(port))).toBe('OUT_OF_RANGE');
  });
});

describe('a user ID', () => {
  it.each(['sales', 'DOMAIN\\sales', 'sales@example.com', 'Vertrieb Süd', 'e\u0301', 'u'.repeat(256)])('%j is kept byte for byte', (userId) => {
    expect(checkUserId(userId)).toEqual({ ok: true, value: userId });
  });

  it('has an end', () => {
    expect(problem(checkUserId('u'.repeat(257)))).toBe('TOO_LONG');
    expect(problem(checkUserId(''))).toBe('REQUIRED');
  });
});

describe('a mailbox name', () => {
  it.each(['INBOX', 'Archive/2026', 'Entwürfe', '[Gmail]/All Mail', 'a"b\\c'])('may be %j', (name) => {
    expect(checkMailboxName(name)).toEqual({ ok: true, value: name });
  });

  it.each(['*', 'INBOX/%'])('%j is refused: it is a pattern of many', (name) => {
    expect(problem(checkMailboxName(name))).toBe('FORBIDDEN_CHARACTER');
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.emailAddress(),
  fc.string({
    unit: fc.constantFrom('a', 'Z', '1', '.', '-', '@', 'ü', 'e\u0301', '\u212b', 'ß', 'İ', 'ς', 'א', 'ﬁ', '。', '\u200d', '\n', ' ', 'xn--', '株'),
    maxLength: 20,
  }),
);

const hostLike = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc
    .array(fc.string({ unit: fc.constantFrom('a', 'Z', '1', '0x', '-', 'ü', 'ẞ', 'İ', 'ς', 'א', 'K', 'xn--', '株', '%', '/', '。'), maxLength: 8 }), {
      maxLength: 4,
    })
    .map((labels) => labels.join('.')),
);

function check(name: string, text: string): Checked<string> {
  const found = checks[name];
  if (!found) throw new Error(`No check of the name ${name}.`);
  return found(text);
}

function problem(result: Checked<unknown>): TextProblem | 'accepted' {
  return result.ok ? 'accepted' : result.code;
}

function span(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const noise = 0.5; // milliseconds: so little is noise of the clock and of other work

/** The least of five runs, in milliseconds of this process. */
function work(name: string, bite: string, length: number): number {
  const text = bite.repeat(Math.ceil(length / bite.length));
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = performance.now();
      check(name, text);
      return performance.now() - start;
    }),
  );
}
