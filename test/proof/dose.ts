/** How much a proof does: `POSTLEDGER_PROOF_DOSE=short` is what every change gets, the full dose is for releases. */
export const dose = <T>({ short, full }: { readonly short: T; readonly full: T }): T => (process.env['POSTLEDGER_PROOF_DOSE'] === 'short' ? short : full);
