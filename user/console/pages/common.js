// SPDX-License-Identifier: GPL-2.0-only
// What all pages share.  Whatever came from an application gets into a page as a text node, never as markup.

let csrf = null;

// Asks the console; an answer that is no success becomes an Error with the sentence that came with it.
export async function send(method, path, body) {
	const headers = {};
	if (body !== undefined)
		headers["Content-Type"] = "application/json";
	if (csrf)
		headers["X-CSRF-Token"] = csrf;
	let response;
	try {
		response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
	} catch {
		throw new Error("The console does not answer: is it running?");
	}
	const answer = await response.json().catch(() => ({}));
	if (response.ok)
		return answer;
	// Signed out meanwhile: the page itself asks to sign in.
	if (response.status === 401 && csrf)
		location.reload();
	throw Object.assign(new Error(answer.error || `The console answered ${response.status}.`), { status: response.status });
}

// An element with attributes and children; strings among them become text.
export function make(name, attributes = {}, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (value !== null && value !== undefined && value !== false)
			element.setAttribute(key, value === true ? "" : value);
	}
	element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
	return element;
}

// Characters that are not seen, or that turn around what stands beside them.
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff]|[\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

// Text of an application, with those characters as their escapes.
export function visible(text) {
	return String(text).replace(hidden, (c) => {
		if (c === "\n")
			return "\\n";
		if (c === "\t")
			return "\\t";
		return "\\u" + (c.codePointAt(0) > 0xffff ? `{${c.codePointAt(0).toString(16)}}` : c.codePointAt(0).toString(16).padStart(4, "0"));
	});
}

const clock = new Intl.DateTimeFormat("sv-SE", {
	year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const zone = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(new Date())
	.find((part) => part.type === "timeZoneName").value;

export function time(iso) {
	const date = new Date(iso);
	return make("time", { datetime: iso, title: `${iso} (shown in ${zone})` }, isNaN(date) ? visible(iso) : clock.format(date));
}

// Word, shape and colour.
export function level(name) {
	const shapes = { info: "○", warn: "△", alert: "◆" };
	return make("span", { class: `level ${name in shapes ? name : ""}` }, make("span", { "aria-hidden": "true" }, shapes[name] ?? "?"), ` ${name}`);
}

// What somebody said of it; that nobody has is not worth a word.
export function state(name) {
	const shown = { seen: "✓ seen", "false-alarm": "✕ false alarm", incident: "‼ incident" };
	return name in shown ? make("div", { class: `state ${name}` }, shown[name]) : null;
}

export function listHref(filters) {
	return "/alerts?" + new URLSearchParams(filters);
}

// All that a session did.
export function sessionLink(session) {
	return make("a", { href: "/session?" + new URLSearchParams({ session }) }, visible(session));
}

// The list, narrowed to one value.
export function listLink(name, value, text) {
	if (value === null || value === undefined || value === "")
		return make("span", { class: "none" }, "–");
	return make("a", { href: listHref({ [name]: value }) }, visible(text ?? value));
}

// j and k move between links to what rows are about; other keys do what `keys` says.
export function keyboard(keys) {
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea"))
			return;
		const rows = [...document.querySelectorAll("a.row")];
		const at = rows.findIndex((link) => link.closest("tr, li").contains(document.activeElement));
		if (event.key === "j" && rows.length)
			rows[Math.min(at + 1, rows.length - 1)].focus();
		else if (event.key === "k" && rows.length)
			rows[Math.max(at - 1, 0)].focus();
		else if (Object.hasOwn(keys, event.key))
			keys[event.key]();
		else
			return;
		event.preventDefault();
	});
}

// Who is signed in; fills the page's header.
export async function signedIn() {
	const session = await send("GET", "/api/v1/session");
	csrf = session.csrf;
	const out = make("button", { type: "button" }, "Sign out");
	out.addEventListener("click", async () => {
		await send("DELETE", "/api/v1/session");
		location.assign("/");
	});
	// Whom a proxy names is signed out there.
	document.getElementById("who").replaceChildren(`${session.user} (${session.role}) `, session.by === "proxy" ? "" : out);
	return session;
}
