// Taking results away: rows as CSV. Pure.

const COLUMNS = ["case_number", "decision_date", "issue", "disputed", "outcome", "url"];

/** `rows`: [{card, matching}]; one line an issue that fits. */
export function csv(rows, root) {
  const lines = [COLUMNS];
  for (const { card, matching } of rows) {
    const [id, number, date, issues] = card;
    for (const place of [...matching].sort((a, b) => a - b)) {
      const url = new URL(`decisions/${encodeURIComponent(id)}.html#issue-${place + 1}`, root).href;
      lines.push([number ?? "", date ?? "", place + 1, issues[place][0], issues[place][1] ?? "", url]);
    }
  }
  return `${lines.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A cell that no spreadsheet takes for a formula. */
export function cell(value) {
  const plain = String(value);
  const begin = plain.replace(/^[\s\u200b\ufeff]+/u, "").normalize("NFKC")[0] ?? "";
  const safe = "=+-@".includes(begin || " ") || /^[\t\r\n]/.test(plain) ? `'${plain}` : plain;
  return `"${safe.replaceAll('"', '""')}"`;
}
