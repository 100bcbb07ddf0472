// SPDX-License-Identifier: GPL-2.0-only
// Who attacks, the latest first; networks that never do; the list for a proxy.
import { level, listHref, listLink, make, send, sessionLink, signedIn, time, visible } from "/common.js";

const byId = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en");
const plural = (n, one) => `${numbers.format(n)} ${one}${n === 1 ? "" : "s"}`;
let role = "viewer";

const span = (seconds) => (seconds % 3600 === 0 ? plural(seconds / 3600, "hour") : seconds % 60 === 0 ? plural(seconds / 60, "minute") : plural(seconds, "second"));

// What a column's head says, where there is no room for one.
const word = (text) => make("span", { class: "word" }, text);

// Does something, and shows what has become of it.
function button(text, label, run) {
	const b = make("button", { type: "button", "aria-label": label }, text);
	b.addEventListener("click", () => attempt(run));
	return b;
}

async function attempt(run) {
	byId("message").textContent = "";
	try {
		await run();
		await show();
	} catch (error) {
		byId("message").textContent = error.message;
	}
}

function who(a) {
	if (a.by === "session")
		return [sessionLink(a.who), a.addr ? make("div", { class: "soft" }, "last from ", listLink("addr", a.addr)) : null];
	return [listLink("addr", a.who), make("div", { class: "soft" }, make("a", { href: "/sessions?" + new URLSearchParams({ addr: a.who }), "aria-label": `sessions of ${visible(a.who)}` }, "its sessions"))];
}

function alerts(a) {
	const filter = a.by === "session" ? { session: a.who } : { addr: a.who };
	return ["alert", "warn", "info"].filter((name) => a.levels[name]).map((name) =>
		make("div", {}, make("a", { href: listHref({ ...filter, level: name }) }, level(name), ` ${numbers.format(a.levels[name])}`)));
}

function actions(a) {
	return make("div", { class: "acts" },
		button("Release", `Release ${visible(a.who)}`, () => send("POST", "/api/v1/attackers/release", { by: a.by, who: a.who })),
		a.addr ? button("Allow", `Never take ${visible(a.addr)} for an attacker`, () => send("POST", "/api/v1/attackers/allowed", { network: a.addr, note: "" })) : null);
}

function row(a, settings) {
	return make("tr", {},
		make("td", {}, who(a)),
		make("td", {}, `${a.score} of ${settings.score}`, make("div", { class: "soft" }, `${plural(a.points, "point")} in all`)),
		make("td", {}, word("since "), time(a.since)),
		make("td", {}, word("last "), time(a.last), make("div", { class: "soft" }, "until ", time(a.until))),
		make("td", {}, alerts(a)),
		make("td", {}, a.applications.map((app, i) => [i ? ", " : "", listLink("app", app)])),
		role === "viewer" ? null : make("td", {}, actions(a)));
}

function rules(s) {
	return make("p", { class: "soft" }, `${s.by === "session" ? "A session" : "An address"} is an attacker with ${plural(s.score, "point")} within ${span(s.window_s)}, until it has made none for ${span(s.keep_s)}. What counts: `,
		make("code", {}, s.points ? visible(s.points) : "nothing"), ".");
}

function list(answer) {
	const head = [["who", answer.settings.by === "session" ? "Session" : "Address"], ["from", "Score"], ["span", "Since"], ["span", "Last"], ["how", "Alerts"], ["", "Applications"]];
	if (role !== "viewer")
		head.push(["acts", "What to do"]);
	if (!answer.attackers.length)
		return make("div", { class: "empty" }, "Nobody is taken for an attacker.");
	return make("table", {},
		make("caption", {}, answer.total > answer.attackers.length ? `The latest ${answer.attackers.length} of ${numbers.format(answer.total)}` : `${plural(answer.total, "attacker")}, the latest first`),
		make("thead", {}, make("tr", {}, head.map(([name, text]) => make("th", { scope: "col", class: name || null, "aria-sort": text === "Last" ? "descending" : null }, text)))),
		make("tbody", {}, answer.attackers.map((a) => row(a, answer.settings))));
}

function allowed(answer) {
	const items = make("ul", { class: "notes" }, answer.allowed.map((a) => make("li", {}, make("strong", {}, visible(a.network)), a.note ? ` – ${visible(a.note)} ` : " ",
		make("span", { class: "soft" }, `(${visible(a.who)}) `),
		role === "viewer" ? null : button("Remove", `Remove ${visible(a.network)}`, () => send("DELETE", "/api/v1/attackers/allowed?" + new URLSearchParams({ network: a.network }))))));
	const section = make("section", { class: "panel" }, make("h2", {}, "Never attackers"),
		answer.allowed.length ? items : make("p", { class: "soft" }, "No network is allowed."));
	if (role === "viewer")
		return section;
	const network = make("input", { type: "text", id: "network", required: true, maxlength: 50, placeholder: "192.0.2.0/24", autocomplete: "off" });
	const note = make("input", { type: "text", id: "note", maxlength: 400 });
	const form = make("form", { class: "filters" }, make("div", {}, make("label", { for: "network" }, "Address or network"), network),
		make("div", {}, make("label", { for: "note" }, "Why"), note), make("button", {}, "Allow it"));
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		attempt(() => send("POST", "/api/v1/attackers/allowed", { network: network.value, note: note.value }));
	});
	section.append(form);
	return section;
}

function exported() {
	const link = (format, text) => make("a", { href: "/api/v1/attackers/export?format=" + format, download: `attackers.${format === "text" ? "txt" : format}` }, text);
	return make("section", { class: "panel" }, make("h2", {}, "For a proxy"),
		make("p", {}, "The addresses for ", link("nginx", "nginx"), ", for ", link("haproxy", "HAProxy"), ", or as ", link("text", "plain lines"), "; with a key at any time: "),
		make("pre", {}, `curl -H "Authorization: Bearer KEY" '${location.origin}/api/v1/attackers/export?format=nginx'`));
}

// How the webhook does that new attackers are told to.
function told(w) {
	if (!w)
		return null;
	const lost = w.lost ? `, and ${numbers.format(w.lost)} could not be told` : "";
	return make("p", { class: "soft" }, `A webhook was told of ${plural(w.told, "attacker")}; ${w.waiting ? numbers.format(w.waiting) : "none"} ${w.waiting === 1 ? "waits" : "wait"}${lost}. ${w.failures ? plural(w.failures, "try").replace("trys", "tries") + " failed." : ""}`);
}

async function show() {
	const answer = await send("GET", "/api/v1/attackers");
	byId("attackers").replaceChildren(...[rules(answer.settings), told(answer.webhook), list(answer)].filter(Boolean));
	byId("others").replaceChildren(allowed(answer), exported());
}

async function start() {
	role = (await signedIn()).role;
	await show();
}

start().catch((error) => {
	byId("message").textContent = error.message;
});
