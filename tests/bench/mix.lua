-- SPDX-License-Identifier: GPL-2.0-only
-- wrk's requests: what visitors of tests/attacks/apps do, in the same mix as tests/attacks/run.py has it; with the
-- argument "own" without what makes the application send requests itself.
local form = { ["Content-Type"] = "application/x-www-form-urlencoded" }
local parts = { ["Content-Type"] = "multipart/form-data; boundary=bench" }
local upload = "--bench\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cat.png\"\r\n" ..
	"Content-Type: image/png\r\n\r\n" .. string.rep("x", 2000) .. "\r\n--bench--\r\n"
local mix, turn = {}, 0

function init(arguments)
	mix = {
		wrk.format("GET", "/?page=1"), wrk.format("GET", "/?page=2"), wrk.format("GET", "/?page=3"),
		wrk.format("POST", "/login", form, "user=Ada"),
		wrk.format("POST", "/order", form, "name=O%27Reilly&price=9.5"),
		wrk.format("POST", "/order", form, "name=book+5&price=1"),
		wrk.format("POST", "/upload", parts, upload),
		wrk.format("GET", "/static/style.css"),
	}
	if arguments[1] ~= "own" then
		table.insert(mix, wrk.format("GET", "/rates"))
		table.insert(mix, wrk.format("GET", "/rates2"))
	end
end

function request()
	turn = turn % #mix + 1
	return mix[turn]
end
