// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_overload.h"

#include <string.h>

#include "jf_time.h"

#define CALL_NS_UNKNOWN 700e3 /* until some calls were measured */
#define CALL_NS_MIN     20e3
#define CALLS_MEASURED  50.0  /* so many make the mean worth believing */
#define FADE            0.995 /* of what was measured, at each tick: half of it after 7 s */
#define RATE_MIN        5.0   /* so that one who is let in can show that things are well again */
#define RATE_MAX        100000.0
#define SHARE_FULL      0.99 /* of the loop's time */
#define SHARE_WANTED    0.98
#define SHARE_LOW       0.96
#define STEP_UP_MAX     1.15
#define STEP_DOWN_HARD  0.8
#define STEP_DOWN_SOFT  0.97
#define NEAR            0.8 /* the rate, so that it counts as used up */
#define BURST_S         0.1 /* of the rate, at once */
#define BURST_MIN       4.0
#define DEMAND_WEIGHT   0.2
#define LOSS_TICKS      10u
#define SERVED_WEIGHT   0.2
#define LINE_FIRST      3.0
#define LINE_MIN        8.0 /* calls; no fewer, so that nobody is idle between two looks at it */

void jf_sip_overload_init(struct jf_sip_overload *overload, uint64_t now_ns)
{
	*overload = (struct jf_sip_overload){
	        .call_ns = CALL_NS_UNKNOWN, .tick_ns = now_ns, .filled_ns = now_ns};
}

static double burst(const struct jf_sip_overload *overload)
{
	double tokens = overload->rate * BURST_S;

	return tokens > BURST_MIN ? tokens : BURST_MIN;
}

static void fill(struct jf_sip_overload *overload, uint64_t now_ns)
{
	double more = overload->rate * (double)jf_time_since(overload->filled_ns, now_ns) /
	              (double)JF_NS_PER_S;

	overload->filled_ns = now_ns;
	for (int w = 0; w < JF_SIP_WORKS; w++) {
		overload->tokens[w] += more;
		if (overload->tokens[w] > burst(overload))
			overload->tokens[w] = burst(overload);
	}
}

static void begin(struct jf_sip_overload *overload, uint64_t now_ns)
{
	overload->active = true;
	overload->rate = SHARE_WANTED * (double)JF_NS_PER_S / overload->call_ns;
	for (int w = 0; w < JF_SIP_WORKS; w++)
		overload->tokens[w] = burst(overload);
	overload->filled_ns = overload->refused_ns = now_ns;
}

/* At once: in the time of a tick a flood would let in what takes seconds. */
static void begin_if_due(struct jf_sip_overload *overload, uint64_t now_ns)
{
	if (!overload->active && overload->wait_ns > JF_SIP_OVERLOAD_WAIT_NS)
		begin(overload, now_ns);
}

static void count_refused(struct jf_sip_overload *overload, enum jf_sip_work work, uint64_t now_ns)
{
	overload->refused[work]++;
	overload->refused_ns = now_ns;
}

bool jf_sip_overload_admit(struct jf_sip_overload *overload, enum jf_sip_work work, uint64_t now_ns)
{
	bool admitted = true;

	begin_if_due(overload, now_ns);
	if (overload->active) {
		fill(overload, now_ns);
		admitted = overload->tokens[work] >= 1;
		if (admitted)
			overload->tokens[work] -= 1;
	}
	if (!admitted)
		count_refused(overload, work, now_ns);
	else if (work == JF_SIP_WORK_CALL)
		overload->admitted++;
	return admitted;
}

/* --- the line --- */

uint32_t jf_sip_overload_room(const struct jf_sip_overload *overload)
{
	double room = overload->rate * ((double)JF_SIP_OVERLOAD_LINE_NS / (double)JF_NS_PER_S);

	if (!overload->active)
		return UINT32_MAX;
	/* What came while the machine stood still is no overload: it is served in a moment. */
	if (!overload->refusing)
		room *= LINE_FIRST;
	return (uint32_t)(room > LINE_MIN ? room : LINE_MIN);
}

bool jf_sip_overload_enter(struct jf_sip_overload *overload, uint32_t in_line, uint64_t now_ns)
{
	begin_if_due(overload, now_ns);
	overload->lined = true;
	if (in_line < jf_sip_overload_room(overload))
		return true;
	count_refused(overload, JF_SIP_WORK_CALL, now_ns);
	return false;
}

void jf_sip_overload_serve(struct jf_sip_overload *overload)
{
	overload->lined = true;
	overload->admitted++;
}

void jf_sip_overload_give_up(struct jf_sip_overload *overload, uint64_t now_ns)
{
	overload->lined = true;
	count_refused(overload, JF_SIP_WORK_CALL, now_ns);
}

