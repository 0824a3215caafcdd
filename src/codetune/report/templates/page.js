"use strict";
(() => {
  // Colour scheme: automatic, dark, light, and round again. The page is whole without it.
  const root = document.documentElement, button = document.getElementById("scheme");
  const schemes = ["automatic", "dark", "light"];
  let scheme = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    scheme = (scheme + 1) % schemes.length;
    if (scheme) root.dataset.scheme = schemes[scheme]; else delete root.dataset.scheme;
    button.setAttribute("aria-label", "Colour scheme: " + schemes[scheme]);
    button.title = button.getAttribute("aria-label");
  });

  // Paper has no folds: open them all for printing, and fold them again after.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));

  // A link to something inside a fold opens it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = target && target.closest("details");
    if (fold) fold.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();

  // The contents say which section is being read.
  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
      if (!entry.isIntersecting) return;
      links.forEach((link) => link.removeAttribute("aria-current"));
      const link = links.get(entry.target.id);
      if (link) link.setAttribute("aria-current", "true");
    }), { rootMargin: "-20% 0px -70% 0px" });
    document.querySelectorAll("main > section[id]").forEach((section) => seen.observe(section));
  }

  // Reading the loss curve: with the pointer, or with the arrow keys.
  document.querySelectorAll("[data-loss]").forEach((plot) => {
    const data = JSON.parse(plot.dataset.loss), readout = document.getElementById("loss-readout");
    const svg = plot.querySelector("svg"), line = svg.querySelector("line.cursor"), dot = svg.querySelector("circle.cursor");
    const across = (step) => (step - data.x[0]) / ((data.x[1] - data.x[0]) || 1);
    const idle = readout.textContent;
    let at = -1;
    const show = (index) => {
      at = Math.max(0, Math.min(data.points.length - 1, index));
      const [step, loss, rate, seconds] = data.points[at];
      const x = (100 * across(step)) + "%";
      line.setAttribute("x1", x); line.setAttribute("x2", x);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", (100 * (data.y[1] - data.average[at]) / (data.y[1] - data.y[0])) + "%");
      [line, dot].forEach((mark) => mark.setAttribute("visibility", "visible"));
      readout.textContent = "step " + step.toLocaleString("en") + ": loss " + loss.toPrecision(4) +
        ", average " + data.average[at].toPrecision(4) +
        (rate === null ? "" : ", learning rate " + rate.toExponential(1)) +
        (seconds === null ? "" : ", after " + seconds.toFixed(0) + " s");
    };
    const hide = () => {
      at = -1;
      [line, dot].forEach((mark) => mark.setAttribute("visibility", "hidden"));
      readout.textContent = idle;
    };
    plot.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), wanted = (event.clientX - box.left) / box.width;
      let nearest = 0;
      data.points.forEach((point, index) => {
        if (Math.abs(across(point[0]) - wanted) < Math.abs(across(data.points[nearest][0]) - wanted)) nearest = index;
      });
      show(nearest);
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const last = data.points.length - 1;
      const to = { ArrowLeft: at < 0 ? last : at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
      if (event.key === "Escape") hide();
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
  });
})();
