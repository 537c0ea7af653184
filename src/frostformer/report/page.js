// Draws the plots of the page and connects them with legends and sliders. Each plot is a div of the class "plot" with its
// Vega-Lite specification inside; its view is then kept in `plot.view`.
"use strict";

// Colours are variables of the page's style: a change of theme, or printing, needs no new drawing.
const LOOKS = {
  background: null,
  font: getComputedStyle(document.body).fontFamily,
  view: { stroke: null },
  axis: {
    labelColor: "var(--quiet)", titleColor: "var(--quiet)", gridColor: "var(--grid)", domainColor: "var(--rule)",
    tickColor: "var(--rule)", labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelOverlap: true,
  },
};
const OPTIONS = {
  mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, config: LOOKS,
  tooltip: { disableDefaultStyle: true },
};

async function draw(plot) {
  const spec = JSON.parse(plot.querySelector("script").textContent);
  const { view } = await vegaEmbed(plot, spec, OPTIONS);
  if (plot.wanted) await view.signal(...plot.wanted).runAsync(); // somebody was faster than the drawing
  plot.view = view;
}

function set(plots, signal, value) {
  for (const plot of plots) {
    plot.wanted = [signal, value];
    plot.view?.signal(signal, value).runAsync();
  }
}

// A click shows one arm alone, further clicks add and remove arms; none means all. A pointer that rests on a name looks
// at that arm.
function legend(list) {
  const buttons = [...list.querySelectorAll("button")];
  const plots = list.parentElement.querySelectorAll(".plot");
  const show = (shown) => set(plots, "shown", shown.map((button) => Number(button.dataset.series)));
  const chosen = () => buttons.filter((button) => button.ariaPressed === "true");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      list.classList.toggle("chosen", chosen().length > 0);
      show(chosen());
    });
    button.addEventListener("pointerenter", () => show([...chosen(), button]));
    button.addEventListener("pointerleave", () => show(chosen()));
  }
}

function slider(input) {
  const plots = input.closest("figure").querySelectorAll(".plot");
  const said = input.parentElement.querySelector("output");
  input.addEventListener("input", () => {
    said.textContent = input.value === "0" ? "mean of all blocks" : `block ${input.value}`;
    set(plots, "block", Number(input.value));
  });
}

async function main() {
  document.querySelectorAll(".legend").forEach(legend);
  document.querySelectorAll("input[type=range]").forEach(slider);
  for (const plot of document.querySelectorAll(".plot")) {
    await draw(plot);
    await new Promise((next) => setTimeout(next)); // the page stays awake between two plots
  }
  document.documentElement.dataset.plots = "drawn";
}

main();
