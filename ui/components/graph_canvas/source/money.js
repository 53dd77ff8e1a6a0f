// Amounts are whole numbers of minor units, in BigInt: they may exceed what a float holds.

/** Decimal text of minor units: (123456n, 2) → "1234.56". */
export function decimal(minor, digits) {
  const sign = minor < 0n ? "-" : "";
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
  return sign + (digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text);
}

/** An exact amount in the reader's convention. `currencies[code]` has digits, before and after. */
export function money(minor, code, currencies, locale) {
  const { digits, before, after } = currencies[code] ?? { digits: 0, before: code ? `${code} ` : "", after: "" };
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return before + new Intl.NumberFormat(locale, options).format(decimal(BigInt(minor), digits)) + after;
}

/** An amount in short, for labels: 1.15M, 115万; exact ones stand in tables, hints and files. */
export function brief(minor, code, currencies, locale, own) {
  const { digits, before, after } = currencies[code] ?? { digits: 0, before: code ? `${code} ` : "", after: "" };
  const text = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 3 }).format(decimal(BigInt(minor), digits));
  return code === own ? text : before + text + after;
}

/** Sums by currency; currencies are never added together. */
export function sums(edges) {
  const totals = new Map();
  for (const { amount, currency } of edges) {
    if (amount !== null) totals.set(currency, (totals.get(currency) ?? 0n) + BigInt(amount));
  }
  return totals;
}
