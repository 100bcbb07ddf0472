// SPDX-License-Identifier: GPL-2.0-only
// The list of alerts. All that it shows is asked for by the page's address, so that a filter can be sent to somebody.
import { keyboard, level, listLink, make, send, signedIn, state, time, visible } from "/common.js";

const byId = (id) => document.getElementById(id);
const form = byId("filters");
const query = new URLSearchParams([...new URLSearchParams(location.search)].filter(([, value]) => value !== ""));
const labels = {};
let source = null;
let quietUntil = 0;
let pending = null;

function fillForm() {
	for (const field of form.elements) {
		if (!field.name)
			continue;
		labels[field.name] = form.querySelector(`label[for="${field.id}"]`).textContent;
		const value = query.get(field.name);
		if (value === null)
			continue;
		// A span or level that the menu has not is kept all the same.
		if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value))
			field.add(new Option(value, value));
		field.value = value;
		if (field.closest("details"))
			byId("more").open = true;
	}
	// Nothing that is empty stands in the address.
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		const fields = [...new FormData(form)].filter(([, value]) => value !== "");
		location.assign("/alerts?" + new URLSearchParams(fields));
	});
}

function without(...names) {
	const rest = new URLSearchParams(query);
	names.forEach((name) => rest.delete(name));
	return "/alerts?" + rest;
}

function showChips() {
	const chips = [...query].filter(([name]) => name !== "before" && name !== "limit").map(([name, value]) =>
		make("li", {}, make("a", { href: without(name, "before"), title: "Remove this filter" },
			`${labels[name] ?? name}: ${visible(value)} `, make("span", { "aria-label": "remove" }, "×"))));
	byId("chips").replaceChildren(...chips);
}

function row(alert) {
	const own = new URLSearchParams(query);
	own.delete("before");
	own.delete("limit");
	const href = `/alerts/${encodeURIComponent(alert.id)}` + (own.size ? "?" + own : "");
	return make("tr", {},
		make("td", { class: "when" }, time(alert.time)),
		make("td", { class: "how" }, level(alert.level), state(alert.state)),
		make("td", {}, make("a", { class: "row", href }, visible(alert.rule)),
			make("div", { class: "soft" }, alert.function ? visible(alert.function) : "", alert.action && alert.action !== "detect" ? ` · ${visible(alert.action)}` : "")),
		make("td", {}, make("span", { class: "what" }, visible(alert.what ?? ""))),
		make("td", {}, alert.path ? visible(alert.path) : make("span", { class: "none" }, "no request")),
		make("td", {}, listLink("addr", alert.addr)),
		make("td", {}, listLink("app", alert.app), make("div", { class: "soft" }, visible(alert.host ?? ""))));
}

function table(alerts) {
	const head = [["when", "Time"], ["how", "Level"], ["rule", "Rule, function"], ["", "What"], ["where", "Request path"], ["from", "From"], ["from", "Application"]]
		.map(([name, text]) => make("th", { scope: "col", class: name || null, "aria-sort": text === "Time" ? "descending" : null }, text));
	return make("table", {},
		make("caption", {}, `${alerts.length} alerts, newest first`),
		make("thead", {}, make("tr", {}, head)),
		make("tbody", {}, alerts.map(row)));
}

function nothing() {
	if (query.size)
		return make("div", { class: "empty" }, "No alert fits these filters. ", make("a", { href: "/alerts" }, "Show all"));
	return make("div", { class: "empty" },
		make("p", {}, "No alert has arrived yet. Make a key, and send alerts with it:"),
		make("pre", {}, `phrude-console key add shop\n\ncurl -H "Authorization: Bearer KEY" --data-binary @alerts.jsonl ${location.origin}/api/v1/alerts`),
		make("p", {}, "This page shows them as soon as they come."));
}

// How many are new is said at most every ten seconds, the first time at once; nothing on the page moves by itself.
function announce(count) {
	clearTimeout(pending);
	if (!count)
		return;
	const wait = quietUntil - Date.now();
	if (wait > 0) {
		pending = setTimeout(announce, wait, count);
		return;
	}
	quietUntil = Date.now() + 10000;
	byId("live").textContent = `${count >= 1000 ? "More than 999" : count} new ${count === 1 ? "alert" : "alerts"}`;
	byId("fresh").hidden = false;
}

function listen(newest) {
	if (query.has("before"))
		return;
	const after = new URLSearchParams(query);
	after.delete("limit");
	after.set("after", newest);
	const pause = byId("pause");
	const start = () => {
		source = new EventSource("/api/v1/live?" + after);
		source.addEventListener("open", () => {
			byId("live").textContent ||= "Live";
		});
		source.addEventListener("alerts", (event) => announce(JSON.parse(event.data).count));
		pause.textContent = "Pause";
	};
	pause.hidden = false;
	pause.addEventListener("click", () => {
		if (source) {
			source.close();
			source = null;
			clearTimeout(pending);
			byId("live").textContent = "Paused";
			pause.textContent = "Go on";
		} else {
			byId("live").textContent = "";
			quietUntil = 0;
			start();
		}
	});
	byId("fresh").addEventListener("click", () => location.reload());
	start();
}

async function show() {
	fillForm();
	showChips();
	keyboard({
		"/": () => byId("q").focus(),
		r: () => byId("fresh").hidden || location.reload(),
	});
	await signedIn();
	const answer = await send("GET", "/api/v1/alerts?" + query);
	const older = make("nav", { class: "pager", "aria-label": "Pages of the list" });
	if (query.has("before"))
		older.append(make("a", { href: without("before") }, "Newest"));
	if (answer.next) {
		const next = new URLSearchParams(query);
		next.set("before", answer.next);
		older.append(make("a", { href: "/alerts?" + next, rel: "next" }, "Older"));
	}
	byId("list").replaceChildren(answer.alerts.length ? table(answer.alerts) : nothing(), older);
	byId("keys").hidden = !answer.alerts.length;
	listen(answer.alerts.length ? answer.alerts[0].seq : "0");
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
