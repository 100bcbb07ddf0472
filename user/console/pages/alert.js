// SPDX-License-Identifier: GPL-2.0-only
// One alert: what ran, with what, who asked, was it stopped; then everything else.
import { level, listLink, make, send, sessionLink, signedIn, state, time, visible } from "/common.js";

const byId = (id) => document.getElementById(id);
const id = decodeURIComponent(location.pathname.slice("/alerts/".length));
const query = new URLSearchParams(location.search);
// What is longer is folded.
const LONG = 2000;

const known = (value) => value !== null && value !== undefined && value !== "";
const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// Where the needles stand in the text; the longest first, no two of them over each other.
function places(text, needles) {
	const found = [];
	for (const needle of [...needles].sort((a, b) => b.length - a.length)) {
		for (let at = text.indexOf(needle); at >= 0 && found.length < 50; at = text.indexOf(needle, at + needle.length)) {
			if (!found.some(([from, to]) => at < to && at + needle.length > from))
				found.push([at, at + needle.length]);
		}
	}
	return found.sort((a, b) => a[0] - b[0]);
}

function marked(text, needles) {
	const parts = [];
	let at = 0;
	for (const [from, to] of places(text, needles)) {
		parts.push(visible(text.slice(at, from)), make("mark", {}, visible(text.slice(from, to))));
		at = to;
	}
	parts.push(visible(text.slice(at)));
	return parts;
}

function value(content, needles) {
	const text = asText(content);
	if (text.length <= LONG)
		return make("span", { class: "value" }, marked(text, needles));
	const details = make("details", {}, make("summary", {}, `${new TextEncoder().encode(text).length} bytes: `,
		make("span", { class: "value" }, marked(text.slice(0, 200), needles), "…")));
	// A megabyte is laid out only when somebody wants to see it.
	details.addEventListener("toggle", () => details.append(make("pre", {}, marked(text, needles))), { once: true });
	return details;
}

function definitions(rows) {
	const shown = rows.filter(([, content]) => known(content));
	return make("dl", {}, shown.map(([name, content]) => [make("dt", {}, visible(name)), make("dd", {}, content)]));
}

function panel(title, ...content) {
	return make("section", { class: "panel" }, make("h2", {}, title), content);
}

// Files that came with Python, a package of it, or no file at all are not the application's own.
function isOwn(file) {
	return known(file) && !file.startsWith("<") && !/\/(site|dist)-packages\/|\/lib(64)?\/python\d|\/lib(64)?\/pypy/.test(file);
}

function place(frame) {
	const where = known(frame.file) ? frame.file : known(frame.module) ? frame.module : "";
	return visible(where) + (known(frame.line) ? `:${frame.line}` : "");
}

function chain(callers) {
	return make("ol", { class: "chain" }, callers.filter(isMap).map((frame) =>
		make("li", { class: isOwn(frame.file) ? "own" : null }, visible(frame.function ?? "?"), " ",
			make("span", { class: "file" }, place(frame)), isOwn(frame.file) ? make("span", { class: "soft" }, " · application") : null)));
}

// What is marked in the arguments: what came with the request, or else the values that the rule picked out.
function matched(alert) {
	const texts = isMap(alert.input) && known(alert.input.value) ? [alert.input.value] : Object.values(isMap(alert.value) ? alert.value : {});
	return texts.map(asText).filter((text) => text.length > 1 && text.length <= LONG);
}

const verdicts = {
	detect: "It ran.", "would-deny": "It ran; in protect mode it would have been denied.", denied: "It was denied.",
	"failed-open": "It ran: the decision to deny it came too late.", "would-kill": "It ran; in protect mode the process would have been ended.",
	killed: "The process was ended.",
};

function input(alert) {
	const i = alert.input;
	if (!isMap(i))
		return null;
	return [make("h3", { class: "soft" }, "Came with the request"),
		definitions([[`${i.source ?? "?"} ${i.name ?? ""}`, [value(i.value ?? "", [asText(i.value ?? "")]),
			make("span", { class: "soft" }, ` → argument ${visible(i.arg ?? "?")}`)]]])];
}

// An alert that stands for others, which a rate limit has held back.
function repeated(alert) {
	const r = alert.repeated;
	if (!isMap(r) || !known(r.count))
		return null;
	return make("strong", {}, `Stands for ${visible(String(r.count))} calls, `, time(r.since ?? "?"), " to ", time(r.until ?? "?"));
}

