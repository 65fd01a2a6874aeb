/** One row of the table: a figure, what it is compared with in the same run, and what was aimed at. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  /** Processor time of the service a request, or of the process an event. */
  readonly cpu?: string;
  /** Against what, and how many times that. */
  readonly ratio?: string;
  readonly goal?: string;
  readonly met?: boolean;
}

export function table(rows: readonly Row[]): string {
  const cells = [
    ['what', 'figure', 'CPU', 'ratio', 'goal', 'met'],
    ...rows.map(({ what, figure, cpu = '', ratio = '', goal = '', met }) => [what, figure, cpu, ratio, goal, met === undefined ? '' : met ? 'yes' : 'no']),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

export function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

export function microseconds(value: number): string {
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} µs`;
}

export function times(value: number, of: string): string {
  return `${value >= 10 ? Math.round(value) : value.toFixed(2)} × ${of}`;
}
