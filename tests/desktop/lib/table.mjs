// The table of Activity as any spreadsheet reads it (RFC 4180), read here on our own.

/** Its rows, each by the names of its columns. */
export function rows(text) {
  const [names, ...lines] = text.trimEnd().split("\r\n").map(cells);
  return lines.map((line) => Object.fromEntries(names.map((name, at) => [name, line[at]])));
}

function cells(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
}
