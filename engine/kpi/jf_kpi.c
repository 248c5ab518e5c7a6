// SPDX-License-Identifier: BSD-3-Clause
#include "jf_kpi.h"

#include <stdlib.h>
#include <string.h>

/* Only counters of 64 bits are in it. */
#define FIELDS (sizeof(struct jf_kpi_sums) / sizeof(uint64_t))

_Static_assert(sizeof(struct jf_kpi_sums) % sizeof(uint64_t) == 0, "sums are counters");

void jf_kpi_add(struct jf_kpi_sums *to, const struct jf_kpi_sums *more)
{
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)more;

	for (unsigned int i = 0; i < FIELDS; i++)
		a[i] += b[i];
}

/* ---- Figures ----------------------------------------------------------------------------------
 */

static bool part(uint64_t of, uint64_t all, double *ret_part)
{
	if (!all)
		return false;
	*ret_part = (double)of / (double)all;
	return true;
}

static bool mean_s(uint64_t sum_ns, uint64_t n, double *ret_s)
{
	return part(sum_ns, n, ret_s) && ((*ret_s /= 1e9), true);
}

static uint64_t handling_ns(const struct jf_kpi_sums *s)
{
	return s->talk_ns + s->hold_ns + s->wrapup_ns;
}

bool jf_kpi_service_level(const struct jf_kpi_sums *s, enum jf_kpi_abandons how, double *ret_part)
{
	uint64_t events = s->sl_answered + s->sl_abandoned + s->sl_reached;

	switch (how) {
	case JF_KPI_ABANDONS_IGNORED:
		return part(s->sl_answered, events - s->sl_abandoned, ret_part);
	case JF_KPI_ABANDONS_COUNTED_AGAINST:
		return part(s->sl_answered, events, ret_part);
	default:
		return part(s->sl_answered + s->sl_abandoned, events, ret_part);
	}
}

bool jf_kpi_asa_s(const struct jf_kpi_sums *s, double *ret_s)
{
	return mean_s(s->wait_answered_ns, s->answered, ret_s);
}

bool jf_kpi_wait_s(const struct jf_kpi_sums *s, double *ret_s)
{
	return mean_s(s->wait_all_ns, s->left, ret_s);
}

bool jf_kpi_aht_s(const struct jf_kpi_sums *s, double *ret_s)
{
	return mean_s(handling_ns(s), s->handled, ret_s);
}

bool jf_kpi_acw_s(const struct jf_kpi_sums *s, double *ret_s)
{
	return mean_s(s->wrapup_ns, s->handled, ret_s);
}

bool jf_kpi_abandon_rate(const struct jf_kpi_sums *s, double *ret_part)
{
	return part(s->abandoned, s->offered - s->short_abandoned, ret_part);
}

bool jf_kpi_occupancy(const struct jf_kpi_sums *s, double *ret_part)
{
	uint64_t busy_ns = handling_ns(s) + s->ringing_ns;

	return part(busy_ns, busy_ns + s->ready_ns, ret_part);
}

bool jf_kpi_utilisation(const struct jf_kpi_sums *s, uint64_t paid_ns, double *ret_part)
{
	return part(handling_ns(s), paid_ns, ret_part);
}

bool jf_kpi_transfer_rate(const struct jf_kpi_sums *s, double *ret_part)
{
	return part(s->transferred_out, s->handled, ret_part);
}

bool jf_kpi_containment_rate(const struct jf_kpi_sums *s, double *ret_part)
{
	return part(s->contained, s->arrived, ret_part);
}

bool jf_kpi_intake_abandon_rate(const struct jf_kpi_sums *s, double *ret_part)
{
	return part(s->abandoned_ivr + s->abandoned_ringing, s->arrived, ret_part);
}

bool jf_kpi_csat(const struct jf_kpi_sums *s, double *ret_share)
{
	return part(s->csat_top, s->csat_n, ret_share);
}

bool jf_kpi_nps(const struct jf_kpi_sums *s, double *ret_score)
{
	if (!s->nps_n)
		return false;
	*ret_score = ((double)s->nps_promoters - (double)s->nps_detractors) / (double)s->nps_n;
	return true;
}

bool jf_kpi_ces(const struct jf_kpi_sums *s, double *ret_mean)
{
	return part(s->ces_sum, s->ces_n, ret_mean);
}

/* ---- First-contact resolution ------------------------------------------------------------------
 */

static int by_customer(const void *a, const void *b)
{
	const struct jf_kpi_contact *x = a, *y = b;

	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return x->at_utc_ns < y->at_utc_ns ? -1 : x->at_utc_ns > y->at_utc_ns;
}

