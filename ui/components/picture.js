// Puts a drawing that Python made into its place. It is parsed as XML: text in it cannot become anything else.

export default function ({ data, parentElement }) {
  const drawing = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
  parentElement.querySelector(".lt-picture").replaceChildren(document.importNode(drawing, true));
}
