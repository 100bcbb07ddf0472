// SPDX-License-Identifier: GPL-2.0-only
// Charts as SVG: each bar is a link to the alerts that it stands for, and a table has the same numbers.
import { listHref, make, visible } from "/common.js";

const levels = ["alert", "warn", "info"];
const numbers = new Intl.NumberFormat("en");
const days = new Intl.DateTimeFormat("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit" });
const minutes = new Intl.DateTimeFormat("sv-SE", { hour: "2-digit", minute: "2-digit" });

export const count = (n) => numbers.format(n);

export function svg(name, attributes = {}, ...children) {
	const element = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes)) {
		if (value !== null && value !== undefined)
			element.setAttribute(key, value);
	}
	element.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return element;
}

// The least number of the form 1, 2 or 5 times a power of ten that is no less.
function roundUp(n) {
	const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
	return [1, 2, 5, 10].map((x) => x * power).find((x) => x >= n);
}

const sum = (bar) => levels.reduce((total, name) => total + bar[name], 0);

function labelOf(bar, hours) {
	const since = new Date(bar.since);
	return hours < 24 ? `${days.format(since)} ${minutes.format(since)}` : days.format(since);
}

// A narrow page gets a narrow chart, so that its letters stay readable.
const WIDTH = innerWidth < 700 ? 400 : 960, HEIGHT = 220, LEFT = 52, BOTTOM = 24, TOP = 10;

function bars(series, top, hours) {
	const step = (WIDTH - LEFT) / series.length;
	const scale = (HEIGHT - TOP - BOTTOM) / top;
	return series.map((bar, i) => {
		let y = HEIGHT - BOTTOM;
		const parts = levels.filter((name) => bar[name]).map((name) => {
			const height = Math.max(bar[name] * scale, 1.5);
			y -= height;
			return svg("rect", { class: `bar ${name}`, x: LEFT + i * step + 1.5, y, width: step - 3, height });
		});
		if (!parts.length)
			return null;
		const words = levels.filter((name) => bar[name]).map((name) => `${count(bar[name])} ${name}`).join(", ");
		return svg("a", { href: listHref({ since: bar.since, until: bar.until }) }, svg("title", {}, `${labelOf(bar, hours)}: ${words}`),
			svg("rect", { class: "hit", x: LEFT + i * step, y: TOP, width: step, height: HEIGHT - BOTTOM - TOP }), parts);
	});
}

// Names under every so manieth bar, so that they do not run into each other.
function ticks(series, hours) {
	const step = (WIDTH - LEFT) / series.length;
	const every = Math.ceil(series.length / (WIDTH < 700 ? 4 : 6));
	return series.map((bar, i) => (i % every ? null : svg("text", { class: "tick", x: LEFT + i * step, y: HEIGHT - 6 },
		hours < 6 ? minutes.format(new Date(bar.since)) : days.format(new Date(bar.since)).slice(5))));
}

function axis(top) {
	return [0, 0.5, 1].map((part) => {
		const y = HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
		return [svg("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y, y2: y }),
			top * part % 1 ? null : svg("text", { class: "tick end", x: LEFT - 6, y: y + 4 }, count(top * part))];
	}).flat();
}

function asTable(series, hours) {
	return make("details", {}, make("summary", {}, "As a table"), make("div", { class: "scroll" }, make("table", { class: "numbers" },
		make("caption", {}, "Alerts by time and level"),
		make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "From"), levels.map((name) => make("th", { scope: "col" }, name)))),
		make("tbody", {}, series.filter(sum).map((bar) => make("tr", {}, make("th", { scope: "row" }, labelOf(bar, hours)),
			levels.map((name) => make("td", {}, bar[name] ? make("a", { href: listHref({ level: name, since: bar.since, until: bar.until }) }, count(bar[name])) : "0"))))))));
}

export function overTime(series) {
	const hours = (new Date(series[0].until) - new Date(series[0].since)) / 3600000;
	const top = roundUp(Math.max(...series.map(sum), 2));
	return [svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Alerts over time, by level" }, axis(top), bars(series, top, hours), ticks(series, hours)),
		asTable(series, hours)];
}

// The most frequent of something, each with a bar beside it.
export function ranking(rows, label, href) {
	const top = Math.max(...rows.map((row) => row.alerts));
	return make("table", { class: "ranking" }, make("caption", { class: "unseen" }, label), make("tbody", {}, rows.map((row) =>
		make("tr", {}, make("th", { scope: "row" }, make("a", { class: "row", href: href(row.name) }, visible(row.name))),
			make("td", { class: "share" }, svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
				svg("rect", { class: "bar plain", x: 0, y: 1, width: Math.max(100 * row.alerts / top, 1), height: 8 }))),
			make("td", { class: "count" }, count(row.alerts))))));
}
