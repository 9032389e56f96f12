// Functions without a page: what the components compute. Tested by node (tests/ui/js).

/** Cuts a text of `length` units at all mark ends: [[start, end, [finding, …]], …], covering it completely. */
export function segments(length, marks) {
  if (!marks || !marks.length) return length ? [[0, length, []]] : [];
  const cuts = new Set([0, length]);
  for (const [start, end] of marks) {
    if (start < length) cuts.add(Math.max(start, 0));
    cuts.add(Math.min(end, length));
  }
  const at = [...cuts].sort((a, b) => a - b);
  const waiting = [...marks].sort((a, b) => a[0] - b[0]);
  let next = 0;
  let active = [];
  const found = [];
  for (let i = 0; i + 1 < at.length; i++) {
    while (next < waiting.length && waiting[next][0] <= at[i]) active.push(waiting[next++]);
    active = active.filter(mark => mark[1] > at[i]);
    found.push([at[i], at[i + 1], [...new Set(active.map(mark => mark[2]))]]);
  }
  return found;
}

/** The index after moving by `by` from `current` (a value of `list`), staying inside; `nearest(i)` where current is not in it. */
export function step(list, current, by, nearest) {
  if (!list.length) return -1;
  const at = list.indexOf(current);
  if (at >= 0) return Math.max(0, Math.min(list.length - 1, at + by));
  const after = list.findIndex(value => nearest(value));
  if (by > 0) return after < 0 ? list.length - 1 : after;
  return after < 0 ? list.length - 1 : Math.max(0, after - 1);
}

/** The events that the server has not acknowledged yet; an acknowledgement of another run of the page means nothing. */
export function unacknowledged(events, run, ack) {
  if (!ack || ack.run !== run) return events;
  return events.filter(event => event.n > ack.n);
}

/** A block's text as it is drawn: of the lines of a printed page only the text, each line end as an invisible break. */
export function drawn(text, isFlowing) {
  if (!isFlowing || !text.includes('\n')) return text;
  return text.replace(/\n/g, (_, at) => (/[A-Za-z0-9]/.test(text[at - 1] || '') && /[A-Za-z]/.test(text[at + 1] || '') ? ' ' : '\u200b'));
}

/** Places of `needle` in the blocks of all sections, also across line ends: [[section, block, start, length], …]. */
export function search(sections, needle, isFlowing = false, limit = 2000) {
  const found = [];
  if (!needle) return found;
  for (let s = 0; s < sections.length; s++) {
    const blocks = sections[s].blocks;
    for (let b = 0; b < blocks.length; b++) {
      const text = blocks[b].t, places = [];
      let plain = text;
      if (isFlowing && text.includes('\n')) {
        plain = '';
        for (let i = 0; i < text.length; i++) if (text[i] !== '\n') { plain += text[i]; places.push(i); }
      }
      let at = -1;
      while ((at = plain.indexOf(needle, at + 1)) >= 0) {
        const last = at + needle.length - 1;
        const [start, end] = places.length ? [places[at], places[last] + 1] : [at, last + 1];
        found.push([s, b, start, end - start]);
        if (found.length >= limit) return found;
      }
    }
  }
  return found;
}

/** Blocks in the order they are drawn: [{table: id, rows: Map(row → [block index, …])} | {block: index}, …]. */
export function layout(blocks) {
  const found = [];
  blocks.forEach((block, index) => {
    if (!block.cell) { found.push({ block: index }); return; }
    const [table, row] = block.cell;
    let last = found[found.length - 1];
    if (!last || last.table !== table) { last = { table, rows: new Map() }; found.push(last); }
    if (!last.rows.has(row)) last.rows.set(row, []);
    last.rows.get(row).push(index);
  });
  return found;
}

/** Cells of one table as a grid: [[{at, span} | {gap: n}, …] per row]; merged and missing cells keep their columns. */
export function grid(part, blocks) {
  const taken = new Set();
  let width = 0;
  for (const indexes of part.rows.values()) for (const i of indexes) width = Math.max(width, blocks[i].cell[2] + blocks[i].cell[4]);
  const found = [];
  for (const [number, indexes] of part.rows) {
    const row = [];
    let column = 0;
    const fill = until => {
      let gap = 0;
      for (; column < until; column++) if (!taken.has(`${number},${column}`)) gap++;
      if (gap) row.push({ gap });
    };
    for (const at of [...indexes].sort((a, b) => blocks[a].cell[2] - blocks[b].cell[2])) {
      const [, , start, rows, columns] = blocks[at].cell;
      fill(start);
      const isAlone = indexes.length === 1 && start === 0 && columns === 1 && rows === 1 && width > 2;
      const span = isAlone ? width : Math.max(1, columns);
      for (let r = 0; r < rows; r++) for (let c = 0; c < span; c++) taken.add(`${number + r},${start + c}`);
      row.push({ at, span, rows: Math.max(1, rows) });
      column = Math.max(column, start + span);
    }
    found.push(row);
  }
  return { rows: found, width };
}
