import { createRequire } from 'node:module';
import type { Warn } from './mended-client.js';

interface Headers {
  set(name: string, value: string): void;
}

/** As much as is used of the module of grpc-js in which the header is written. */
export interface CompressionModule {
  readonly CompressionFilter?: { readonly prototype?: { sendMetadata?: (this: unknown, metadata: Promise<Headers>) => Promise<Headers> } };
}

const acceptEncoding = 'grpc-accept-encoding';
const declines = Symbol.for('postledger.declinesCompression');

/**
 * Makes grpc-js say that it takes no compressed messages. Servers from 25.1 on gzip every single one for clients that accept it, which makes catching up about five times slower,
 * and grpc-js always accepts: no option of a channel or a server turns that off. So the one header is set after grpc-js has set its own, in the filter that writes it.
 *
 * This reaches into grpc-js 1.14, pinned in package.json. Where its inside has changed nothing breaks: messages come compressed, and `warn` says so.
 */
export function declineCompression(warn: Warn, load: () => CompressionModule = loadFromGrpc): void {
  let prototype: (NonNullable<CompressionModule['CompressionFilter']>['prototype'] & { [declines]?: true }) | undefined;
  try {
    prototype = load().CompressionFilter?.prototype;
  } catch (error) {
    warn(changed, error);
    return;
  }
  const sendMetadata = prototype?.sendMetadata;
  if (!prototype || typeof sendMetadata !== 'function') {
    warn(changed);
    return;
  }
  if (prototype[declines]) return;
  prototype[declines] = true;
  prototype.sendMetadata = async function declining(metadata) {
    const headers = await sendMetadata.call(this, metadata);
    headers.set(acceptEncoding, 'identity');
    return headers;
  };
}

/** From the copy of grpc-js that the client loads, wherever npm has put it. */
function loadFromGrpc(): CompressionModule {
  const ofTheClient = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'));
  return ofTheClient('@grpc/grpc-js/build/src/compression-filter.js') as CompressionModule;
}

const changed =
  'The gRPC library has changed inside, so compressed messages are not declined. All works, but catching up with a server from 25.1 on is slower. Use the version of package.json.';
