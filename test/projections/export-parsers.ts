/** Parsers as the standards have them, written apart from what writes. */

export interface CsvCell {
  readonly text: string;
  readonly quoted: boolean;
}

/** RFC 4180, section 2: records end with CRLF, cells may be quoted, a quotation mark in one is doubled. Anything else fails the test. */
export function csvRecords(text: string): CsvCell[][] {
  const records: CsvCell[][] = [];
  let cells: CsvCell[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  for (let at = 0; at < text.length; at = cell.lastIndex) {
    cell.lastIndex = at;
    const found = cell.exec(text);
    if (found === null) throw new Error(`No cell of RFC 4180: ${JSON.stringify(text.slice(at, at + 60))}`);
    const [, quoted, plain = '', end] = found;
    cells.push({ text: quoted?.replaceAll('""', '"') ?? plain, quoted: quoted !== undefined });
    if (end !== '\r\n') continue;
    records.push(cells);
    cells = [];
  }
  return records;
}

/** What the cell was made of: null where it is empty and not quoted, and without the apostrophe that keeps it from being calculated. */
export function restoredCell(cell: CsvCell | undefined): string | null {
  if (cell === undefined || (cell.text === '' && !cell.quoted)) return null;
  return cell.text.startsWith("'") ? cell.text.slice(1) : cell.text;
}

/** CEF:0 as ArcSight describes it, by the names that `docs/audit.md` gives its fields. */
export function readCef(line: string): Readonly<Record<string, string | null>> {
  const parts = /^CEF:0\|((?:\\.|[^\\|])*)\|((?:\\.|[^\\|])*)\|((?:\\.|[^\\|])*)\|((?:\\.|[^\\|])*)\|((?:\\.|[^\\|])*)\|(\d+)\|(.*)$/su.exec(line);
  if (parts === null) throw new Error(`No line of CEF: ${line}`);
  const [, vendor = '', , program = '', action = '', , , extensions = ''] = parts;
  const found = new Map(
    [...extensions.matchAll(/(?:^| )([A-Za-z0-9]+)=((?:\\.|[^\\=])*?)(?=$| [A-Za-z0-9]+=)/gsu)].map(([, key = '', value = '']) => [key, value]),
  );
  const of = (key: string) => {
    const value = found.get(key);
    return value === undefined ? null : unescaped(value);
  };
  const labels = [...found].filter(([key]) => key.endsWith('Label')).map(([key, label]): [string, string | null] => [label, of(key.slice(0, -'Label'.length))]);
  const { sourceIPv6Address = null, ...labelled } = Object.fromEntries(labels);
  const optional = { version: null, requestId: null, clientName: null, causationId: null };
  return {
    vendor: unescaped(vendor),
    program: unescaped(program),
    action: unescaped(action),
    position: of('externalId'),
    rt: of('rt'),
    outcome: of('outcome'),
    entityType: of('cat'),
    actorId: of('suid'),
    actorName: of('suser'),
    actorKind: of('spriv'),
    ip: of('src') ?? sourceIPv6Address,
    userAgent: of('requestClientApplication'),
    reason: of('reason'),
    actorRole: of('PostledgerActorRole'),
    tokenId: of('PostledgerTokenId'),
    revertedToVersion: of('PostledgerRevertedToVersion'),
    ...optional,
    ...labelled,
  };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gsu, (_, letter: string) => (letter === 'n' ? '\n' : letter === 'r' ? '\r' : letter));
}
