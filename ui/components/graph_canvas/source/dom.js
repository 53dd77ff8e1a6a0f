// Elements are made, never parsed: what a file contained can only be text in them.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const TURNS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Text out of a file: isolated, without orders to turn the writing direction, and shortened. */
export function data(text, limit = 160) {
  const short = clip(text, limit);
  return el("bdi", short === text ? {} : { title: clip(text, 10 * limit) }, short);
}

export function clip(text, limit) {
  const seen = String(text).replace(TURNS, "\ufffd");
  const letters = seen.length > limit ? [...seen.slice(0, 2 * limit)] : seen;
  return letters.length > limit ? `${[...letters].slice(0, limit).join("")}…` : seen;
}

/** A sentence with its blanks filled. */
export function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
