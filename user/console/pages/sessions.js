// SPDX-License-Identifier: GPL-2.0-only
// Sessions that were active last, of the newest alerts that have one.
import { level, listLink, make, send, sessionLink, signedIn, time, visible } from "/common.js";

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

function row(s) {
	return make("tr", {},
		make("td", { class: "when" }, time(s.last)),
		make("td", { class: "how" }, level(s.level)),
		make("td", {}, sessionLink(s.session)),
		make("td", {}, s.hosts.map((host, i) => [i ? ", " : "", visible(host)])),
		make("td", {}, listLink("addr", s.addr)),
		make("td", {}, listLink("app", s.app)),
		make("td", { class: "count" }, String(s.alerts)));
}

async function show() {
	await signedIn();
	const answer = await send("GET", "/api/v1/sessions?" + query);
	const head = [["when", "Last alert"], ["how", "Level"], ["rule", "Session"], ["", "Hosts"], ["from", "From"], ["from", "Application"], ["when", "Alerts"]];
	if (!answer.sessions.length) {
		byId("sessions").replaceChildren(make("div", { class: "empty" }, "No alert has a session. The tracer knows that of Flask, Django, Starlette and others: see its documentation."));
		return;
	}
	byId("sessions").replaceChildren(make("table", {},
		make("caption", {}, `${answer.sessions.length} sessions of the newest ${answer.looked} alerts that have one; the last one active first`),
		make("thead", {}, make("tr", {}, head.map(([name, text]) => make("th", { scope: "col", class: name || null, "aria-sort": text === "Last alert" ? "descending" : null }, text)))),
		make("tbody", {}, answer.sessions.map(row))));
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
