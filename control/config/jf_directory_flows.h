/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The section "flows" of a directory: what callers hear and are asked before they come to somebody.
 * What the kinds of nodes do, which ways out each has, and what templates and conditions are is in
 * jf_ivr_flow.h. Part of jf_directory.h.
 *
 *   flows:
 *     - name: main
 *       tenant: acme
 *       language: en                       by default; of prompts, what another language lacks
 *       prompts: [{language: en, folder: prompts/en}, {language: de, folder: prompts/de}]
 *       hosts: ["crm.example:8443"]        which servers may be asked; none: none
 *       start: hello                       missing: the first node
 *       nodes:
 *         - {name: hello, play: {prompts: [welcome]}, next: topic}
 *         - name: topic
 *           menu: {prompts: [for-cards-1], silence: [], invalid: [wrong], timeout_ms: 5000,
 *                  tries: 3, key: topic, whole: false, fresh: false,
 *                  choices: [{key: "1", next: account}, {key: "2", next: hours}]}
 *           failed: operator
 *         - name: account
 *           collect: {prompts: [enter-account], key: account, least: 4, most: 8, end: "#",
 *                     timeout_ms: 5000, digit_timeout_ms: 3000, tries: 3, luhn: true,
 *                     from: 1000, to: 99999999, secret: true}
 *           next: lookup
 *           failed: operator
 *         - name: lookup
 *           http: {method: GET, url: "https://crm.example:8443/a/{account}", deadline_ms: 2000,
 *                  headers: [{name: Authorization, value: Bearer x}], body: "...",
 *                  take: [{key: tier, from: customer.tier}]}
 *           next: tier
 *           failed: operator
 *         - {name: told, say: {prompts: [{prompt: your-balance}, {amount: "{balance}",
 *                  currency: eur}]}, next: tier}     or number, ordinal, digits, date, time,
 *                                                    duration, position
 *         - {name: put, set: {values: [{key: language, to: de}]}, next: tier}
 *         - {name: tier, branch: {cases: [{when: tier == gold, next: gold}]}, next: operator}
 *         - {name: hours, calendar: {name: office, open: who, closed: bye, holiday: bye}}
 *         - {name: who, caller: {vip: gold, known: operator}, next: operator}
 *         - {name: gold, queue: {name: billing, requires: [{skills: gold >= 3}, {skills: gold,
 *                  after_s: 30}], priority: 800, language: de}, failed: bye}
 *         - {name: desk, transfer: {to: "agent:1001"}}     or "queue:billing", "outside:+372..."
 *         - {name: message, voicemail: {queue: billing}}
 *         - {name: later, callback: {queue: billing, number: "{number}"}}
 *         - {name: asked, survey: {name: after}}
 *         - {name: more, flow: {name: cards}}
 *         - {name: bye, hangup: true}
 *
 * Prompts are named without folder and ".wav". A flow is refused whole for nodes that no way leads
 * to, ways that lead nowhere, prompts that aren't there in its language, and circles in which a
 * caller who presses nothing would stay. Numbers lead to it by flow: instead of queue:.
 */
#ifndef JF_DIRECTORY_FLOWS_H
#define JF_DIRECTORY_FLOWS_H

#include "jf_ivr_flow.h"

struct jf_directory;

/* NULL: it has none. Counted (jf_ivr_flows_ref): who needs them longer than the directory takes a
 * reference. */
struct jf_ivr_flows *jf_directory_flows(const struct jf_directory *directory);

#endif
