import type { Finding, FindingKind } from './verification-report.js';

/** So many of a kind are told in words. */
const most = 100;

/** Findings as they come: all are counted, and of each kind the first ones are kept. */
export class Found {
  readonly kept: Finding[] = [];
  count = 0;
  readonly #counts = new Map<FindingKind, number>();

  add(finding: Finding): void {
    this.addAll([finding]);
  }

  addAll(findings: Iterable<Finding>): void {
    for (const finding of findings) {
      const before = this.#counts.get(finding.kind) ?? 0;
      if (before < most) this.kept.push(finding);
      this.#counts.set(finding.kind, before + 1);
      this.count++;
    }
  }
}