void jf_sip_overload_waited(struct jf_sip_overload *overload, uint64_t wait_ns)
{
	if (wait_ns > overload->wait_ns)
		overload->wait_ns = wait_ns;
}

void jf_sip_overload_listens(struct jf_sip_overload *overload)
{
	overload->listened++;
}

static void measure(struct jf_sip_overload *overload, double busy_ns, double seconds)
{
	double lost = (double)overload->loss_percent / 100;
	double offered = (double)overload->admitted + overload->refused[JF_SIP_WORK_CALL];

	overload->measured_busy_ns = overload->measured_busy_ns * FADE + busy_ns;
	overload->measured_calls = overload->measured_calls * FADE + overload->admitted;
	if (overload->measured_calls >= CALLS_MEASURED)
		overload->call_ns = overload->measured_busy_ns / overload->measured_calls;
	if (overload->call_ns < CALL_NS_MIN)
		overload->call_ns = CALL_NS_MIN;
	/* Peers that listen leave out what they were told to: that is demand, too. */
	offered += overload->listened * lost / (1 - lost);
	overload->demand += DEMAND_WEIGHT * (offered / seconds - overload->demand);
}

static bool has_refused(const struct jf_sip_overload *overload)
{
	bool any = false;

	for (int w = 0; w < JF_SIP_WORKS; w++)
		any |= overload->refused[w] != 0;
	return any;
}

static void adjust(struct jf_sip_overload *overload, double seconds)
{
	bool limits = has_refused(overload);
	double factor = 1, share = overload->busy_share;

	/* Things may wait because the machine stood still, too: then the rate isn't to blame. */
	if (overload->wait_ns > 2 * JF_SIP_OVERLOAD_WAIT_NS)
		factor = limits || overload->admitted >= NEAR * overload->rate * seconds
		                 ? STEP_DOWN_HARD
		                 : STEP_DOWN_SOFT;
	else if (share > SHARE_FULL)
		factor = SHARE_WANTED / share;
	else if (share < SHARE_LOW && limits)
		factor = share * STEP_UP_MAX > SHARE_WANTED ? SHARE_WANTED / share : STEP_UP_MAX;
	overload->rate *= factor;
}

static void follow(struct jf_sip_overload *overload, double seconds)
{
	overload->rate += SERVED_WEIGHT * (overload->admitted / seconds - overload->rate);
}

static void bound(struct jf_sip_overload *overload)
{
	if (overload->rate < RATE_MIN)
		overload->rate = RATE_MIN;
	if (overload->rate > RATE_MAX)
		overload->rate = RATE_MAX;
}

static uint8_t loss(const struct jf_sip_overload *overload)
{
	double part = overload->demand > overload->rate ? 1 - overload->rate / overload->demand : 0;

	return part > 0.99 ? 99 : (uint8_t)(part * 100);
}

void jf_sip_overload_resume(struct jf_sip_overload *overload, uint64_t busy_ns, uint64_t now_ns)
{
	overload->tick_ns = now_ns;
	overload->busy_ns = busy_ns;
}

bool jf_sip_overload_tick(struct jf_sip_overload *overload, uint64_t busy_ns, uint64_t now_ns)
{
	uint64_t passed_ns = jf_time_since(overload->tick_ns, now_ns);
	double busy = (double)(busy_ns - overload->busy_ns);
	bool was = overload->refusing;

	if (!passed_ns)
		return false;
	overload->busy_share = busy / (double)passed_ns;
	measure(overload, busy, (double)passed_ns / (double)JF_NS_PER_S);
	if (!overload->active) {
		if (overload->wait_ns > JF_SIP_OVERLOAD_WAIT_NS)
			begin(overload, now_ns);
	} else if (overload->wait_ns <= JF_SIP_OVERLOAD_WAIT_NS &&
	           jf_time_since(overload->refused_ns, now_ns) > JF_SIP_OVERLOAD_END_NS) {
		overload->active = false;
	} else if (!overload->lined) {
		adjust(overload, (double)passed_ns / (double)JF_NS_PER_S);
	} else if (overload->refused[JF_SIP_WORK_CALL]) {
		follow(overload, (double)passed_ns / (double)JF_NS_PER_S);
	}
	bound(overload);
	if (!overload->active)
		overload->refusing = false;
	else if (has_refused(overload))
		overload->refusing = true;
	/* It stands for as long as it is said to be valid, so that what comes can be read by it. */
	if (!overload->refusing)
		overload->loss_percent = 0;
	else if (!overload->loss_percent || ++overload->loss_ticks % LOSS_TICKS == 0)
		overload->loss_percent = loss(overload);
	overload->tick_ns = now_ns;
	overload->busy_ns = busy_ns;
	overload->wait_ns = 0;
	overload->admitted = overload->listened = 0;
	overload->lined = false;
	memset(overload->refused, 0, sizeof(overload->refused));
	return overload->refusing != was;
}
