/** An email address and its two halves; the domain as A-labels in lower case. */
export interface Address {
  readonly address: string;
  readonly localPart: string;
  readonly domain: string;
}

/** @param address as `checkEmailAddress` accepts it. */
export function addressOf(address: string): Address {
  const at = address.lastIndexOf('@');
  return { address, localPart: address.slice(0, at), domain: address.slice(at + 1) };
}

/** The template with the address filled in; null when a placeholder is left that nothing is known for. */
export function filledIn(template: string, { address, localPart, domain }: Address): string | null {
  const values: Readonly<Record<string, string>> = { EMAILADDRESS: address, EMAILLOCALPART: localPart, EMAILDOMAIN: domain };
  let isWhole = true;
  const text = template.replace(/%([A-Z]+)%/g, (_, name: string) => {
    isWhole &&= Object.hasOwn(values, name);
    return values[name] ?? '';
  });
  return isWhole ? text : null;
}
