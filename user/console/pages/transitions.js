// SPDX-License-Identifier: GPL-2.0-only
// Requests that no allowed page came before in their session, and what is allowed.
import { level, listHref, listLink, make, send, sessionLink, signedIn, state, time, visible } from "/common.js";

const byId = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en");

function row(a) {
	return make("tr", {},
		make("td", { class: "when" }, time(a.time)),
		make("td", { class: "how" }, level(a.level), state(a.state)),
		make("td", {}, make("a", { class: "row", href: `/alerts/${encodeURIComponent(a.id)}` }, visible(a.path ?? "")),
			make("div", { class: "soft" }, visible(a.what ?? ""))),
		make("td", {}, a.session ? sessionLink(a.session) : null),
		make("td", {}, a.addr ? listLink("addr", a.addr) : null),
		make("td", {}, listLink("app", a.app)));
}

function wrong(answer, alerts) {
	if (!alerts.length)
		return make("div", { class: "empty" }, "No request came from where it may not.");
	const head = [["when", "Time"], ["how", "Level"], ["rule", "Page"], ["from", "Session"], ["from", "From"], ["", "Application"]];
	return make("table", {},
		make("caption", {}, "Requests that no allowed page came before, newest first; ", make("a", { href: listHref({ rule: answer.rule }) }, "all of them")),
		make("thead", {}, make("tr", {}, head.map(([name, text]) => make("th", { scope: "col", class: name || null, "aria-sort": text === "Time" ? "descending" : null }, text)))),
		make("tbody", {}, alerts.map(row)));
}

function watching(w, allowed) {
	if (!w)
		return make("p", {}, "Nothing is looked after: no allowed transitions were given. ",
			make("code", {}, "phrude-console transitions learn"), " writes a file of what sessions did so far; reviewed, it goes to ", make("code", {}, "--transitions"), ".");
	return make("p", { class: "soft" }, `${numbers.format(w.decided)} requests were decided by this console since its start, ${numbers.format(w.wrong)} of them reported, up to `,
		time(w.up_to), `. A page is allowed where one of those before it was asked for in the same session, on whichever server, within ${numbers.format(allowed.window_s / 60)} minutes; `,
		`each is decided ${numbers.format(w.grace_s)} seconds after it came.`);
}

function pages(name, app) {
	return make("section", { class: "panel" }, make("h2", {}, visible(name)),
		make("table", {},
			make("caption", {}, "What may come before each page; the first that fits counts, and others are not looked after"),
			make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Page"), make("th", { scope: "col" }, "Comes after"))),
			make("tbody", {}, Object.entries(app).map(([page, before]) => make("tr", {}, make("td", {}, make("code", {}, visible(page))),
				make("td", {}, before.map((one, i) => [i ? ", " : "", one === "start" ? "nothing" : one === "any" ? "anything" : make("code", {}, visible(one))])))))));
}

async function show() {
	await signedIn();
	const answer = await send("GET", "/api/v1/transitions");
	const list = await send("GET", "/api/v1/alerts?" + new URLSearchParams({ rule: answer.rule, limit: 100 }));
	byId("wrong").replaceChildren(watching(answer.watch, answer.allowed), wrong(answer, list.alerts));
	byId("allowed").replaceChildren(...Object.entries(answer.allowed.apps).map(([name, app]) => pages(name, app)));
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
