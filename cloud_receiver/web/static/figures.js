// Figures that stand in several places: each text goes wherever data-figure names it; an empty one
// hides its place.
export default {
  template: `<div hidden></div>`,
  props: { content: String, version: Number },
  methods: {
    show(version, splices) {
      const told = splices[0][2][0]; // it has no keys: it changes as a whole
      for (const [name, text] of Object.entries(JSON.parse(told))) {
        for (const place of document.querySelectorAll(`[data-figure="${name}"]`)) {
          place.textContent = text;
          place.hidden = !text;
        }
      }
    },
  },
};
