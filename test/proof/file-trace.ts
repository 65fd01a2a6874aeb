import { basename, dirname } from 'node:path';

/** What a traced process did to the files of one directory, in its order. Files are named by their last part. */
export type FileOperation =
  | { readonly kind: 'create' | 'unlink' | 'sync'; readonly file: string }
  | { readonly kind: 'write'; readonly file: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: string; readonly size: number }
  | { readonly kind: 'syncDirectory' }
  /** The process wrote this to the file that stands for the outside world. */
  | { readonly kind: 'told'; readonly text: string };

/** The system calls that {@link fileOperations} understands. */
export const tracedCalls = 'openat,write,writev,pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync,unlink,rename';

/** Reads the output of `strace -f -y -xx`: strings in hexadecimal, descriptors with their paths. Throws at a change of the directory that it does not understand. */
export function fileOperations(trace: string, directory: string, outside: string): FileOperation[] {
  const operations: FileOperation[] = [];
  const there = new Set<string>();
  for (const [call, parameters, result] of completedCalls(trace)) {
    const path = decode(/<([^>]*)>/.exec(parameters)?.[1] ?? '');
    const [first = '', second = ''] = [...parameters.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text);
    const named = decode(first);
    if (call === 'openat' || call === 'unlink' || call === 'rename') {
      if (dirname(named) !== directory || result < 0) continue;
      const file = basename(named);
      if (call === 'unlink' && there.delete(file)) operations.push({ kind: 'unlink', file });
      else if (call === 'openat' && parameters.includes('O_CREAT') && !there.has(file)) {
        there.add(file);
        operations.push({ kind: 'create', file });
      } else if (call === 'openat' && parameters.includes('O_TRUNC')) operations.push({ kind: 'truncate', file, size: 0 });
      else if (call === 'rename') throw new Error(`The simulator knows no rename: ${file} to ${decode(second)}`);
      continue;
    }
    if (path === outside && call === 'write') operations.push({ kind: 'told', text: named });
    if (path === directory && call === 'fsync') operations.push({ kind: 'syncDirectory' });
    if (dirname(path) !== directory) continue;
    operations.push(changeOf(basename(path), call, parameters, bytesOf(first), result));
  }
  return operations;
}

function changeOf(file: string, call: string, parameters: string, bytes: Buffer, result: number): FileOperation {
  const lastNumber = Number(/(\d+)$/.exec(parameters)?.[1]);
  switch (call) {
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', file };
    case 'ftruncate':
      return { kind: 'truncate', file, size: lastNumber };
    case 'pwrite64':
      if (bytes.length !== result) throw new Error(`The trace has ${bytes.length} of the ${result} bytes written to ${file}.`);
      return { kind: 'write', file, offset: lastNumber, bytes };
    default:
      throw new Error(`The simulator knows no ${call} on ${file}.`);
  }
}

/** A call that another thread's call interrupts is printed in two parts. */
function* completedCalls(trace: string): Iterable<readonly [call: string, parameters: string, result: number]> {
  const unfinished = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith(' <unfinished ...>')) {
      unfinished.set(thread, text.slice(0, -' <unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const whole = resumed ? `${unfinished.get(thread) ?? ''}${resumed[1] ?? ''}` : text;
    const [, call, parameters = '', result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(whole) ?? [];
    if (call) yield [call, parameters, Number(result)];
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
const decode = (text: string): string => (text.startsWith('\\x') ? bytesOf(text).toString('utf8') : text);
