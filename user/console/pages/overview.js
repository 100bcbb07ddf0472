// SPDX-License-Identifier: GPL-2.0-only
// The first page: a span of time at a glance. Each number and each bar leads to the alerts that it counts.
import { level, listHref, make, send, signedIn, time, visible } from "/common.js";
import { count, overTime, ranking } from "/chart.js";
import { tactics, technique } from "/attack.js";

const byId = (id) => document.getElementById(id);
const spans = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days" };
const span = new URLSearchParams(location.search).get("since") ?? "24h";

function showSpans() {
	byId("spans").replaceChildren(...Object.entries(spans).map(([name, text]) =>
		make("a", { href: "/?since=" + name, "aria-current": name === span ? "true" : null }, text)));
}

function panel(title, ...content) {
	return make("section", { class: "panel" }, make("h2", {}, title), content);
}

function top(o, filter, title, nothing) {
	return panel(title, o[filter].length ? ranking(o[filter], title, (name) => listHref({ [filter]: name, since: o.since })) : make("p", { class: "soft" }, nothing));
}

function numbers(o) {
	const of = (name) => o.series.reduce((total, bar) => total + bar[name], 0);
	const unseen = o.unseen >= 1000 ? "more than 999" : o.unseen;
	return make("p", { class: "lead figures" },
		["alert", "warn", "info"].map((name) => make("a", { href: listHref({ level: name, since: o.since }) }, level(name), " ", make("strong", {}, count(of(name))))),
		o.unseen ? make("a", { href: listHref({ level: "alert", state: "new", since: o.since }) }, make("strong", {}, unseen), " of level alert that nobody has looked at") :
			make("span", {}, "nothing of level alert waits for anybody"),
		o.oldest ? make("span", {}, "oldest alert kept: ", time(o.oldest)) : null);
}

// A column a tactic, as ATT&CK has them; what serves several stands in each.
function matrix(o) {
	const columns = tactics.map((name) => ({ name, seen: [] }));
	const others = { name: "Other", seen: [] };
	for (const one of o.technique) {
		const found = technique(one.name);
		for (const column of found ? found.tactics.map((i) => columns[i]) : [others])
			column.seen.push({ ...one, title: found?.name ?? "" });
	}
	const shown = [...columns, others].filter((column) => column.seen.length);
	if (!shown.length)
		return make("p", { class: "soft" }, "No alert of this time has a technique.");
	return make("div", { class: "matrix" }, shown.map((column) => make("div", {}, make("h3", {}, column.name),
		make("ul", {}, column.seen.sort((a, b) => a.name.localeCompare(b.name)).map((one) => make("li", { class: one.name.includes(".") ? "sub" : null },
			make("a", { href: listHref({ technique: one.name, since: o.since }) }, one.name, make("span", { class: "count" }, ` ${count(one.alerts)}`),
				make("span", { class: "soft" }, ` ${one.title}`))))))));
}

// How a sender that says how it is has not said so for long; one that never did says nothing by its silence.
const SILENT_MS = 5 * 60 * 1000;

function health(sender, now) {
	if (!sender.reported)
		return make("span", { class: "soft" }, "sends alerts alone");
	if (now - new Date(sender.reported) > SILENT_MS)
		return make("strong", { class: "level alert" }, "◆ silent");
	return make("span", {}, "● heard");
}

function lost(report) {
	const reasons = Object.entries(report?.lost ?? {}).filter(([, n]) => Number(n) > 0);
	if (!report?.lost)
		return "–";
	return reasons.length ? reasons.map(([reason, n]) => `${visible(reason)} ${count(Number(n))}`).join(", ") : "none";
}

function overhead(report) {
	return typeof report?.overhead === "number" ? `${(100 * report.overhead).toFixed(1)} %` : "–";
}

function senders(o) {
	if (!o.senders.length)
		return make("p", { class: "soft" }, "Nobody has sent anything yet.");
	const now = Date.now();
	const row = (s) => make("tr", {},
		make("th", { scope: "row" }, s.host ? make("a", { href: listHref({ app: s.app, host: s.host }) }, visible(s.host)) : make("span", { class: "soft" }, "no host"),
			make("div", { class: "soft" }, make("a", { href: listHref({ app: s.app }) }, visible(s.app)))),
		make("td", {}, time(s.heard)), make("td", {}, health(s, now)),
		make("td", {}, visible(s.report?.version ?? s.agent ?? "")), make("td", {}, lost(s.report)), make("td", {}, overhead(s.report)), make("td", {}, count(s.alerts)));
	return make("div", { class: "scroll" }, make("table", { class: "senders" }, make("caption", {}, "Last heard first"),
		make("thead", {}, make("tr", {}, ["Host, application", "Last heard", "Health", "Version", "Lost", "Overhead", "Alerts"].map((text) => make("th", { scope: "col" }, text)))),
		make("tbody", {}, o.senders.map(row))));
}

function nothing() {
	return make("div", { class: "empty" },
		make("p", {}, "No alert has arrived yet. Make a key, and send alerts with it:"),
		make("pre", {}, `phrude-console key add shop\n\ncurl -H "Authorization: Bearer KEY" --data-binary @alerts.jsonl ${location.origin}/api/v1/alerts`),
		make("p", {}, make("a", { href: "/alerts" }, "The list of alerts"), " shows them as soon as they come."));
}

async function show() {
	showSpans();
	await signedIn();
	const o = await send("GET", "/api/v1/overview?" + new URLSearchParams({ since: span }));
	if (!o.oldest) {
		byId("overview").replaceChildren(nothing());
		return;
	}
	byId("overview").replaceChildren(numbers(o),
		panel("Alerts over time", o.total ? overTime(o.series) : make("p", { class: "soft" }, "There was none in this time.")),
		make("div", { class: "columns" }, top(o, "rule", "Rules", "No alert in this time."), top(o, "path", "Request paths", "No alert of this time has a request."),
			top(o, "addr", "Client addresses", "No alert of this time has a client."), top(o, "app", "Applications", "No alert in this time.")),
		panel("ATT&CK techniques seen", matrix(o)),
		panel("Senders", senders(o)));
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
