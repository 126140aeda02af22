/** What strangers typed, on one line: a terminal obeys control characters, and some turn the text around. */
export const onOneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');

/** Rows with aligned columns; `empty` when there are none. */
export function table(given: readonly (readonly string[])[], empty: string): string {
  if (given.length === 0) return empty;
  const rows = given.map((row) => row.map(onOneLine));
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A moment in UTC, to the minute. */
export function date(at: number | null): string {
  return at === null ? 'never' : `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A number with its noun: "1 row", "2 rows". */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