bool jf_kpi_fcr(struct jf_kpi_contact *contacts, uint32_t n, uint64_t within_ns,
                uint64_t until_utc_ns, double *ret_part)
{
	uint64_t resolved = 0, again = 0;

	if (n)
		qsort(contacts, n, sizeof(*contacts), by_customer);
	for (uint32_t i = 0; i < n; i++) {
		const struct jf_kpi_contact *c = &contacts[i], *next = c + 1;

		if (i + 1 < n && next->customer == c->customer &&
		    next->at_utc_ns - c->at_utc_ns <= within_ns)
			again++;
		else if (until_utc_ns >= c->at_utc_ns && until_utc_ns - c->at_utc_ns > within_ns)
			resolved++;
	}
	return part(resolved, resolved + again, ret_part);
}

/* ---- Intervals --------------------------------------------------------------------------------
 */

struct jf_kpi_sums *jf_kpi_interval(struct jf_kpi_account *account, uint64_t utc_ns)
{
	uint64_t number = utc_ns / account->interval_ns;

	/* After a silence longer than the ring nothing of it is worth keeping. */
	if (account->n && number >= account->first + account->n + JF_KPI_INTERVALS_MAX)
		account->n = 0;
	if (!account->n)
		account->first = number;
	if (number < account->first)
		return NULL;
	while (number >= account->first + account->n) {
		uint64_t newest = account->first + account->n;

		memset(&account->sums[newest % JF_KPI_INTERVALS_MAX], 0, sizeof(account->sums[0]));
		if (account->n < JF_KPI_INTERVALS_MAX)
			account->n++;
		else
			account->first++;
	}
	return &account->sums[number % JF_KPI_INTERVALS_MAX];
}

void jf_kpi_spend(struct jf_kpi_account *account, uint32_t field, uint64_t from_utc_ns,
                  uint64_t to_utc_ns)
{
	while (from_utc_ns < to_utc_ns) {
		uint64_t boundary = (from_utc_ns / account->interval_ns + 1) * account->interval_ns;
		uint64_t until = boundary < to_utc_ns ? boundary : to_utc_ns;
		struct jf_kpi_sums *s = jf_kpi_interval(account, from_utc_ns);

		if (s)
			*(uint64_t *)(void *)((char *)s + field) += until - from_utc_ns;
		from_utc_ns = until;
	}
}

static void service_event(struct jf_kpi_account *account, enum jf_kpi_end end,
                          uint64_t entered_utc_ns, uint64_t left_utc_ns, uint64_t sl_threshold_ns)
{
	uint64_t reached_utc_ns = entered_utc_ns + sl_threshold_ns;
	bool within = left_utc_ns <= reached_utc_ns;
	struct jf_kpi_sums *s = jf_kpi_interval(account, within ? left_utc_ns : reached_utc_ns);

	if (!s || end == JF_KPI_END_SHORT)
		return;
	if (!within)
		s->sl_reached++;
	else if (end == JF_KPI_END_ANSWERED)
		s->sl_answered++;
	else if (end == JF_KPI_END_ABANDONED || end == JF_KPI_END_ABANDONED_RINGING)
		s->sl_abandoned++;
}

void jf_kpi_call(struct jf_kpi_account *account, enum jf_kpi_end end, uint64_t entered_utc_ns,
                 uint64_t left_utc_ns, uint64_t sl_threshold_ns)
{
	uint64_t waited_ns = left_utc_ns > entered_utc_ns ? left_utc_ns - entered_utc_ns : 0;
	struct jf_kpi_sums *s;

	service_event(account, end, entered_utc_ns, left_utc_ns, sl_threshold_ns);
	s = jf_kpi_interval(account, left_utc_ns);
	if (!s)
		return;
	s->offered++;
	s->left++;
	s->wait_all_ns += waited_ns;
	s->answered += end == JF_KPI_END_ANSWERED;
	s->abandoned += end == JF_KPI_END_ABANDONED || end == JF_KPI_END_ABANDONED_RINGING;
	s->abandoned_ringing += end == JF_KPI_END_ABANDONED_RINGING;
	s->short_abandoned += end == JF_KPI_END_SHORT;
	s->overflowed += end == JF_KPI_END_OVERFLOWED;
	s->callbacks += end == JF_KPI_END_CALLBACK;
	s->released += end == JF_KPI_END_RELEASED;
	s->voicemails += end == JF_KPI_END_VOICEMAIL;
	if (end == JF_KPI_END_ANSWERED)
		s->wait_answered_ns += waited_ns;
}

void jf_kpi_left_intake(struct jf_kpi_sums *sums, enum jf_kpi_way way)
{
	sums->arrived++;
	sums->queued += way == JF_KPI_WAY_QUEUED;
	sums->contained += way == JF_KPI_WAY_CONTAINED;
	sums->abandoned_ivr += way == JF_KPI_WAY_ABANDONED;
	sums->abandoned_ringing += way == JF_KPI_WAY_ABANDONED_RINGING;
	sums->transferred += way == JF_KPI_WAY_TRANSFERRED;
	sums->callbacks += way == JF_KPI_WAY_CALLBACK;
	sums->voicemails += way == JF_KPI_WAY_VOICEMAIL;
	sums->released += way == JF_KPI_WAY_RELEASED;
}
