// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "maps.bpf.h"
#include "abi/layout.h"

procs_map procs SEC(".maps");
arm_pending_map arm_pending SEC(".maps");
targets_map targets SEC(".maps");
direct_map direct_funcs SEC(".maps");
templates_map templates SEC(".maps");
shares_map shares SEC(".maps");
holds_map holds SEC(".maps");
dismissed_map dismissed SEC(".maps");
seen_map seen SEC(".maps");
looks_map looks SEC(".maps");
classes_map classes SEC(".maps");
audited_map audited SEC(".maps");
events_map events SEC(".maps");
stats_map stats SEC(".maps");
scratch_map scratch SEC(".maps");

const volatile __u32 cfg_scratch_slots = 8;
const volatile __u32 cfg_slots_process = 8;
const volatile __u32 cfg_slots_target = 8;
const volatile bool cfg_sleepable = false;
const volatile bool cfg_find_vma = false;
const volatile bool cfg_tail_call = false;
const volatile __u64 cfg_match_ns = 0;
const volatile __u32 cfg_yield = YIELD_NONE;
const volatile __u64 cfg_yard = 0;
const volatile bool cfg_request = true;
const volatile struct request_names cfg_names = {};
const volatile bool cfg_costs = false;
const volatile __u64 cfg_digest_key[2] = {};

bool conditions;
__u16 digest_policy;
__u64 images;
bool stopped;
bool guarding;
bool discovering;
bool choosing_alive;
__u64 changes_untold;
__u64 prefilter[PHRUDE_PREFILTER_BITS / 64];
bool prefilter_non_ascii;
__u64 audit_prefix_lens[PHRUDE_MATCH_NAME_MAX / 64 + 2];
bool audit_prefixes;
__u64 reader_awake_until;

char LICENSE[] SEC("license") = "Dual BSD/GPL";
