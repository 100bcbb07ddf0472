// SPDX-License-Identifier: GPL-2.0-only
// A report of any time, as mails have it, and how reports go out.  The address says which time it is.
import { keyboard, listHref, make, send, signedIn, time, visible } from "/common.js";
import { count, ranking } from "/chart.js";

const byId = (id) => document.getElementById(id);
const spans = { "24h": "24 hours", "7d": "7 days", "30d": "30 days" };
const query = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name, value]) => ["since", "until"].includes(name) && value !== ""));
if (!query.has("since") && !query.has("until"))
	query.set("since", "7d");
const isOwn = query.has("until") || !Object.hasOwn(spans, query.get("since"));
// Of each part, as in a mail.
const SHOWN = 10, COUNTED_MAX = 1000;

const plural = (n, one) => `${count(n)} ${one}${n === 1 ? "" : "s"}`;

// Each part, in order: how it is called, and where one of its values leads to.
const parts = {
	level: ["Levels", (name, r) => list(r, { level: name })],
	rule: ["Rules", (name, r) => list(r, { rule: name })],
	application: ["Applications", (name, r) => list(r, { app: name })],
	technique: ["ATT&CK techniques", (name, r) => list(r, { technique: name })],
	address: ["Client addresses", (name, r) => list(r, { addr: name })],
	session: ["Sessions", (name) => "/session?" + new URLSearchParams({ session: name })],
	silenced: ["Silenced: marked as false alarms, by rule", (name, r) => list(r, { rule: name, state: "false-alarm" })],
	gone: ["Silent now: rules that had alerts before, and have none", (name, r) => listHref({ rule: name, until: r.since })],
};

const list = (r, filter) => listHref({ ...filter, since: r.since, until: r.until });

function choose() {
	byId("spans").replaceChildren(...Object.entries(spans).map(([name, text]) =>
		make("a", { href: "/reports?since=" + name, "aria-current": !isOwn && name === query.get("since") ? "true" : null }, text)));
	const form = byId("own");
	if (isOwn)
		query.forEach((value, name) => {
			byId(name).value = value;
		});
	// Nothing that is empty stands in the address.
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		location.assign("/reports?" + new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim() !== "").map(([name, value]) => [name, value.trim()])));
	});
}

function others(name, shown, nr) {
	return nr > shown ? make(name, { class: "soft" }, `and ${count(nr - shown)}${nr === COUNTED_MAX ? " or more" : ""} others`) : null;
}

function panel(title, ...content) {
	return make("section", { class: "panel" }, make("h2", {}, title), content);
}

function news(r) {
	return Object.entries(r.new).filter(([, names]) => names.length).map(([part, names]) => panel("New: " + parts[part][0],
		make("ul", { class: "plain" }, names.slice(0, SHOWN).map((name) => make("li", {}, make("a", { class: "row", href: parts[part][1](name, r) }, visible(name)))), others("li", SHOWN, names.length))));
}

// Most first; names that are numbers come out of an object in another order than they went in.
const counts = (part) => Object.entries(part).map(([name, alerts]) => ({ name, alerts })).sort((a, b) => b.alerts - a.alerts);

function counted(r) {
	return Object.keys(parts).map((part) => [part, counts(r[part])]).filter(([, rows]) => rows.length).map(([part, rows]) =>
		panel(parts[part][0], ranking(rows.slice(0, SHOWN), parts[part][0], (name) => parts[part][1](name, r)), others("p", SHOWN, rows.length)));
}

function downloads(r) {
	const link = (format, text) => make("a", { href: "/api/v1/report?" + new URLSearchParams({ since: r.since, until: r.until, format }), download: `report.${format === "text" ? "txt" : format}` }, text);
	return make("p", {}, "Download it as ", link("html", "HTML"), ", as ", link("text", "text"), ", or as ", link("json", "JSON"), ".");
}

