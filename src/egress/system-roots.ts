import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** All that the system trusts (PEM), and what is trusted beside it. To name any is to replace all that the runtime trusts by itself, so what it was told to trust has to be named again. */
export function systemRoots(additional: readonly string[]): readonly string[] {
  return [...rootCertificates, ...rootsOfEnvironment(), ...additional];
}

function rootsOfEnvironment(): readonly string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  return file === undefined || file === '' ? [] : [readFileSync(file, 'utf8')];
}
