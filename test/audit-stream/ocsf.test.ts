import { describe, expect, it } from 'vitest';
import { objectOf } from '../../projections/audit-export/jsonl.js';
import type { AuditOutcome } from '../../projections/audit-row.js';
import { eventCatalogue } from '../../src/domain/event-catalogue.js';
import { readText } from '../project/repository.js';
import { auditRow } from '../schema/recording-context.js';

const text = readText('docs/ocsf.md');

/** The cells of the table below a heading, without its own two lines. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  return section
    .split('\n## ', 1)
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
}

/** The classes of OCSF 1.3.0 that are used, and their activities, from its schema. */
const activities: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'Account Change (3001)': { 'Password Change': 3 },
  'Authentication (3002)': { Logon: 1 },
  'Entity Management (3004)': { Create: 1, Update: 3, Delete: 4, Enable: 8, Disable: 9, Deactivate: 11, Other: 99 },
  'User Access Management (3005)': { 'Assign Privileges': 1 },
  'Application Lifecycle (6002)': { Start: 3, Stop: 4, Other: 99 },
  'API Activity (6003)': { Create: 1, Read: 2, Other: 99 },
};

/** Which types ECS expects of a category. */
const typesOfCategories: Readonly<Record<string, readonly string[]>> = {
  api: ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'info', 'start', 'user'],
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  email: ['info'],
  iam: ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'],
  process: ['access', 'change', 'end', 'info', 'start'],
};

const bare = (cell: string) => cell.replaceAll('`', '');

describe('the mapping to OCSF and ECS', () => {
  it('has a row for every action that there is, and for no other', () => {
    expect(rowsBelow('By the action').map(([action = '']) => bare(action))).toEqual(expect.arrayContaining(Object.keys(eventCatalogue)));
    expect(rowsBelow('By the action')).toHaveLength(Object.keys(eventCatalogue).length);
  });

  it.each(rowsBelow('By the action'))(
    'maps %s to %s, %s: what OCSF and ECS know',
    (_, className = '', activity = '', typeUid, severity, category = '', type = '') => {
      const [, caption = '', activityId] = /^(.+) \((\d+)\)$/.exec(activity) ?? [];
      expect([className, caption, activities[className]?.[caption]]).toEqual([className, caption, Number(activityId)]);
      expect(Number(typeUid)).toBe(Number(/\d+/.exec(className)?.[0]) * 100 + Number(activityId));
      expect(['1', '2', '3']).toContain(severity);
      expect(typesOfCategories[bare(category)]).toContain(bare(type));
    },
  );

  it('has a row for every member of an entry, and for no other', () => {
    const origin = { requestId: 'r', ip: null, userAgent: null, clientName: null };
    const entry = objectOf({ ...auditRow(1n), origin });
    const nested = (name: 'actor' | 'origin') => Object.keys(entry[name] ?? {}).map((member) => `${name}.${member}`);
    const members = Object.keys(entry).flatMap((member) => (member === 'actor' || member === 'origin' ? nested(member) : [member]));
    expect(
      rowsBelow('Member by member')
        .map(([member = '']) => bare(member))
        .sort(),
    ).toEqual(members.sort());
  });

  it('has a row for every outcome', () => {
    const outcomes: Readonly<Record<AuditOutcome, number>> = { ACCEPTED: 1, NO_CHANGE: 1, REFUSED: 2, CONFLICT: 2, DENIED: 2, FAILED: 2 };
    expect(Object.fromEntries(rowsBelow('By the outcome').map(([outcome = '', status = '']) => [bare(outcome), Number(status.slice(0, 1))]))).toEqual(outcomes);
  });
});