function report(r) {
	const found = news(r);
	return [make("p", { class: "lead" }, make("span", {}, "from ", time(r.since)), make("span", {}, "to ", time(r.until)),
		make("a", { href: list(r, {}) }, make("strong", {}, plural(r.total, "alert"))), make("span", {}, `${count(r.before)} in as long a time before`)),
	downloads(r),
	r.total ? null : make("div", { class: "empty" }, "There was no alert in this time."),
	found.length ? make("div", { class: "columns" }, found) : make("p", { class: "soft" }, "Nothing is new: all rules, applications, techniques and addresses have been there before."),
	make("div", { class: "columns" }, counted(r))].filter(Boolean);
}

const span = (s) => (s % 86400 === 0 ? plural(s / 86400, "day") : s % 3600 === 0 ? plural(s / 3600, "hour") : s % 60 === 0 ? plural(s / 60, "minute") : plural(s, "second"));

// Word and shape.
function outcome(one) {
	const shapes = { sent: "✓", owed: "△", "being sent": "○", "given up": "◆" };
	return [make("span", { class: one.state === "given up" ? "level alert" : one.error ? "level warn" : "level" }, `${shapes[one.state] ?? "?"} ${one.state}`),
		one.tries > 1 ? ` after ${count(one.tries)} tries` : null,
		one.next ? [", again at ", time(one.next)] : null,
		one.error ? make("div", { class: "soft" }, visible(one.error)) : null];
}

const period = (one) => make("a", { href: "/reports?" + new URLSearchParams({ since: one.since, until: one.until }) }, time(one.since), " to ", time(one.until));

function table(caption, heads, rows) {
	return make("div", { class: "scroll" }, make("table", { class: "senders" }, make("caption", {}, caption),
		make("thead", {}, make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, rows)));
}

const nothing = () => make("span", { class: "soft" }, "not yet");

function way(w) {
	const said = [["Last sent", w.sent ? (w.sent.ended ? time(w.sent.ended) : "at a time that was not noted") : nothing()], ["It was for", w.sent ? period(w.sent) : nothing()],
		["The latest one", w.latest ? outcome(w.latest) : nothing()]];
	return [make("h3", {}, `By ${w.way} to ${visible(w.to)}`), make("dl", {}, said.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))];
}

function schedule(s) {
	if (!s)
		return panel("Schedule", make("p", {}, "This console sends no reports by itself: ", make("code", {}, "--report-every"), ", with ", make("code", {}, "--smtp"), " or ", make("code", {}, "--report-webhook"),
			", has it do so, by mail or to a webhook."));
	return panel("Schedule", make("p", {}, `A report every ${span(s.every_s).replace(/^1 /, "")}; the next one is for the time up to `, time(s.next), "."),
		s.ways.map(way));
}

function sent(reports) {
	if (!reports.length)
		return null;
	return make("details", {}, make("summary", {}, `The latest ${plural(reports.length, "report")} that this store knows`),
		table("Latest first", ["For", "By", "When", "Outcome"], reports.map((one) => make("tr", {}, make("td", {}, period(one)), make("td", {}, one.way),
			make("td", {}, one.ended ? time(one.ended) : make("span", { class: "soft" }, "–")), make("td", {}, outcome(one))))));
}

function keys() {
	const go = (name) => () => location.assign("/reports?since=" + name);
	keyboard({ ...Object.fromEntries(Object.keys(spans).map((name, i) => [String(i + 1), go(name)])), "/": () => byId("since").focus() });
}

async function show() {
	choose();
	keys();
	await signedIn();
	// What goes out is told even where the report takes too long.
	const shown = send("GET", "/api/v1/report?" + query).then((r) => byId("report").replaceChildren(...report(r)));
	const told = send("GET", "/api/v1/reports").then((s) => byId("schedule").replaceChildren(...[schedule(s.schedule), sent(s.reports)].filter(Boolean)));
	await Promise.allSettled([shown, told]);
	await shown;
	await told;
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
