// Keeps rows by their id: what stays is not touched, so focus, selection and scroll position stay too.
const AGE = />[^<]*<\/time>/g; // ticks by itself, and is no reason to draw a row again
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];

function ageOf(moment) {
  const seconds = Math.max(0, (Date.now() - new Date(moment)) / 1000);
  for (const [size, unit] of UNITS) {
    if (seconds >= size) return `${Math.floor(seconds / size)}\u202f${unit}`;
  }
  return seconds >= 1 ? `${Math.floor(seconds)}\u202fs` : "now";
}

function tick(list) {
  for (const time of list.querySelectorAll("time.ip-age")) {
    const age = ageOf(time.dateTime);
    if (time.textContent !== age) time.textContent = age;
  }
}

function draw(list, data) {
  if (list.epoch !== data.epoch) list.replaceChildren();
  const fresh = list.epoch === data.epoch && list.childElementCount > 0;
  list.epoch = data.epoch;
  list.className = `ip-list ${data.css}`;
  list.setAttribute("role", "table");
  const wanted = data.heading ? [{ id: "", html: data.heading }, ...data.rows] : data.rows;
  const known = new Map([...list.children].map((element) => [element.dataset.id, element]));
  let place = list.firstElementChild;
  for (const row of wanted) {
    let element = known.get(row.id);
    known.delete(row.id);
    if (!element) {
      element = document.createElement("div");
      element.setAttribute("role", "row");
      element.dataset.id = row.id;
      element.className = row.id ? `ip-row${fresh ? " ip-new" : ""}` : "ip-row-heading";
    }
    const lasting = row.html.replace(AGE, "></time>");
    if (element.lasting !== lasting) {
      element.innerHTML = row.html;
      element.lasting = lasting;
      for (const cell of element.children) cell.setAttribute("role", row.id ? "cell" : "columnheader");
    }
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".ip-list");
  draw(list, data);
  tick(list);
  list.onclick = (event) => {
    const row = event.target.closest("[data-id]");
    if (!row || !row.dataset.id || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (event.target.closest("summary")) return;
    event.preventDefault();
    if (event.detail > 1) return; // the second half of a double click: another row may have moved there
    const button = event.target.closest("[data-action]");
    if (!button && String(getSelection())) return; // text was being marked
    setTriggerValue("chosen", { action: button ? button.dataset.action : "open", id: row.dataset.id });
  };
  const ticking = setInterval(() => tick(list), 1000);
  return () => clearInterval(ticking);
}
