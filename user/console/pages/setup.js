// SPDX-License-Identifier: GPL-2.0-only
// The link's token stands behind the #, which no browser sends and no proxy logs.
import { send } from "/common.js";

const form = document.getElementById("form");
const message = document.getElementById("message");
const token = location.hash.slice(1);

history.replaceState(null, "", location.pathname);
if (!token)
	message.textContent = "This page is reached by the link that \"phrude-console\" printed, all of it.";

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	message.textContent = "";
	if (form.password.value !== form.again.value) {
		message.textContent = "The two are not the same.";
		return;
	}
	try {
		await send("POST", "/api/v1/setup", { token, password: form.password.value });
		location.assign("/");
	} catch (error) {
		message.textContent = error.message;
	}
});
