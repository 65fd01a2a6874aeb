import { fsyncSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** How often a second this disk writes 4 KiB at the end of a file and makes them durable: what no durable store with one writer can beat. */
export function rawFsyncsASecond(directory: string, seconds: number): number {
  const file = join(directory, 'fsync.bin');
  const handle = openSync(file, 'w');
  const block = Buffer.alloc(4_096, 1);
  try {
    const startedAt = performance.now();
    let count = 0;
    while (performance.now() - startedAt < seconds * 1_000) {
      writeSync(handle, block);
      fsyncSync(handle);
      count++;
    }
    return count / ((performance.now() - startedAt) / 1_000);
  } finally {
    closeSync(handle);
    rmSync(file);
  }
}
