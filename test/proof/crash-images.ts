import type { FileOperation } from './file-trace.js';

/** A disk loses power between sectors, not within one. */
const sector = 512;

/** What a disk may hold after a power failure, and what the process had told the outside world before it. */
export interface CrashImage {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly told: string;
}

interface SimulatedFile {
  /** What the last sync made safe. */
  safe: Buffer;
  /** What was done since; any part of it may be on the disk or not. */
  readonly pending: Exclude<FileOperation, { kind: 'syncDirectory' | 'told' }>[];
}

/**
 * Makes crash images from a trace, each at a random place of it. A synced write is there; of the writes since the last sync of a file each sector is there or not,
 * by a chance that differs from image to image, from none to all. The same goes for the making and removal of files until their directory was synced.
 */
export function* crashImages(operations: readonly FileOperation[], count: number): Iterable<CrashImage> {
  const places = Array.from({ length: count }, () => Math.floor(Math.random() * (operations.length + 1))).sort((a, b) => a - b);
  const files = new Map<string, SimulatedFile>();
  /** The directory as its last sync left it. */
  let safeNames = new Map<string, SimulatedFile>();
  let told = '';
  let next = 0;
  for (let place = 0; place <= operations.length; place++) {
    for (; places[next] === place; next++) yield { files: crashed(files, safeNames, [0, Math.random(), Math.random(), 1][next % 4] ?? 0), told };
    const operation = operations[place];
    switch (operation?.kind) {
      case undefined:
        break;
      case 'told':
        told += operation.text;
        break;
      case 'syncDirectory':
        safeNames = new Map(files);
        break;
      case 'create':
        files.set(operation.file, { safe: Buffer.alloc(0), pending: [] });
        break;
      case 'unlink':
        files.delete(operation.file);
        break;
      case 'sync': {
        const file = existing(files, operation.file);
        file.safe = applied(file, () => true);
        file.pending.length = 0;
        break;
      }
      case 'write':
      case 'truncate':
        existing(files, operation.file).pending.push(operation);
        break;
    }
  }
}

function crashed(files: ReadonlyMap<string, SimulatedFile>, safeNames: ReadonlyMap<string, SimulatedFile>, chance: number): Map<string, Buffer> {
  const isKept = () => Math.random() < chance;
  const image = new Map<string, Buffer>();
  for (const name of new Set([...files.keys(), ...safeNames.keys()])) {
    const file = files.get(name) === safeNames.get(name) || isKept() ? files.get(name) : safeNames.get(name);
    if (file) image.set(name, applied(file, isKept));
  }
  return image;
}

function applied({ safe, pending }: SimulatedFile, isKept: () => boolean): Buffer {
  let content = safe;
  if (pending.length > 0) content = Buffer.from(safe);
  for (const operation of pending) {
    if (operation.kind === 'truncate' && isKept()) content = resized(content, operation.size);
    if (operation.kind !== 'write') continue;
    const { offset, bytes } = operation;
    for (let from = offset; from < offset + bytes.length;) {
      const to = Math.min(offset + bytes.length, (Math.floor(from / sector) + 1) * sector);
      if (isKept()) {
        if (content.length < to) content = resized(content, to);
        bytes.copy(content, from, from - offset, to - offset);
      }
      from = to;
    }
  }
  return content;
}

function resized(content: Buffer, size: number): Buffer {
  return size <= content.length ? content.subarray(0, size) : Buffer.concat([content], size);
}

function existing(files: ReadonlyMap<string, SimulatedFile>, name: string): SimulatedFile {
  const file = files.get(name);
  if (!file) throw new Error(`The trace changes ${name} before it makes it.`);
  return file;
}
