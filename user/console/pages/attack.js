// SPDX-License-Identifier: GPL-2.0-only
// Names of MITRE ATT&CK (enterprise) techniques, and the tactics that they serve: those of the rules that come along, and others that are close to them.

export const tactics = ["Reconnaissance", "Resource Development", "Initial Access", "Execution", "Persistence", "Privilege Escalation", "Defense Evasion",
	"Credential Access", "Discovery", "Lateral Movement", "Collection", "Command and Control", "Exfiltration", "Impact"];

const short = { RE: 0, RD: 1, IA: 2, EX: 3, PE: 4, PR: 5, DE: 6, CA: 7, DI: 8, LM: 9, CO: 10, CC: 11, XF: 12, IM: 13 };

const known = `
T1003 CA OS Credential Dumping
T1005 CO Data from Local System
T1016 DI System Network Configuration Discovery
T1018 DI Remote System Discovery
T1021 LM Remote Services
T1027 DE Obfuscated Files or Information
T1033 DI System Owner/User Discovery
T1036 DE Masquerading
T1036.005 DE Match Legitimate Resource Name or Location
T1041 XF Exfiltration Over C2 Channel
T1046 DI Network Service Discovery
T1048 XF Exfiltration Over Alternative Protocol
T1048.003 XF Unencrypted Non-C2 Protocol
T1053 EX,PE,PR Scheduled Task/Job
T1053.003 EX,PE,PR Cron
T1055 DE,PR Process Injection
T1057 DI Process Discovery
T1059 EX Command and Scripting Interpreter
T1059.004 EX Unix Shell
T1059.006 EX Python
T1068 PR Exploitation for Privilege Escalation
T1070 DE Indicator Removal
T1071 CC Application Layer Protocol
T1071.001 CC Web Protocols
T1071.004 CC DNS
T1074 CO Data Staged
T1078 IA,PE,PR,DE Valid Accounts
T1082 DI System Information Discovery
T1083 DI File and Directory Discovery
T1090 CC Proxy
T1095 CC Non-Application Layer Protocol
T1105 CC Ingress Tool Transfer
T1106 EX Native API
T1110 CA Brute Force
T1129 EX Shared Modules
T1190 IA Exploit Public-Facing Application
T1195 IA Supply Chain Compromise
T1195.001 IA Compromise Software Dependencies and Development Tools
T1203 EX Exploitation for Client Execution
T1205 PE,DE,CC Traffic Signaling
T1210 LM Exploitation of Remote Services
T1213 CO Data from Information Repositories
T1222 DE File and Directory Permissions Modification
T1485 IM Data Destruction
T1486 IM Data Encrypted for Impact
T1489 IM Service Stop
T1496 IM Resource Hijacking
T1499 IM Endpoint Denial of Service
T1505 PE Server Software Component
T1505.003 PE Web Shell
T1539 CA Steal Web Session Cookie
T1543 PE,PR Create or Modify System Process
T1543.002 PE,PR Systemd Service
T1546 PE,PR Event Triggered Execution
T1546.004 PE,PR Unix Shell Configuration Modification
T1546.018 PE,PR Python Startup Hooks
T1548 PR,DE Abuse Elevation Control Mechanism
T1552 CA Unsecured Credentials
T1552.001 CA Credentials In Files
T1552.005 CA Cloud Instance Metadata API
T1554 PE Compromise Host Software Binary
T1555 CA Credentials from Password Stores
T1557 CA,CO Adversary-in-the-Middle
T1562 DE Impair Defenses
T1562.001 DE Disable or Modify Tools
T1565 IM Data Manipulation
T1567 XF Exfiltration Over Web Service
T1570 LM Lateral Tool Transfer
T1571 CC Non-Standard Port
T1574 PE,PR,DE Hijack Execution Flow
T1574.006 PE,PR,DE Dynamic Linker Hijacking
T1574.007 PE,PR,DE Path Interception by PATH Environment Variable
T1595 RE Active Scanning
T1595.002 RE Vulnerability Scanning
T1611 PR Escape to Host
T1620 DE Reflective Code Loading
T1622 DI,DE Debugger Evasion`;

export const techniques = new Map(known.trim().split("\n").map((line) => {
	const [, id, columns, name] = line.match(/^(\S+) (\S+) (.*)$/);
	return [id, { name, tactics: columns.split(",").map((tactic) => short[tactic]) }];
}));

// What is not known by its own number is by that of its technique.
export function technique(id) {
	return techniques.get(id) ?? techniques.get(id.split(".")[0]);
}
