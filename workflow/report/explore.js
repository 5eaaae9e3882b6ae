// The page to explore: choices, charts and downloads over the rows that scripts/jianfu/report/explore/page.py embeds.
// Nothing is fetched and no library is used. A chart is an SVG of marks; each mark can be hovered, reached with the
// arrow keys and read aloud. Views, words and rows are data: nothing here knows what an index or a county is.
(function () {
  "use strict";

  const content = JSON.parse(document.getElementById("content").textContent);
  const root = document.getElementById("root"), hint = document.getElementById("hint");
  const WIDTH = 960, FONT = 12, GAP = "—";
  const FAMILY = "'Microsoft YaHei','PingFang SC','Noto Sans CJK SC','Noto Sans SC',Arial,sans-serif";
  const COLOURS = ["#1f4e79", "#c05a00", "#3b7a57", "#8a1c5c", "#6b6b6b", "#2b9eb3", "#8c6d1f", "#5b4a9c"];
  const DASHES = ["", "6 3", "2 2", "8 3 2 3"];
  const DARK = [31, 78, 121], LIGHT = [247, 250, 253];
  const INK = "#1c1c1c", SOFT = "#5f6368", RULE = "#e2e2e2", RED = "#a8321c";
  let language = content.language, current = null;

  // ---------------------------------------------------------------------------------------------- words and numbers

  const say = (key, values) =>
    Object.entries(values || {}).reduce((text, [name, value]) => text.replace("{" + name + "}", value), content.texts[key][language]);
  const word = (view, column, value) => ((view.words[column] || {})[value] || {})[language] || value;
  const words = (view, columns, row) => columns.map((column) => word(view, column, row[column])).filter(Boolean).join(" · ");
  const heading = (view, column) => (view.measures[column] || view.headings[column])[language];
  const known = (text) => text !== "" && Number.isFinite(Number(text));

  function print(value, percent) {
    if (percent) return (100 * value).toFixed(1) + "%";
    if (Number.isInteger(value)) return value.toLocaleString("en-US").replace("-", "−");
    const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
    return value.toLocaleString("en-US", { maximumFractionDigits: digits, maximumSignificantDigits: Math.abs(value) < 1 ? 3 : undefined }).replace("-", "−");
  }

  // What hovering, focus and a screen reader say of a row.
  function told(view, row) {
    const lines = [words(view, [...new Set([...view.label, ...view.series])], row)];
    if (view.x) lines.push(view.x_label[language] + say("of") + (known(row[view.x]) ? print(Number(row[view.x])) : row[view.x]));
    const percent = view.percent.includes(view.measure);
    const value = known(row[view.measure]) ? print(Number(row[view.measure]), percent) : GAP;
    const ends = interval(view, row);
    const between = ends ? " [" + ends.map((end) => print(end, percent)).join(", ") + "]" : "";
    lines.push(heading(view, view.measure) + say("of") + value + between);
    for (const column of view.more.filter((name) => row[name] !== "")) {
      lines.push(heading(view, column) + say("of") + (known(row[column]) ? print(Number(row[column])) : word(view, column, row[column])));
    }
    return lines.filter(Boolean).join("\n");
  }

  const interval = (view, row) =>
    view.low && view.measure === Object.keys(view.measures)[0] && known(row[view.low]) && known(row[view.high])
      ? [Number(row[view.low]), Number(row[view.high])] : null;

  // ---------------------------------------------------------------------------------------------- rows and choices

  function open(view) {
    view.records = view.rows.map((cells) => Object.fromEntries(cells.map((cell, n) => [view.columns[n], cell])));
    view.form = view.forms[0];
    view.measure = Object.keys(view.measures).find((column) => view.records.some((row) => known(row[column])));
    view.chosen = {}; // the values picked of a column; none named: all, or of a single choice the first
    for (const { column, first } of view.choices) {
      const there = first.filter((value) => view.records.some((row) => row[column] === value));
      if (there.length) view.chosen[column] = there;
    }
  }

  // The rows that pass the choices; ``offered``: of each choice the values that those before it leave, and the chosen.
  function passed(view) {
    let rows = view.records;
    view.offered = {};
    for (const { column, kind } of view.choices) {
      const values = [...new Set(rows.map((row) => row[column]))], picked = view.chosen[column];
      let chosen = picked ? values.filter((value) => picked.includes(value)) : [];
      const all = !picked || picked.length > 0 && !chosen.length;
      if (all) chosen = kind === "many" ? values : kind === "one" ? values.slice(0, 1) : [];
      view.offered[column] = { values, chosen };
      if (!all || kind === "one") rows = rows.filter((row) => chosen.includes(row[column]));
    }
    return rows;
  }

  // ---------------------------------------------------------------------------------------------- drawing

  function element(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value === true) node.setAttribute(key, "");
      else if (value !== false && value !== null) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  function shape(parent, name, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  }

  const write = (svg, x, y, text, more) =>
    shape(svg, "text", { x, y, fill: INK, "font-size": FONT, "font-family": FAMILY, ...more }, text);
  const wide = (text) => [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e7f ? 1 : 0.56), 0) * FONT;
  const cut = (text, room) => {
    if (wide(text) <= room) return text;
    let kept = text;
    while (kept && wide(kept + "…") > room) kept = kept.slice(0, -1);
    return kept + "…";
  };

  // A mark: told when it is hovered or focused; one of a chart is reached by the tab key, the others by the arrow keys.
  function mark(svg, name, attributes, text) {
    const node = shape(svg, name, { ...attributes, class: "mark-point", role: "img", tabindex: svg.marks.length ? -1 : 0, "aria-label": text });
    svg.marks.push(node);
    const show = () => {
      hint.textContent = text;
      hint.hidden = false;
      const box = node.getBoundingClientRect(), own = hint.getBoundingClientRect();
      const under = box.bottom + 6 + own.height < innerHeight;
      hint.style.left = Math.max(4, Math.min(innerWidth - own.width - 4, box.left + box.width / 2 - own.width / 2)) + "px";
      hint.style.top = (under ? box.bottom + 6 : Math.max(4, box.top - own.height - 6)) + "px";
    };
    for (const event of ["mouseenter", "focus"]) node.addEventListener(event, show);
    for (const event of ["mouseleave", "blur"]) node.addEventListener(event, () => { hint.hidden = true; });
    return node;
  }

  function steer(svg) {
    svg.addEventListener("keydown", (event) => {
      const at = svg.marks.indexOf(document.activeElement), last = svg.marks.length - 1;
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = svg.marks[Math.max(0, Math.min(last, to))];
      svg.marks[at].setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
    });
  }

  function ticks(low, high, about) {
    const raw = (high - low) / about || 1, power = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) found.push(n * step || 0);
    return found;
  }

  function scale(values, from, to, padding) {
    let low = Math.min(...values), high = Math.max(...values);
    if (low === high) { low -= 1; high += 1; }
    const room = (high - low) * padding;
    low -= room; high += room;
    const place = (value) => from + (to - from) * (value - low) / (high - low);
    return { place, low, high, ticks: (about) => ticks(low, high, about) };
  }

  // The numbers of the values drawn, their intervals, and what they are compared with.
  function extent(view, rows) {
    const found = [];
    for (const row of rows) {
      if (known(row[view.measure])) found.push(Number(row[view.measure]));
      found.push(...(interval(view, row) || []));
    }
    const near = view.origin !== null && (view.form === "rows" || view.origin !== 0);
    return near && view.measure === Object.keys(view.measures)[0] || view.form === "rows" ? [...found, view.origin === null ? found[0] : view.origin] : found;
  }

  // An empty chart with title, mark of synthetic data and source; height: of what is drawn below the title.
  function sheet(view, height) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const total = height + 66;
    for (const [key, value] of Object.entries({ viewBox: `0 0 ${WIDTH} ${total}`, width: WIDTH, height: total, role: "group" })) svg.setAttribute(key, value);
    svg.setAttribute("aria-label", view.title[language] + say("of") + say("keys"));
    svg.marks = [];
    shape(svg, "rect", { width: WIDTH, height: total, fill: "#fff" });
    const room = WIDTH - 32 - (content.mark ? wide(content.mark) + 20 : 0);
    write(svg, 16, 22, cut(`${content.province[language]} · ${view.title[language]}`, room / 1.17), { "font-size": 14, "font-weight": 600 });
    if (content.mark) write(svg, WIDTH - 16, 22, content.mark, { fill: RED, "text-anchor": "end" });
    const chosen = view.choices.filter((choice) => choice.kind !== "many").map(({ column }) =>
      view.offered[column].chosen.map((value) => word(view, column, value)).join(""));
    const under = [heading(view, view.measure), ...chosen.filter(Boolean)].join(" · ");
    write(svg, 16, total - 10, cut(say("source", { file: view.file }) + under, WIDTH - 32), { fill: SOFT, "font-size": 11 });
    steer(svg);
    return svg;
  }

  const seriesOf = (view, rows) => [...new Set(rows.map((row) => words(view, view.series, row)))];
  const look = (n) => ({ colour: COLOURS[n % COLOURS.length], dash: DASHES[Math.floor(n / COLOURS.length) % DASHES.length] || DASHES[n % DASHES.length] });

  // The names of the series above the chart; returns the height taken.
  function legend(svg, names, dots) {
    if (names.length > 12 || names.length < 2 && !names[0]) return 0;
    let x = 16, y = 46;
    names.forEach((name, n) => {
      const width = wide(name) + 42;
      if (x + width > WIDTH - 16 && x > 16) { x = 16; y += 18; }
      if (dots) shape(svg, "circle", { cx: x + 12, cy: y - 4, r: 4.5, fill: look(n).colour });
      else shape(svg, "line", { x1: x, x2: x + 24, y1: y - 4, y2: y - 4, stroke: look(n).colour, "stroke-width": 2.5, "stroke-dasharray": look(n).dash });
      write(svg, x + 30, y, cut(name, WIDTH - 60));
      x += width;
    });
    return y - 26;
  }

  function lines(view, rows) {
    const drawn = rows.filter((row) => known(row[view.measure]));
    const names = seriesOf(view, drawn);
    const svg = sheet(view, 440);
    const top = 44 + legend(svg, names, !view.joined), bottom = 426, percent = view.percent.includes(view.measure);
    const y = scale(extent(view, drawn), bottom, top, 0.04);
    const months = drawn.some((row) => !known(row[view.x]));
    const at = months ? [...new Set(view.records.map((row) => row[view.x]))].sort() : null;
    const left = 44 + Math.max(...y.ticks(6).map((tick) => wide(print(tick, percent))));
    write(svg, 0, 0, cut(heading(view, view.measure), bottom - top), { "text-anchor": "middle", transform: `translate(24 ${(top + bottom) / 2}) rotate(-90)` });
    const x = months ? scale([0, Math.max(1, at.length - 1)], left, WIDTH - 24, 0.01)
      : scale(drawn.map((row) => Number(row[view.x])), left, WIDTH - 24, 0.03);
    const across = (row) => x.place(months ? at.indexOf(row[view.x]) : Number(row[view.x]));
    for (const tick of y.ticks(6)) {
      shape(svg, "line", { x1: left, x2: WIDTH - 16, y1: y.place(tick), y2: y.place(tick), stroke: tick === view.origin ? "#999" : RULE });
      write(svg, left - 6, y.place(tick) + 4, print(tick, percent), { "text-anchor": "end", fill: SOFT });
    }
    const every = months ? Math.ceil(at.length / 12) : 1;
    for (const tick of months ? at.map((month, n) => n).filter((n) => n % every === 0) : x.ticks(8)) {
      write(svg, x.place(tick), bottom + 18, months ? at[tick] : print(tick), { "text-anchor": "middle", fill: SOFT });
    }
    write(svg, (left + WIDTH) / 2, bottom + 38, view.x_label[language], { "text-anchor": "middle" });
    names.forEach((name, n) => {
      const own = drawn.filter((row) => words(view, view.series, row) === name).sort((a, b) => across(a) - across(b));
      const { colour, dash } = look(n), height = (row) => y.place(Number(row[view.measure]));
      if (months && names.length <= 3) band(svg, view, own, across, y, colour);
      let path = "", before = null;
      for (const row of own) {
        const gap = months && before && at.indexOf(row[view.x]) - at.indexOf(before[view.x]) > 1;
        path += before && !gap ? (view.joined === "steps" ? `H${across(row)}V${height(row)}` : `L${across(row)} ${height(row)}`) : `M${across(row)} ${height(row)}`;
        before = row;
      }
      if (view.joined) shape(svg, "path", { d: path, fill: "none", stroke: colour, "stroke-width": names.length > 12 ? 1 : 2, "stroke-dasharray": dash });
      for (const row of own) {
        const ends = months ? null : interval(view, row);
        if (ends) shape(svg, "line", { x1: across(row), x2: across(row), y1: y.place(ends[0]), y2: y.place(ends[1]), stroke: colour, "stroke-opacity": 0.55 });
        mark(svg, "circle", { cx: across(row), cy: height(row), r: 3.2, fill: colour }, told(view, row));
      }
    });
    return svg;
  }

  function band(svg, view, rows, across, y, colour) {
    const own = rows.filter((row) => interval(view, row));
    if (!own.length) return;
    const upper = own.map((row) => `${across(row)} ${y.place(interval(view, row)[1])}`);
    const lower = own.map((row) => `${across(row)} ${y.place(interval(view, row)[0])}`).reverse();
    shape(svg, "path", { d: `M${[...upper, ...lower].join("L")}Z`, fill: colour, "fill-opacity": 0.13 });
  }

  function bars(view, rows) {
    const drawn = rows.filter((row) => known(row[view.measure]));
    if (view.sort) drawn.sort((a, b) => Number(b[view.measure]) - Number(a[view.measure]));
    const names = seriesOf(view, view.records), step = 22; // a colour means the same whatever is chosen
    const svg = sheet(view, drawn.length * step + 76 + (names.length > 1 ? 18 : 0));
    const top = 50 + legend(svg, names, true), bottom = top + drawn.length * step;
    write(svg, WIDTH - 70, bottom + 34, cut(heading(view, view.measure), WIDTH - 100), { "text-anchor": "end" });
    const texts = drawn.map((row) => words(view, view.label, row));
    const left = Math.min(430, 28 + Math.max(...texts.map(wide)));
    const percent = view.percent.includes(view.measure);
    const x = scale(extent(view, drawn), left + 8, WIDTH - 70, 0.03);
    for (const tick of x.ticks(7)) {
      shape(svg, "line", { x1: x.place(tick), x2: x.place(tick), y1: top, y2: bottom, stroke: RULE });
      write(svg, x.place(tick), bottom + 16, print(tick, percent), { "text-anchor": "middle", fill: SOFT });
    }
    if (view.origin !== null) shape(svg, "line", { x1: x.place(view.origin), x2: x.place(view.origin), y1: top, y2: bottom, stroke: "#888" });
    drawn.forEach((row, n) => {
      const middle = top + (n + 0.5) * step, value = Number(row[view.measure]), ends = interval(view, row);
      const { colour } = look(names.indexOf(words(view, view.series, row)));
      write(svg, left, middle + 4, cut(texts[n], left - 20), { "text-anchor": "end" });
      if (ends) {
        shape(svg, "line", { x1: x.place(ends[0]), x2: x.place(ends[1]), y1: middle, y2: middle, stroke: colour, "stroke-width": 1.6 });
        mark(svg, "circle", { cx: x.place(value), cy: middle, r: 4.5, fill: colour }, told(view, row));
      } else if (view.origin === 0) {
        const from = x.place(0), to = x.place(value);
        mark(svg, "rect", { x: Math.min(from, to), width: Math.max(1, Math.abs(to - from)), y: middle - 7, height: 14, fill: colour }, told(view, row));
      } else mark(svg, "circle", { cx: x.place(value), cy: middle, r: 4.5, fill: colour }, told(view, row));
      write(svg, WIDTH - 12, middle + 4, print(value, percent), { "text-anchor": "end", fill: SOFT });
    });
    return svg;
  }

  function grid(view, rows) {
    const at = [...new Set(rows.map((row) => row[view.x]))].sort((a, b) => (known(a) ? a - b : a < b ? -1 : 1));
    const names = [...new Set(rows.map((row) => words(view, view.label, row)))];
    const left = Math.min(240, 28 + Math.max(...names.map(wide))), step = 22;
    const svg = sheet(view, names.length * step + 66), top = 60, width = (WIDTH - left - 24) / at.length;
    const shown = rows.filter((row) => known(row[view.measure])).map((row) => Number(row[view.measure]));
    const low = Math.min(...shown), high = Math.max(...shown), percent = view.percent.includes(view.measure);
    const shade = (value) => {
      const share = high > low ? (value - low) / (high - low) : 0.5;
      return "rgb(" + LIGHT.map((light, n) => Math.round(light + share * (DARK[n] - light))).join(",") + ")";
    };
    for (let n = 0; n < 40; n++) shape(svg, "rect", { x: left + n * 4, y: 38, width: 4, height: 10, fill: shade(low + (high - low) * n / 39) });
    write(svg, left - 6, 47, print(low, percent), { "text-anchor": "end", fill: SOFT });
    write(svg, left + 166, 47, `${print(high, percent)}　${heading(view, view.measure)}`, { fill: SOFT });
    names.forEach((name, n) => write(svg, left - 6, top + (n + 0.5) * step + 4, cut(name, left - 20), { "text-anchor": "end" }));
    const every = Math.ceil(at.length / 12);
    at.forEach((place, n) => {
      if (n % every === 0) write(svg, left + (n + 0.5) * width, top + names.length * step + 16, place, { "text-anchor": "middle", fill: SOFT });
    });
    for (const row of rows) {
      const value = known(row[view.measure]);
      const box = { x: left + at.indexOf(row[view.x]) * width, y: top + names.indexOf(words(view, view.label, row)) * step, width: width - 1, height: step - 1 };
      mark(svg, "rect", { ...box, fill: value ? shade(Number(row[view.measure])) : "#fff", stroke: value ? "none" : "#bbb" }, told(view, row));
    }
    return svg;
  }

  const FORMS = { lines, rows: bars, grid };

  // ---------------------------------------------------------------------------------------------- downloads

  function save(blob, name) {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function saveTable(view) {
    const quoted = (cell) => (/[",\n\r]/.test(cell) ? '"' + cell.replace(/"/g, '""') + '"' : cell);
    const own = content.mark ? [["data"], [content.mark]] : [[], []];
    const rows = passed(view).map((row) => [...view.columns.map((column) => row[column]), ...own[1]]);
    const text = [[...view.columns, ...own[0]], ...rows].map((cells) => cells.map(quoted).join(",")).join("\n");
    save(new Blob(["\ufeff" + text + "\n"], { type: "text/csv;charset=utf-8" }), view.name + ".csv");
  }

  function savePicture(view) {
    const svg = document.querySelector(".chart svg"), image = new Image(), twice = 2;
    image.onload = () => {
      const canvas = element("canvas", { width: twice * svg.getAttribute("width"), height: twice * svg.getAttribute("height") });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, view.name + ".png"));
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  }

  // ---------------------------------------------------------------------------------------------- the page

  function select(title, id, values, chosen, change) {
    const options = values.map(([value, text]) => element("option", { value, selected: value === chosen }, text));
    return element("label", { class: "one" }, title, element("select", { id, onchange: (event) => change(event.target.value) }, ...options));
  }

  function choiceOf(view, { column, kind }) {
    const { values, chosen } = view.offered[column], title = heading(view, column), id = "choice-" + column;
    const set = (picked, focused) => { view.chosen[column] = picked; refresh(view, focused); };
    const named = values.map((value) => [value, word(view, column, value) || GAP]);
    if (kind !== "many") {
      const whole = kind === "any" ? [["", say("all")]] : [];
      return select(title, id, [...whole, ...named], chosen.length ? chosen[0] : "", (value) => set(kind === "any" && value === "" ? undefined : [value], id));
    }
    const boxes = named.map(([value, text], n) => element("label", {}, element("input", { type: "checkbox", id: `${id}-${n}`, value, checked: chosen.includes(value),
      onchange: (event) => set(values.filter((name) => (name === value ? event.target.checked : chosen.includes(name))), event.target.id) }), " ", text));
    const both = [["all", values], ["none", []]].map(([key, picked]) => element("button", { type: "button", id: `${id}-${key}`, onclick: () => set(picked, `${id}-${key}`) }, say(key)));
    return element("fieldset", {}, element("legend", {}, title, ...both), element("div", {}, ...boxes));
  }

  function table(view, rows) {
    const head = element("tr", {}, ...view.columns.map((column) => element("th", { scope: "col" }, heading(view, column))));
    const shown = rows.slice(0, 500);
    const body = shown.map((row) => element("tr", {}, ...view.columns.map((column) =>
      element("td", { class: known(row[column]) ? "number" : null }, view.words[column] ? word(view, column, row[column]) : row[column]))));
    return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  }

  function refresh(view, focused) {
    hint.hidden = true;
    const rows = passed(view);
    const some = rows.some((row) => known(row[view.measure]));
    const main = document.querySelector("main");
    const controls = element("div", { class: "choices" });
    if (view.forms.length > 1) controls.append(select(say("form"), "choice-form", view.forms.map((form) => [form, say(form)]), view.form, (form) => { view.form = form; refresh(view, "choice-form"); }));
    const measures = Object.keys(view.measures).filter((column) => view.records.some((row) => known(row[column])));
    if (measures.length > 1) controls.append(select(say("measure"), "choice-measure", measures.map((column) => [column, heading(view, column)]), view.measure, (column) => { view.measure = column; refresh(view, "choice-measure"); }));
    const several = view.choices.filter(({ column }) => new Set(view.records.map((row) => row[column])).size > 1);
    controls.append(...several.map((choice) => choiceOf(view, choice)));
    const open = main.querySelector("details") !== null && main.querySelector("details").open;
    const details = element("details", { open }, element("summary", {}, say("rows", { n: rows.length })), element("div", { class: "rows", tabindex: 0 }, table(view, rows)));
    main.replaceChildren(
      element("h2", {}, view.title[language]), element("p", {}, view.note[language]), controls,
      element("div", { class: "chart" }, some ? FORMS[view.form](view, rows) : say("empty")),
      element("div", { class: "saves" },
        element("button", { type: "button", id: "save-png", disabled: !some, onclick: () => savePicture(view) }, say("save_png")),
        element("button", { type: "button", id: "save-csv", onclick: () => saveTable(view) }, say("save_csv"))),
      details);
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  }

  function build() {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = `${content.province[language]} · ${say("title")}`;
    const nav = element("nav", { "aria-label": say("choose") });
    for (const [part, title] of Object.entries(content.parts)) {
      const own = content.views.filter((view) => view.part === part);
      if (own.length) nav.append(element("h2", {}, title[language]));
      nav.append(...own.map((view) => element("a", { href: "#" + view.name }, view.title[language])));
    }
    const other = element("button", { type: "button", id: "language", onclick: () => { language = language === "zh" ? "en" : "zh"; build(); document.getElementById("language").focus(); } }, say("language"));
    root.replaceChildren(
      ...(content.mark ? [element("div", { class: "mark" }, content.mark)] : []),
      element("header", {}, element("h1", {}, document.title), element("p", {}, say("lead")), other), nav, element("main", {}));
    show();
  }

  // The view that the address names, else the first; the address changes with the view, so that the back key works.
  function show() {
    current = content.views.find((view) => "#" + view.name === location.hash) || content.views[0];
    if (!current) { document.querySelector("main").append(say("empty")); return; }
    for (const link of document.querySelectorAll("nav a")) {
      if (link.getAttribute("href") === "#" + current.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    refresh(current);
  }

  content.views.forEach(open);
  addEventListener("hashchange", show);
  build();
})();
