// SPDX-License-Identifier: GPL-2.0-only
#include "console/assets.h"

#include "base/util.h"

#define FILE_IN(symbol, name)                                 \
	extern const char symbol[], symbol##_end[];           \
	__asm__(".pushsection .rodata\n"                      \
		".global " #symbol "\n" #symbol ":\n"         \
		".incbin \"user/console/pages/" name "\"\n"   \
		".global " #symbol "_end\n" #symbol "_end:\n" \
		".byte 0\n"                                   \
		".popsection\n")

FILE_IN(asset_login_html, "login.html");
FILE_IN(asset_login_js, "login.js");
FILE_IN(asset_setup_html, "setup.html");
FILE_IN(asset_setup_js, "setup.js");
FILE_IN(asset_style_css, "style.css");
FILE_IN(asset_overview_html, "overview.html");
FILE_IN(asset_overview_js, "overview.js");
FILE_IN(asset_attack_js, "attack.js");
FILE_IN(asset_chart_js, "chart.js");
FILE_IN(asset_sessions_html, "sessions.html");
FILE_IN(asset_sessions_js, "sessions.js");
FILE_IN(asset_session_html, "session.html");
FILE_IN(asset_session_js, "session.js");
FILE_IN(asset_attackers_html, "attackers.html");
FILE_IN(asset_attackers_js, "attackers.js");
FILE_IN(asset_transitions_html, "transitions.html");
FILE_IN(asset_transitions_js, "transitions.js");
FILE_IN(asset_reports_html, "reports.html");
FILE_IN(asset_reports_js, "reports.js");
FILE_IN(asset_alerts_html, "alerts.html");
FILE_IN(asset_alerts_js, "alerts.js");
FILE_IN(asset_alert_html, "alert.html");
FILE_IN(asset_alert_js, "alert.js");
FILE_IN(asset_common_js, "common.js");
FILE_IN(asset_icon_svg, "icon.svg");

#define HTML "text/html; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

static const struct {
	const char *path;
	const char *start, *end;
	const char *type;
} assets[] = {
	{ "/login.html", asset_login_html, asset_login_html_end, HTML },
	{ "/login.js", asset_login_js, asset_login_js_end, SCRIPT },
	{ "/setup", asset_setup_html, asset_setup_html_end, HTML },
	{ "/setup.js", asset_setup_js, asset_setup_js_end, SCRIPT },
	{ "/style.css", asset_style_css, asset_style_css_end, "text/css; charset=utf-8" },
	{ "/", asset_overview_html, asset_overview_html_end, HTML },
	{ "/overview.js", asset_overview_js, asset_overview_js_end, SCRIPT },
	{ "/attack.js", asset_attack_js, asset_attack_js_end, SCRIPT },
	{ "/chart.js", asset_chart_js, asset_chart_js_end, SCRIPT },
	{ "/sessions", asset_sessions_html, asset_sessions_html_end, HTML },
	{ "/sessions.js", asset_sessions_js, asset_sessions_js_end, SCRIPT },
	{ "/session", asset_session_html, asset_session_html_end, HTML },
	{ "/session.js", asset_session_js, asset_session_js_end, SCRIPT },
	{ "/attackers", asset_attackers_html, asset_attackers_html_end, HTML },
	{ "/attackers.js", asset_attackers_js, asset_attackers_js_end, SCRIPT },
	{ "/transitions", asset_transitions_html, asset_transitions_html_end, HTML },
	{ "/transitions.js", asset_transitions_js, asset_transitions_js_end, SCRIPT },
	{ "/reports", asset_reports_html, asset_reports_html_end, HTML },
	{ "/reports.js", asset_reports_js, asset_reports_js_end, SCRIPT },
	{ "/alerts", asset_alerts_html, asset_alerts_html_end, HTML },
	{ "/alerts.js", asset_alerts_js, asset_alerts_js_end, SCRIPT },
	{ "/alerts/", asset_alert_html, asset_alert_html_end, HTML },
	{ "/alert.js", asset_alert_js, asset_alert_js_end, SCRIPT },
	{ "/common.js", asset_common_js, asset_common_js_end, SCRIPT },
	{ "/icon.svg", asset_icon_svg, asset_icon_svg_end, "image/svg+xml" },
};

bool asset_find(struct text path, struct text *out, const char **type)
{
	for (size_t i = 0; i < ARRAY_SIZE(assets); i++) {
		if (!text_eq_str(path, assets[i].path))
			continue;
		*out = (struct text){ assets[i].start, assets[i].end - assets[i].start };
		*type = assets[i].type;
		return true;
	}
	return false;
}
