"use strict";
// Everything here adds to a page that reads without it: sorting, a read-out under charts, and a remembered theme.
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);

  // Tables: each head becomes a button; sorting is stable, and empty cells stay last.
  const key = (row, column) => {
    const text = row.cells[column].getAttribute("data-value");
    if (text === null || text === "") return null;
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
  };
  const order = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };
  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => [key(row, column), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * order(a, b);
    });
    body.append(...rows.map(([, row]) => row));
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const next = before === first ? other : first;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", next);
        sort(table, column, next === "ascending" ? 1 : -1);
      });
    });
  }

  // Charts: the nearest step under the pointer, or moved by arrow keys, is read out below.
  const show = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(2).replace("-", "−");
    if (size === 0) return "0";
    const digits = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
    return value.toLocaleString("en", digits).replace("-", "−");
  };
  const nearest = (steps, wanted) => {
    let best = 0;
    for (let i = 1; i < steps.length; i += 1) {
      if (Math.abs(steps[i] - wanted) < Math.abs(steps[best] - wanted)) best = i;
    }
    return best;
  };
  const value = (series, place) => {
    const item = document.createElement("span");
    item.className = "value";
    const swatch = document.createElement("span");
    swatch.className = series.swatch;
    const number = document.createElement("b");
    number.textContent = show(series.values[place]);
    const low = series.low[place];
    const limits = low === null ? "" : ` [${show(low)}, ${show(series.high[place])}]`;
    item.append(swatch, `${series.name} `, number, limits);
    return item;
  };
  for (const svg of document.querySelectorAll("svg[data-chart]")) {
    const chart = data.charts[svg.getAttribute("data-chart")];
    if (!chart) continue;
    const output = svg.closest("figure").querySelector("output");
    const [left, right, foot, top] = chart.frame;
    const [low, high] = chart.limits;
    const steps = Array.from(new Set(chart.series.flatMap((each) => each.steps))).sort((a, b) => a - b);
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", top);
    cursor.setAttribute("y2", foot);
    let place = steps.length - 1;
    const read = () => {
      const step = steps[place];
      const x = left + ((step - low) / (high - low)) * (right - left);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      svg.append(cursor);
      const there = chart.series.filter((each) => step >= each.steps[0] && step <= each.steps[each.steps.length - 1]);
      output.replaceChildren(
        `${chart.across} ${chart.across === "step" ? Math.round(step).toLocaleString("en") : show(step)}:`,
        ...there.map((each) => value(each, nearest(each.steps, step)))
      );
    };
    const hide = () => {
      cursor.remove();
      output.replaceChildren();
    };
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointermove", (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      place = nearest(steps, low + ((point.x - left) / (right - left)) * (high - low));
      read();
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("focus", read);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1, Home: -steps.length, End: steps.length }[event.key];
      if (move === undefined) return;
      event.preventDefault();
      place = Math.min(Math.max(place + move, 0), steps.length - 1);
      read();
    });
  }

  // The theme chosen is kept while the page is open; a browser may forbid to store it.
  for (const input of document.querySelectorAll(".theme input")) {
    try {
      if (sessionStorage.getItem("mdpzoo-theme") === input.id) input.checked = true;
      input.addEventListener("change", () => sessionStorage.setItem("mdpzoo-theme", input.id));
    } catch {
      break;
    }
  }
})();
