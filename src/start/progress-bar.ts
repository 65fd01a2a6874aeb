import type { WriteStream } from 'node:tty';

/** A progress bar on a terminal's standard error; elsewhere a line every tenth, so that a log shows it as well. */
export class ProgressBar {
  readonly #startedAt = performance.now();
  #lastDrawn = 0;
  #lastTenth = -1;

  constructor(
    readonly title: string,
    readonly unit: string,
    readonly stream: Pick<WriteStream, 'write' | 'isTTY' | 'columns'> = process.stderr,
  ) {}

  show(done: number, total: number): void {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const tenth = Math.floor(share * 10);
    if (this.stream.isTTY) {
      const now = performance.now();
      if (now - this.#lastDrawn < 50 && done < total) return;
      this.#lastDrawn = now;
      this.stream.write(`\r${this.#line(share, done, total)}\u001B[K`);
    } else if (tenth !== this.#lastTenth) this.stream.write(`${this.#line(share, done, total)}\n`);
    this.#lastTenth = tenth;
  }

  finish(): void {
    if (this.stream.isTTY) this.stream.write('\n');
  }

  #line(share: number, done: number, total: number): string {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const rate = seconds > 0 ? Math.round(done / seconds) : 0;
    const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
    const width = 24;
    const bar = '█'.repeat(Math.round(share * width)).padEnd(width, '░');
    return `${this.title} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${this.unit}  ${rate.toLocaleString('en')}/s  ${left} s left`;
  }
}
