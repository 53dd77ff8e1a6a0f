// What pages of the desk do in the browser: follow links without loading the page anew, open rows, sort tables,
// and remember the language. It builds no markup and reads no data but addresses and sort keys.

export default function ({ data }) {
  document.documentElement.lang = data.language === "zh" ? "zh-CN" : "en";
  document.cookie = `${data.cookie}=${data.language}; path=/; max-age=31536000; SameSite=Strict`;
  if (!window.loantrailListens) {
    window.loantrailListens = true;
    document.addEventListener("click", onClick);
  }
}

function onClick(event) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  const sorter = path.find((node) => node.matches(".lt-sort"));
  if (sorter) return sort(sorter.closest("th"));
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = path.find((node) => node.matches("a[href]"));
  if (link) {
    if (!path.some((node) => node.matches(".stHtml, .lt-picture")) || !within(link)) return;
    event.preventDefault();
    return follow(address(link));
  }
  const row = path.find((node) => node.matches("tr[data-href]"));
  if (row && !path.some((node) => node.matches("button, input, summary")) && !String(getSelection())) {
    follow(new URL(row.dataset.href, document.baseURI));
  }
}

function address(link) {
  // an SVG link keeps its address in an object
  return new URL(link.getAttribute("href"), document.baseURI);
}

function within(link) {
  return address(link).origin === location.origin;
}

function follow(url) {
  if (url.origin !== location.origin) return;
  // The address bar is the truth; Streamlit shows the page it names, as it does when the reader goes back.
  history.pushState({}, "", url);
  dispatchEvent(new PopStateEvent("popstate"));
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}

function sort(heading) {
  const table = heading.closest("table");
  const position = [...heading.parentNode.children].indexOf(heading);
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [row, key(row.cells[position])]);
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  rows.sort(([, one], [, other]) => (down ? -1 : 1) * compare(one, other, order));
  body.append(...rows.map(([row]) => row));
}

function key(cell) {
  if (cell.dataset.kind === "number") return BigInt(cell.dataset.sort); // amounts exceed what a float holds
  return cell.dataset.sort ?? cell.textContent;
}

function compare(one, other, order) {
  if (typeof one === "bigint" && typeof other === "bigint") return one < other ? -1 : one > other ? 1 : 0;
  if (typeof one !== typeof other) return typeof one === "bigint" ? 1 : -1; // unknown amounts first
  return order.compare(one, other);
}
