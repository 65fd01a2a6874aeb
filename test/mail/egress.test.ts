import { afterEach, describe, expect, it } from 'vitest';
import { systemResolver, type Resolver } from '../../src/egress/resolve.js';
import { socketsBegun } from '../egress/denied-targets.js';
import { failureIn, receiver, sender, stagesOf } from './accounts.js';
import { closeFakeServers, smtpServer } from './lab/fake-server.js';
import { freePorts } from './lab/free-ports.js';

afterEach(closeFakeServers);

const strict = { allowLoopback: false };
const lenient = { allowLoopback: true };

describe('a connection', () => {
  const resolvingTo =
    (...addresses: readonly string[]): Resolver =>
    () =>
      Promise.resolve(addresses);

  it.each(['127.0.0.1', '１２７.０.０.１', '127。0。0。1', '127.1', '0x7f000001', '2130706433', '017700000001', 'localhost'])(
    'to %s is refused by what the name resolves to',
    async (host) => {
      const { port, connections } = await smtpServer();
      const stages = await stagesOf({ sender: sender({ host, port }) }, { egress: strict, resolver: systemResolver });
      // A system may also refuse to resolve such a name: that leads nowhere as well.
      expect(failureIn(stages)).toMatch(/^(?:CONNECT EGRESS_DENIED|DNS DNS_(?:FAILED|TEMPORARY))$/);
      expect(connections()).toBe(0);
    },
  );

  it('is not made to any address of a name that has a forbidden one', async () => {
    const { port, connections } = await smtpServer();
    const settings = { egress: lenient, resolver: resolvingTo('127.0.0.1', '169.254.169.254') };
    expect(failureIn(await stagesOf({ sender: sender({ host: 'two-faced.example', port }) }, settings))).toBe('CONNECT EGRESS_DENIED');
    expect(connections()).toBe(0);
  });

  it('is refused by naming the rule and not the address behind the name', async () => {
    const stages = await stagesOf({ receiver: receiver({ host: 'inside.example', port: 143 }) }, { egress: strict, resolver: resolvingTo('127.0.0.53') });
    const told = JSON.stringify(stages);
    expect(told).toContain('loopback addresses');
    expect(told).not.toContain('127.0.0.53');
  });

  it('tells nothing of what is where it may not go: an open port and a closed one look the same', async () => {
    const { port: open, connections } = await smtpServer();
    const resolver = resolvingTo('127.0.0.1');
    const sockets = socketsBegun();
    const told = [];
    for (const port of [open, ...(await freePorts(1))]) {
      for (const subject of [{ sender: sender({ host: 'inside.example', port }) }, { receiver: receiver({ host: '127.0.0.1', port }) }]) {
        const stages = await stagesOf(subject, { egress: strict, resolver });
        expect(failureIn(stages)).toBe('CONNECT EGRESS_DENIED');
        told.push(stages.map((stage) => ({ ...stage, durationMilliseconds: 0 })));
      }
    }
    sockets.stop();
    expect(told.slice(0, 2)).toEqual(told.slice(2));
    expect([sockets.count(), connections()]).toEqual([0, 0]);
  });

  it.each([
    ['127.0.0.1', { allowLoopback: false }, 'POSTLEDGER_EGRESS_ALLOW_LOOPBACK'],
    ['10.0.0.1', { allowLoopback: true, allowPrivate: false }, 'POSTLEDGER_EGRESS_ALLOW_PRIVATE'],
    ['10.0.0.1', { allowLoopback: true, ports: [{ first: 587, last: 587 }] }, 'POSTLEDGER_EGRESS_PORTS'],
  ])('to %s is refused, and whoever runs the service is told what allows it', async (host, egress, setting) => {
    const stages = await stagesOf({ sender: sender({ host, port: 25 }) }, { egress });
    expect(failureIn(stages)).toBe('CONNECT EGRESS_DENIED');
    expect(stages.find(({ outcome }) => outcome === 'FAILED')?.hint).toContain(setting);
  });

  it('is made to a server on this machine that is named, and to no other', async () => {
    const [named, other] = [await smtpServer(), await smtpServer()];
    const egress = { allowLoopback: false, allowedLoopback: [{ address: '127.0.0.1', port: named.port }] };
    expect(failureIn(await stagesOf({ sender: sender({ host: 'here.example', port: named.port }) }, { egress, resolver: resolvingTo('127.0.0.1') }))).toBe(
      'passed',
    );
    expect(failureIn(await stagesOf({ sender: sender({ port: other.port }) }, { egress }))).toBe('CONNECT EGRESS_DENIED');
    expect(other.connections()).toBe(0);
  });

  it('asks for the name once, and goes to what it was told', async () => {
    const { port, connections } = await smtpServer();
    const asked: string[] = [];
    const rebinding: Resolver = (host) => {
      asked.push(host);
      return Promise.resolve([asked.length === 1 ? '127.0.0.1' : '169.254.169.254']);
    };
    expect(failureIn(await stagesOf({ sender: sender({ host: 'rebinding.example', port }) }, { egress: lenient, resolver: rebinding }))).toBe('passed');
    expect(asked).toEqual(['rebinding.example']);
    expect(connections()).toBe(1);
  });

  it('tries every address of a name in turn, and shows those that failed', async () => {
    const { port } = await smtpServer();
    const stages = await stagesOf({ sender: sender({ host: 'two.example', port }) }, { egress: lenient, resolver: resolvingTo('127.0.0.2', '127.0.0.1') });
    expect(failureIn(stages)).toBe('passed');
    expect(stages.filter(({ stage }) => stage === 'CONNECT')).toMatchObject([
      { outcome: 'WARNED', code: 'CONNECTION_REFUSED', address: '127.0.0.2', port },
      { outcome: 'PASSED', code: 'OK', address: '127.0.0.1', port },
    ]);
  });

  it('fails at the last address when none answers', async () => {
    const { port } = await smtpServer();
    const stages = await stagesOf({ sender: sender({ host: 'two.example', port }) }, { egress: lenient, resolver: resolvingTo('127.0.0.2', '127.0.0.3') });
    expect(failureIn(stages)).toBe('CONNECT CONNECTION_REFUSED');
    expect(stages.filter(({ stage }) => stage === 'CONNECT').map(({ outcome }) => outcome)).toEqual(['WARNED', 'FAILED']);
  });

  it.each([
    ['ENOTFOUND', 'DNS DNS_FAILED'],
    ['ENODATA', 'DNS DNS_FAILED'],
    ['EAI_AGAIN', 'DNS DNS_TEMPORARY'],
    ['ESERVFAIL', 'DNS DNS_TEMPORARY'],
  ])('of a name that ends in %s is not made', async (code, failure) => {
    const resolver: Resolver = () => Promise.reject(Object.assign(new Error('no'), { code }));
    expect(failureIn(await stagesOf({ sender: sender({ host: 'none.example', port: 25 }) }, { egress: lenient, resolver }))).toBe(failure);
  });

  it('of a name without an address is not made', async () => {
    expect(failureIn(await stagesOf({ sender: sender({ host: 'none.example', port: 25 }) }, { egress: lenient, resolver: resolvingTo() }))).toBe(
      'DNS DNS_FAILED',
    );
  });
});
