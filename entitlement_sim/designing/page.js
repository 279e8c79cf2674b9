"use strict";
const grid = JSON.parse(document.getElementById("grid").textContent);
const inputs = grid.axes.map((_, place) => document.getElementById(`control-${place}`));
const rows = document.getElementById("rows");
const ELEMENTS = "http://www.w3.org/2000/svg";

function drawn(name, values, into) {
  const element = document.createElementNS(ELEMENTS, name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
  into.append(element);
  return element;
}

function strip([low, at, high, moved]) {
  const svg = document.createElementNS(ELEMENTS, "svg");
  for (const [key, value] of Object.entries({ width: 120, height: 14, viewBox: "0 0 120 14", "aria-hidden": "true" }))
    svg.setAttribute(key, value);
  drawn("line", { x1: 60, x2: 60, y1: 1, y2: 13, stroke: "#8c959f" }, svg);
  if (at !== null) {
    drawn("line", { x1: low, x2: high, y1: 7, y2: 7, stroke: "#0550ae", "stroke-width": 2 }, svg);
    drawn("circle", { cx: at, cy: 7, r: 4, fill: moved ? "#0550ae" : "#fff", stroke: "#0550ae", "stroke-width": 1.5 }, svg);
  }
  return svg;
}

function cell(tag, text, row) {
  const element = document.createElement(tag);
  element.textContent = text;
  row.append(element);
  return element;
}

function show() {
  const places = inputs.map(input => Number(input.value));
  let place = 0;
  grid.axes.forEach((axis, at) => {
    place = place * axis.values.length + places[at];
    const value = axis.values[places[at]];
    document.getElementById(`value-${at}`).textContent = value;
    inputs[at].setAttribute("aria-valuetext", value);
    inputs[at].closest(".control").classList.toggle("moved", places[at] !== axis.rest);
  });
  const answer = grid.answers[place];
  rows.replaceChildren(...answer.rows.map(([name, figures]) => {
    const row = document.createElement("tr");
    const heading = cell("th", grid.names[name], row);
    heading.scope = "row";
    heading.append(strip(figures.slice(4)));
    const [today, designed, difference, between] = figures;
    cell("td", today, row);
    cell("td", designed, row);
    const last = cell("td", difference, row);
    cell("span", between, last).className = "between";
    return row;
  }));
  document.getElementById("said").replaceChildren(...answer.said.map(at => {
    const said = document.createElement("p");
    said.textContent = grid.texts[at];
    return said;
  }));
  document.getElementById("settings").textContent = answer.settings;
}

for (const input of inputs) input.addEventListener("input", show);
document.getElementById("rest").addEventListener("click", () => {
  grid.axes.forEach((axis, at) => { inputs[at].value = axis.rest; });
  show();
});
grid.axes.forEach((axis, at) => { inputs[at].value = axis.rest; });
show();