function lead(alert, app) {
	return make("p", { class: "lead" }, level(alert.rule.level), time(alert.time), make("span", {}, "application ", listLink("app", app)),
		known(alert.host) ? make("span", {}, "host ", listLink("host", alert.host)) : null,
		repeated(alert), make("strong", {}, verdicts[alert.action] ?? visible(alert.action ?? "")));
}

function request(alert) {
	const r = alert.request;
	if (!isMap(r))
		return panel("Request", make("p", { class: "soft" }, "No request is in sight: what ran was not handling one, or nothing tells which."));
	const input = isMap(alert.input) ? alert.input : {};
	const needles = known(input.value) ? [asText(input.value)] : [];
	return panel("Request", definitions([
		["client", known(r.remote_addr) ? listLink("addr", r.remote_addr) : null],
		["method", known(r.method) ? visible(r.method) : null],
		["path", known(r.path) ? [listLink("path", r.path)] : null],
		["query", known(r.query) ? value(r.query, needles) : null],
		["host", known(r.host) ? visible(r.host) : null],
		["user agent", known(r.user_agent) ? listLink("agent", r.user_agent) : null],
		["session", known(r.session) ? [sessionLink(r.session), make("span", { class: "soft" }, " · all that it did")] : null],
		["trace", known(r.trace_id) ? visible(r.trace_id) : null],
	]));
}

function process(alert) {
	const p = isMap(alert.process) ? alert.process : {};
	const k = isMap(alert.kubernetes) ? alert.kubernetes : {};
	return panel("Process", definitions([
		["process", known(p.pid) ? `${p.pid}, thread ${p.tid ?? "?"}, parent ${p.ppid ?? "?"}, user id ${p.uid ?? "?"}` : null],
		["program", known(p.exe) ? visible(p.exe) : null],
		["command", Array.isArray(p.cmdline) ? make("code", {}, visible(p.cmdline.join(" "))) : null],
		["Python", known(p.python) ? visible(p.python) : null],
		["container", known(p.container) ? visible(p.container) : null],
		["container's name", known(k.container) ? visible(k.container) : null],
		["pod", known(k.pod) ? listLink("pod", k.pod) : null],
		["namespace", known(k.namespace) ? visible(k.namespace) : null],
		["node", known(k.node) ? visible(k.node) : null],
		["noticed by", known(alert.probe) ? visible(alert.probe) : null],
	]));
}

function tags(alert) {
	const all = Array.isArray(alert.rule.tags) ? alert.rule.tags.map(String) : [];
	return all.map((tag) => {
		const technique = tag.match(/^attack\.(t\d+(\.\d+)?)$/i);
		const cwe = tag.match(/^cwe-(\d+)$/i);
		return [technique ? listLink("technique", technique[1].toUpperCase(), tag) : cwe ? listLink("cwe", cwe[1], tag) : visible(tag), " "];
	}).flat();
}

function pager(answer) {
	const back = query.size ? "/alerts?" + query : "/alerts";
	const link = (to, text, key) => (to ? make("a", { href: `/alerts/${encodeURIComponent(to)}` + (query.size ? "?" + query : ""), "data-key": key }, text) : null);
	byId("back").href = back;
	byId("pager").replaceChildren(...[make("a", { href: back, "data-key": "u" }, query.size ? "Back to the filtered list" : "All alerts"),
		link(answer.newer, "← Newer", "k"), link(answer.older, "Older →", "j")].filter(Boolean));
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea"))
			return;
		document.querySelector(`#pager [data-key="${CSS.escape(event.key)}"]`)?.click();
	});
}

// What people said of it; who may say so gets the means.
function saying(answer, role) {
	const notes = make("ul", { class: "notes" }, answer.notes.map((note) =>
		make("li", {}, time(note.time), ` ${visible(note.who)}: `, state(note.state) ? note.state.replace("-", " ") : "new", note.text ? ` – ${visible(note.text)}` : "")));
	if (role === "viewer")
		return panel("What it is", state(answer.state) ?? make("p", { class: "soft" }, "Nobody has said so yet."), notes);
	const note = make("input", { type: "text", id: "note", maxlength: 1000 });
	const equal = make("input", { type: "checkbox", id: "equal" });
	const failed = make("p", { role: "alert" });
	const button = (name, text) => {
		const b = make("button", { type: "button", "aria-pressed": String(answer.state === name), class: answer.state === name ? "primary" : null }, text);
		b.addEventListener("click", async () => {
			try {
				await send("POST", `/api/v1/alerts/${encodeURIComponent(id)}`, { state: name, note: note.value, equal: equal.checked });
				location.reload();
			} catch (error) {
				failed.textContent = error.message;
			}
		});
		return b;
	};
	return panel("What it is", make("div", { class: "say" }, make("div", {}, make("label", { for: "note" }, "Note"), note),
		button("new", "New"), button("seen", "Seen"), button("false-alarm", "False alarm"), button("incident", "Incident"),
		make("label", { class: "check", for: "equal" }, equal, " and all with the same rule and call chain that are in the same state")), failed, notes);
}

