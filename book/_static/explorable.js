// A figure with a slider, whose steps stand in the page as data. Without this script the first step and no slider is shown.
document.addEventListener("DOMContentLoaded", () => {
  for (const figure of document.querySelectorAll("figure.explorable")) {
    const steps = JSON.parse(figure.querySelector("script").textContent);
    const parts = figure.querySelectorAll("[data-part]");
    const slider = figure.querySelector("input");
    const [back, on] = figure.querySelectorAll("button");
    const show = () => {
      const step = steps[slider.value];
      slider.setAttribute("aria-valuetext", step.step);
      for (const part of parts) {
        const shown = step[part.dataset.part];
        if (typeof shown === "string") part.textContent = shown;
        else for (const [name, value] of Object.entries(shown)) part.setAttribute(name, value);
      }
    };
    slider.addEventListener("input", show);
    back.addEventListener("click", () => {
      slider.stepDown();
      show();
    });
    on.addEventListener("click", () => {
      slider.stepUp();
      show();
    });
    figure.querySelector(".controls").hidden = false;
  }
});
