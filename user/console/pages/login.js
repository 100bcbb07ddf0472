// SPDX-License-Identifier: GPL-2.0-only
import { send } from "/common.js";

const form = document.getElementById("form");
const message = document.getElementById("message");

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	message.textContent = "";
	try {
		await send("POST", "/api/v1/session", { user: form.user.value, password: form.password.value });
		location.reload();
	} catch (error) {
		message.textContent = error.message;
		form.password.select();
	}
});
