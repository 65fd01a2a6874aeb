import { describe, expect, it } from 'vitest';
import { filesIn, readText } from './repository.js';

const example = readText('.env.example');
const documented = new Set([...example.matchAll(/^(?:# )?(POSTLEDGER_[A-Z_]+)=/gm)].map(([, name = '']) => name));
const named = (paths: readonly string[]) =>
  new Set(paths.flatMap((path) => [...readText(path).matchAll(/\bPOSTLEDGER_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => name)));

describe('.env.example', () => {
  it('has every variable that the service reads', () => {
    const read = named(filesIn('src').filter((path) => path.endsWith('.ts')));
    expect([...read].filter((name) => !documented.has(name))).toEqual([]);
  });

  it('has every variable that the container and the compose file set', () => {
    expect([...named(['Dockerfile', 'docker-compose.yml'])].filter((name) => !documented.has(name))).toEqual([]);
  });

  it('holds no secret', () => {
    expect(example).not.toMatch(/^[^#]*(?:KEYS?|PASSWORD|SECRET|TOKEN)=./m);
    expect(example).not.toMatch(/[A-Za-z0-9+/]{40,}=/);
  });
});
