import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import dnsPacket, { type Answer, type Question } from 'dns-packet';

/**
 * What a question is answered with: records (none of them is NODATA), a failure, or nothing at all, ever. A record's name may be left out: it is that of the question.
 */
export type DnsReply = readonly DnsRecord[] | 'NXDOMAIN' | 'SERVFAIL' | 'SILENCE';
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA' | 'CNAME'; readonly data: string; readonly ttl?: number; readonly name?: string }
  | { readonly type: 'MX'; readonly data: { readonly preference: number; readonly exchange: string } }
  | { readonly type: 'SRV'; readonly data: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string } };

export interface DnsQuestion {
  /** In lower case, without a dot at its end. */
  readonly name: string;
  readonly type: string;
}

export interface DnsServer {
  /** As `Resolver.setServers` takes it. */
  readonly address: string;
  /** What it was asked so far, in order. */
  readonly questions: readonly DnsQuestion[];
  close(): Promise<void>;
}

/** A name server on 127.0.0.1, over UDP, that answers by a function: each time anew, so that it may change its mind. */
export async function dnsServer(answer: (question: DnsQuestion) => DnsReply | Promise<DnsReply>): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const questions: DnsQuestion[] = [];
  const reply = async (message: Buffer, { port, address }: RemoteInfo) => {
    const query = dnsPacket.decode(message);
    const [asked] = query.questions ?? [];
    if (asked === undefined) return;
    const question = { name: asked.name.toLowerCase().replace(/\.$/, ''), type: asked.type };
    questions.push(question);
    const answered = await answer(question);
    if (answered !== 'SILENCE') socket.send(encoded(query.id ?? 0, asked, answered), port, address);
  };
  socket.on('message', (message, from) => void reply(message, from));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: () => new Promise((closed) => socket.close(() => closed())),
  };
}

/** What the table says of `type name`, e.g. `MX example.com`; NXDOMAIN for everything else. */
export function fromZone(zone: Readonly<Record<string, DnsReply>>): (question: DnsQuestion) => DnsReply {
  return ({ name, type }) => zone[`${type} ${name}`] ?? 'NXDOMAIN';
}

const responseCodes = { NXDOMAIN: 3, SERVFAIL: 2 } as const;

function encoded(id: number, question: Question, answered: Exclude<DnsReply, 'SILENCE'>): Buffer {
  const isFailure = typeof answered === 'string';
  const answers = isFailure ? [] : answered.map((record): Answer => ({ name: question.name, ttl: 0, ...record }));
  const flags = dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | (isFailure ? responseCodes[answered] : 0);
  return dnsPacket.encode({ type: 'response', id, flags, questions: [question], answers });
}