// The exceptions that would have silenced this one and those like it, as a rule file.
function exception(answer) {
	const button = make("button", { type: "button" }, "Make an exception");
	const out = make("div", { role: "status" });
	const group = new URLSearchParams({ group: answer.group });
	button.addEventListener("click", async () => {
		try {
			const made = await send("GET", "/api/v1/exceptions?" + group);
			const copy = make("button", { type: "button" }, "Copy");
			copy.addEventListener("click", () => navigator.clipboard?.writeText(made.yaml));
			out.replaceChildren(make("p", {}, `It is made of ${made.alerts} stored `, make("a", { href: "/alerts?" + group }, made.alerts === 1 ? "alert" : "alerts"),
				", which it would have silenced where a case stands below. Review it before it goes into a rule file."),
			copy, make("pre", {}, made.yaml.split("\n").map(visible).join("\n")));
		} catch (error) {
			out.textContent = error.message;
		}
	});
	return panel("Is it ours?", button, out);
}

function raw(alert) {
	const details = make("details", {}, make("summary", {}, "Raw JSON"));
	details.addEventListener("toggle", () => {
		const copy = make("button", { type: "button" }, "Copy");
		copy.addEventListener("click", () => navigator.clipboard?.writeText(JSON.stringify(alert)));
		details.append(copy, make("pre", {}, JSON.stringify(alert, null, 2).split("\n").map(visible).join("\n")));
	}, { once: true });
	return details;
}

async function show() {
	const session = await signedIn();
	const answer = await send("GET", `/api/v1/alerts/${encodeURIComponent(id)}` + (query.size ? "?" + query : ""));
	const alert = answer.alert;
	const needles = matched(alert);
	const f = isMap(alert.function) ? alert.function : {};
	const args = isMap(alert.args) ? Object.entries(alert.args) : [];
	const values = isMap(alert.value) ? Object.entries(alert.value) : [];
	const name = f.qualname ?? f.name ?? "?";

	document.title = `${visible(alert.rule.name)} · phrude`;
	pager(answer);
	byId("alert").replaceChildren(
		make("h1", {}, visible(alert.rule.name), make("span", { class: "soft" }, ` in ${visible(name)}`)),
		lead(alert, answer.app),
		known(alert.rule.description) ? make("p", {}, visible(alert.rule.description)) : "",
		panel("What ran", make("p", {}, make("code", {}, visible(name)), " ", make("span", { class: "soft" }, place(f))),
			values.length ? [make("h3", { class: "soft" }, "Matched"), definitions(values.map(([key, v]) => [key, value(v, [asText(v)])]))] : null,
			input(alert),
			make("h3", { class: "soft" }, "Arguments"),
			args.length ? definitions(args.map(([key, v]) => [key, value(v, needles)])) : make("p", { class: "soft" }, "none"),
			alert.truncated ? make("p", { class: "soft" }, "Something in this alert was cut: it ends in …") : null),
		make("div", { class: "columns" },
			panel("Called by", Array.isArray(alert.callers) && alert.callers.length ? chain(alert.callers) : make("p", { class: "soft" }, "no callers are known")),
			make("div", {}, request(alert), process(alert),
				panel("Rule", definitions([["name", listLink("rule", alert.rule.name)], ["id", known(alert.rule.id) ? visible(alert.rule.id) : null],
					["tags", tags(alert).length ? tags(alert) : null], ["function", known(name) ? listLink("function", name) : null],
					["same call chain", listLink("group", answer.group, "show them")], ["received", time(answer.received)]])))),
		saying(answer, session.role),
		exception(answer),
		raw(alert));
}

show().catch((error) => {
	byId("message").textContent = error.message;
});
