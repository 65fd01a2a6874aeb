import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText, repository } from './repository.js';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of a Dockerfile: comments left out, continued lines joined. */
function instructions(path: string): readonly Instruction[] {
  return readText(path)
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { name, text };
    });
}

const service = instructions('Dockerfile');
const values = (all: readonly Instruction[], name: string) => all.filter((instruction) => instruction.name === name).map(({ text }) => text);
const lastStage = service.slice(service.findLastIndex(({ name }) => name === 'FROM'));

describe.each(['Dockerfile', 'docker/mail/Dockerfile'])('%s', (path) => {
  const all = instructions(path);

  it('has instructions alone, and builds on images of a named version', () => {
    expect(all.filter(({ name }) => name === '')).toEqual([]);
    for (const image of values(all, 'FROM')) {
      expect(image).toMatch(/^\S+:\S+( AS \w+)?$/);
      expect(image).not.toContain(':latest');
    }
  });

  it('copies what is there', () => {
    const folder = path.replace(/Dockerfile$/, '');
    const sources = values(all, 'COPY')
      .filter((text) => !text.startsWith('--from'))
      .flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((source) => !existsSync(join(repository, folder, source)))).toEqual([]);
  });

  it('is watched', () => {
    expect(values(all, 'HEALTHCHECK')).toHaveLength(1);
  });
});

describe('the image of the service', () => {
  it('sees what it copies and nothing else of the project', () => {
    const seen = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = values(service, 'COPY')
      .filter((text) => !text.startsWith('--from'))
      .flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(readText('.dockerignore')).toMatch(/^\*$/m);
    expect([...new Set(copied)].sort()).toEqual(seen.sort());
  });

  it('runs as a user of its own without a shell in between', () => {
    expect(values(lastStage, 'USER')).toEqual(['10001:10001']);
    for (const name of ['RUN', 'ENTRYPOINT', 'CMD', 'VOLUME']) for (const text of values(service, name)) expect(JSON.parse(text)).toBeInstanceOf(Array);
    expect(values(lastStage, 'RUN')).toEqual([]);
    expect(service.map(({ name }) => name)).not.toContain('ADD');
  });

  it('is for production: without development dependencies, install scripts, or a key of its own making', () => {
    expect(values(service, 'RUN')).toEqual([
      '["npm", "ci", "--ignore-scripts"]',
      '["npm", "run", "build"]',
      '["npm", "prune", "--omit=dev", "--ignore-scripts"]',
      '["install", "--directory", "--mode=0700", "/data"]',
    ]);
    expect(values(lastStage, 'ENV').join(' ')).toMatch(/NODE_ENV=production/);
    expect(readText('Dockerfile')).not.toContain('ROOT_KEYS');
  });

  it('keeps its data in the one volume, which belongs to that user', () => {
    expect(values(lastStage, 'VOLUME')).toEqual(['["/data"]']);
    expect(values(lastStage, 'ENV').join(' ')).toContain('POSTLEDGER_DATA_DIR=/data');
    expect(values(lastStage, 'COPY')).toContain('--from=build --chown=10001:10001 /data /data');
  });

  it('starts what the build makes', () => {
    const manifest: unknown = JSON.parse(readText('package.json'));
    const start = [...command('ENTRYPOINT'), ...command('CMD')].join(' ');
    expect(manifest).toMatchObject({ scripts: { build: 'tsc -p tsconfig.json', start: `npm run --silent build && ${start}` } });
  });
});

describe('its health check', () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('at a status of %d ends with %d', async (status, code) => {
    const paths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      expect(await healthCheck(portOf(server.address()))).toBe(code);
      expect(paths).toEqual(['/livez']);
    } finally {
      server.close();
    }
  });

  it('ends with 1 where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server.address());
    await new Promise((closed) => server.close(closed));
    expect(await healthCheck(port)).toBe(1);
  });
});

function command(name: string): readonly string[] {
  const parsed: unknown = JSON.parse(
    values(lastStage, name)
      .at(-1)
      ?.replace(/^.*?CMD (?=\[)/, '') ?? '[]',
  );
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

/** Runs the image's own health check against a port of this machine; answers its exit code. */
async function healthCheck(port: number): Promise<number> {
  const [, ...arguments_] = command('HEALTHCHECK');
  const child = spawn(process.execPath, arguments_, { env: { ...process.env, POSTLEDGER_PORT: String(port) }, stdio: 'inherit' });
  await once(child, 'exit');
  return child.exitCode ?? Number.NaN;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
