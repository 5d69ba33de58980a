/* Arithmetic of the wall: how large its letters must be, and how its tiles fit. Touches no page. */
(() => {
  "use strict";
  /** Metres of letter for a metre of distance: 16 arcmin (NUREG-0700 r3). */
  const ARC = 0.00465;

  /** Least font size in px: a capital is `cap` of it, the panel fills width × height px. */
  const fontFor = ({ distance_m, diagonal_inch }, width, height, cap) =>
    (1000 * ARC * distance_m * Math.hypot(width, height)) / (25.4 * diagonal_inch * cap);
  const pxOf = (mm, { diagonal_inch }, width, height) => (mm * Math.hypot(width, height)) / (25.4 * diagonal_inch);

  /** Places n cells in rows of `columns`, in order; spans: place → [columns, rows]. Null: one is too wide. */
  const pack = (n, columns, spans) => {
    const taken = [];
    const isFree = (x, y, w, h) => {
      if (x + w > columns) return false;
      for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) if (taken[j * columns + i]) return false;
      return true;
    };
    const cells = [];
    let first = 0, rows = 0;
    for (let k = 0; k < n; k++) {
      const [w, h] = spans.get(k) || [1, 1];
      if (w > columns) return null;
      while (taken[first]) first++;
      let at = first;
      while (!isFree(at % columns, Math.floor(at / columns), w, h)) at++;
      const x = at % columns, y = Math.floor(at / columns);
      for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) taken[j * columns + i] = true;
      rows = Math.max(rows, y + h);
      cells.push([x, y, w, h]);
    }
    return { cells, rows };
  };

  /** All lines with tiles `size` high, each line under the column that ends highest; null: does not fit. */
  const place = (lines, box, size, columns, head, gap) => {
    const between = 2 * gap + 10, inner = (box.width - between * (columns - 1)) / columns;
    const pitch = [1.2 * size + gap, size + gap];
    const across = Math.floor((inner + gap) / pitch[0]);
    if (across < 1 || (head && lines.some((line) => line.head > inner))) return null;
    const ends = Array(columns).fill(0);
    const placed = [];
    for (const line of lines) {
      const spans = new Map([...line.wide].map(([k, [w, h]]) => {
        const span = [Math.ceil((w + gap) / pitch[0]), Math.ceil((h + gap) / pitch[1])];
        return [k, span[0] * span[1] > 1 || across < 2 ? span : [2, 1]];
      }));
      const packed = pack(line.n, across, spans);
      if (!packed) return null;
      const column = ends.indexOf(Math.min(...ends));
      const x = column * (inner + between), y = ends[column];
      ends[column] = y + head + packed.rows * pitch[1] + between;
      if (ends[column] - between > box.height + 0.5) return null;
      placed.push({ x, y, width: inner, tiles: packed.cells.map(([i, j, w, h]) =>
        [x + i * pitch[0], y + head + j * pitch[1], w * pitch[0] - gap, h * pitch[1] - gap]) });
    }
    return { size, placed };
  };

  /** The largest tiles that fit, over the numbers of columns; null: none of `least` px or more. */
  const largest = (lines, box, head, gap, least, most) => {
    let best = null;
    for (let columns = 1; columns <= Math.min(4, lines.length); columns++) {
      let low = least, high = most;
      while (low <= high) {
        const size = Math.floor((low + high) / 2);
        const found = place(lines, box, size, columns, head, gap);
        if (found) { low = size + 1; if (!best || size > best.size) best = found; } else high = size - 1;
      }
    }
    return best;
  };

  /** The fullest of the ways to name abnormal tiles that keeps tiles large; ways: lines each, fullest first. */
  const fit = (ways, box, head, most) => {
    const gap = Math.max(2, Math.round(box.height / 260));
    const plain = ways[ways.length - 1];
    const bare = largest(plain, box, 0, gap, 3, most);
    if (!bare) return null;
    const named = largest(plain, box, head, gap, 3, most);
    const top = named && named.size >= 0.5 * bare.size ? head : 0;
    const floor = Math.max(3, Math.floor(0.55 * (top ? named : bare).size));
    for (const [n, way] of ways.entries()) {
      const found = largest(way, box, top, gap, floor, most);
      if (found) return { ...found, way: n, head: top };
    }
    return { ...bare, way: ways.length - 1, head: 0 };
  };

  window.wall = { ARC, fontFor, pxOf, pack, place, fit };
})();
