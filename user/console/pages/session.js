// SPDX-License-Identifier: GPL-2.0-only
// One session: all that it did, in order of time, and where it moved from one server to another.
import { level, listHref, listLink, make, send, signedIn, state, time, visible } from "/common.js";

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const id = query.get("session") ?? "";
const numbers = new Intl.NumberFormat("en");

// What makes a server another one: its host, its pod, and which application it runs.
const server = (alert) => [alert.host, alert.pod, alert.app];
const serverName = (alert) => [alert.host, alert.pod].filter(Boolean).map(visible).join(", pod ") + ` (${visible(alert.app)})`;
const same = (a, b) => server(a).every((value, i) => value === server(b)[i]);

function row(alert) {
	return make("tr", {},
		make("td", { class: "when" }, time(alert.time)),
		make("td", { class: "how" }, level(alert.level), state(alert.state)),
		make("td", {}, make("a", { class: "row", href: `/alerts/${encodeURIComponent(alert.id)}?` + new URLSearchParams({ session: id }) }, visible(alert.rule)),
			make("div", { class: "soft" }, visible(alert.function ?? ""))),
		make("td", {}, make("span", { class: "what" }, visible(alert.what ?? ""))),
		make("td", {}, alert.path ? visible(alert.path) : make("span", { class: "none" }, "no request")),
		make("td", {}, listLink("addr", alert.addr)),
		make("td", {}, visible(alert.host ?? ""), make("div", { class: "soft" }, visible(alert.app))));
}

// Rows of alerts, and one between two of them wherever the server or the client is another.
function rows(alerts) {
	return alerts.flatMap((alert, i) => {
		const before = alerts[i - 1];
		const notes = [];
		if (before && !same(before, alert))
			notes.push(`Moved from ${serverName(before)} to ${serverName(alert)}`);
		if (before && before.addr && alert.addr && before.addr !== alert.addr)
			notes.push(`Came from ${visible(before.addr)}, and now from ${visible(alert.addr)}`);
		return [...notes.map((note) => make("tr", { class: "move" }, make("td", { colspan: 7 }, make("strong", {}, "⇄ " + note)))), row(alert)];
	});
}

function summary(s) {
	const servers = new Set(s.page.alerts.map((alert) => serverName(alert)));
	const span = s.span >= 100000 ? "more than 100,000" : numbers.format(s.span);
	const saved = s.span - s.total;
	return [make("p", { class: "lead" }, make("span", {}, "from ", time(s.first)), make("span", {}, "to ", time(s.last)),
		make("strong", {}, `${numbers.format(s.total)} ${s.total === 1 ? "alert" : "alerts"} on ${servers.size} ${servers.size === 1 ? "server" : "servers"}${s.page.next ? " so far" : ""}`),
		make("a", { href: listHref({ session: id }) }, "in the list")),
	make("p", { class: "soft" }, s.total === s.span ? "Nothing else was reported in that time." :
		`All sessions together have ${span} lines in that time: this page spares you ${numbers.format(saved)} of them.`)];
}

async function show() {
	await signedIn();
	const ask = new URLSearchParams({ session: id, limit: 500 });
	if (query.has("after"))
		ask.set("after", query.get("after"));
	const s = await send("GET", "/api/v1/sessions/story?" + ask);
	const head = [["when", "Time"], ["how", "Level"], ["rule", "Rule, function"], ["", "What"], ["where", "Request path"], ["from", "From"], ["from", "Server"]];
	byId("title").replaceChildren("Session ", make("span", { class: "soft" }, visible(id)));
	document.title = `Session ${visible(id)} · phrude`;
	byId("session").replaceChildren(...summary(s), make("table", {},
		make("caption", {}, "Oldest first"),
		make("thead", {}, make("tr", {}, head.map(([name, text]) => make("th", { scope: "col", class: name || null, "aria-sort": text === "Time" ? "ascending" : null }, text)))),
		make("tbody", {}, rows(s.page.alerts))),
	make("nav", { class: "pager", "aria-label": "Pages of the session" },
		query.has("after") ? make("a", { href: "/session?" + new URLSearchParams({ session: id }) }, "From the beginning") : "",
		s.page.next ? make("a", { href: "/session?" + new URLSearchParams({ session: id, after: s.page.next }), rel: "next" }, "Later") : ""));
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
