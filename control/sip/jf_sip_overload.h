/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many new calls the loop can carry: the controller of overload. Pure, on given time, a few
 * numbers of memory; not thread safe.
 *
 * While nothing waits, everything is let in. Overload begins when requests are served later than
 * they are due (when they came, or a little after) by JF_SIP_OVERLOAD_WAIT_NS. From then on new
 * calls that can wait stand in a line with as much room as is served in JF_SIP_OVERLOAD_LINE_NS,
 * and are served whenever there is nothing else to do: so the loop is never idle while somebody is
 * refused, and needs no guess of what it can carry.
 *
 * Those that cannot wait (they came over a connection, parsed) are let in at a rate. Where there is
 * no line, it begins with what a call was measured to cost (busy time of the loop by calls let in),
 * and then follows the loop's busy share: up while there is time left and somebody is refused, down
 * when the loop is full, sharply when things wait. A call let in has most of its work still to
 * come. Beside a line it is the rate at which calls are served.
 *
 * Overload ends when nobody had to be refused for JF_SIP_OVERLOAD_END_NS.
 *
 * What is not a call (REGISTER, requests of strangers) is let in at a rate of its own beside it,
 * and so is what comes from addresses that send a lot, so that none can push the others out.
 */
#ifndef JF_SIP_OVERLOAD_H
#define JF_SIP_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define JF_SIP_OVERLOAD_TICK_NS UINT64_C(50000000)
#define JF_SIP_OVERLOAD_WAIT_NS UINT64_C(25000000)
#define JF_SIP_OVERLOAD_LINE_NS UINT64_C(30000000)
#define JF_SIP_OVERLOAD_END_NS  UINT64_C(2000000000)

enum jf_sip_work {
	JF_SIP_WORK_CALL,
	JF_SIP_WORK_OTHER,
	JF_SIP_WORK_LOUD, /* the same, of an address that sends a lot (jf_sip_sources.h) */
	JF_SIP_WORKS,
};

struct jf_sip_overload {
	bool active;    /* the rate holds */
	bool refusing;  /* and somebody was refused since it does: what the world calls overload */
	double rate;    /* calls a second, while active */
	double call_ns; /* what a call costs the loop: a running mean */
	double busy_share; /* of the last tick */
	uint8_t loss_percent;
	uint32_t loss_ticks;

	double tokens[JF_SIP_WORKS];
	uint64_t filled_ns;
	uint64_t tick_ns; /* the last one */
	uint64_t busy_ns;
	uint64_t refused_ns; /* when the last refusal was */
	uint64_t wait_ns;    /* the longest since the last tick */
	uint32_t admitted;   /* calls since the last tick */
	bool lined;          /* some of them, or of those refused, stood in line */
	uint32_t listened;   /* of peers that listen */
	uint32_t refused[JF_SIP_WORKS];
	double measured_busy_ns, measured_calls; /* for call_ns; both fade */
	double demand;                           /* calls a second that peers would send */
};

void jf_sip_overload_init(struct jf_sip_overload *overload, uint64_t now_ns);

/* May this one be served? Counts it. */
bool jf_sip_overload_admit(struct jf_sip_overload *overload, enum jf_sip_work work,
                           uint64_t now_ns);

/* May a new call stand in line behind in_line others? */
bool jf_sip_overload_enter(struct jf_sip_overload *overload, uint32_t in_line, uint64_t now_ns);

/* How many new calls may stand in line now. */
uint32_t jf_sip_overload_room(const struct jf_sip_overload *overload);

/* A call that stood in line is served now; or is not, after all. */
void jf_sip_overload_serve(struct jf_sip_overload *overload);
void jf_sip_overload_give_up(struct jf_sip_overload *overload, uint64_t now_ns);

/* The new call at hand is of a peer that leaves out what loss_percent says. */
void jf_sip_overload_listens(struct jf_sip_overload *overload);

/* Something that is served now was due so long ago. */
void jf_sip_overload_waited(struct jf_sip_overload *overload, uint64_t wait_ns);

/* After a time without ticks: measuring begins anew. */
void jf_sip_overload_resume(struct jf_sip_overload *overload, uint64_t busy_ns, uint64_t now_ns);

/* Each JF_SIP_OVERLOAD_TICK_NS or later. busy_ns: time that the loop was busy, since start. True
 * when refusing has changed. */
bool jf_sip_overload_tick(struct jf_sip_overload *overload, uint64_t busy_ns, uint64_t now_ns);

#endif
