/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is counted of a queue or an agent, and what is made of it. Sums and counts only, so that
 * intervals add up to hours, days and weeks; a figure is made when it is looked at. Pure; owner and
 * thread are the caller's.
 *
 * Intervals are of UTC. A call's figures land in the interval in which it ends; the time of a state
 * is split at the boundaries; each service level event counts where it happens.
 */
#ifndef JF_KPI_H
#define JF_KPI_H

#include <stdbool.h>
#include <stdint.h>

struct jf_kpi_sums {
	uint64_t offered, answered, abandoned, short_abandoned, overflowed, callbacks;
	uint64_t left;             /* left the queue, answered or not */
	uint64_t wait_answered_ns; /* sum over the answered */
	uint64_t wait_all_ns;      /* sum over all who left */
	uint64_t handled, transferred_out;
	uint64_t talk_ns, hold_ns, wrapup_ns, ringing_ns, ready_ns, not_ready_ns;
	/* Service level events: answered within the threshold, abandoned within it, it was reached.
	 */
	uint64_t sl_answered, sl_abandoned, sl_reached;
	uint64_t released, voicemails; /* we let them go; they left a message */
	uint64_t abandoned_ringing;    /* of the abandoned: while a phone rang for them */
	/* Of what comes before any queue: who arrived, and what became of them beside callbacks,
	 * voicemails, released and abandoned_ringing. Each is counted as one of these. */
	uint64_t arrived;
	uint64_t contained;     /* came to a planned end in a flow */
	uint64_t abandoned_ivr; /* hung up there, or in a greeting */
	uint64_t queued;        /* went on into a queue */
	uint64_t transferred;   /* to an agent or a number, and was answered there */
	/* Surveys, and their answers (SEMANTICS: top-two-box, 9-10 less 0-6, mean). */
	uint64_t surveys, surveys_answered; /* begun; with one answer at least */
	uint64_t csat_n, csat_top, nps_n, nps_promoters, nps_detractors, ces_n, ces_sum;
};

void jf_kpi_add(struct jf_kpi_sums *to, const struct jf_kpi_sums *more);

/* ---- Figures: false, and nothing is given, where there is nothing to divide by ----------------
 */

enum jf_kpi_abandons {
	JF_KPI_ABANDONS_IGNORED,         /* A / (O - B) */
	JF_KPI_ABANDONS_COUNTED_AGAINST, /* A / O */
	JF_KPI_ABANDONS_COUNTED_FOR,     /* (A + B) / O */
};

bool jf_kpi_service_level(const struct jf_kpi_sums *s, enum jf_kpi_abandons how, double *ret_part);
/* Mean wait of the answered; of all who left. */
bool jf_kpi_asa_s(const struct jf_kpi_sums *s, double *ret_s);
bool jf_kpi_wait_s(const struct jf_kpi_sums *s, double *ret_s);
/* (talk + hold + wrap-up) / handled segments; its wrap-up part. */
bool jf_kpi_aht_s(const struct jf_kpi_sums *s, double *ret_s);
bool jf_kpi_acw_s(const struct jf_kpi_sums *s, double *ret_s);
/* abandoned / (offered - short): abandoned counts those that were not short. */
bool jf_kpi_abandon_rate(const struct jf_kpi_sums *s, double *ret_part);
/* (talk + hold + wrap-up + ringing) / (that + ready). */
bool jf_kpi_occupancy(const struct jf_kpi_sums *s, double *ret_part);
/* (talk + hold + wrap-up) / paid time. */
bool jf_kpi_utilisation(const struct jf_kpi_sums *s, uint64_t paid_ns, double *ret_part);
bool jf_kpi_transfer_rate(const struct jf_kpi_sums *s, double *ret_part);
/* contained / arrived; (abandoned_ivr + abandoned_ringing) / arrived. */
bool jf_kpi_containment_rate(const struct jf_kpi_sums *s, double *ret_part);
bool jf_kpi_intake_abandon_rate(const struct jf_kpi_sums *s, double *ret_part);
/* Of surveys: 0 .. 1; -1 .. 1; 1 .. 7. */
bool jf_kpi_csat(const struct jf_kpi_sums *s, double *ret_share);
bool jf_kpi_nps(const struct jf_kpi_sums *s, double *ret_score);
bool jf_kpi_ces(const struct jf_kpi_sums *s, double *ret_mean);

/* ---- First-contact resolution ------------------------------------------------------------------
 */

struct jf_kpi_contact {
	uint64_t customer; /* the owner's number for it */
	uint64_t at_utc_ns;
};

/*
 * The part of the contacts after which the same customer did not come again within so long (7 days
 * are usual). Those who may still come again by until_utc_ns are not judged yet. Sorts the
 * contacts. False: none can be judged.
 */
bool jf_kpi_fcr(struct jf_kpi_contact *contacts, uint32_t n, uint64_t within_ns,
                uint64_t until_utc_ns, double *ret_part);

/* ---- Intervals --------------------------------------------------------------------------------
 */

#define JF_KPI_INTERVALS_MAX 192u /* two days of 15 minutes */

/* The last intervals, a ring; of zeros but the length it is empty. */
struct jf_kpi_account {
	uint64_t interval_ns; /* 15 or 30 minutes */
	uint64_t first;       /* number of the oldest interval held: UTC / length */
	uint32_t n;
	struct jf_kpi_sums sums[JF_KPI_INTERVALS_MAX];
};

/* The interval of that time, begun if it is new; the oldest goes. NULL: older than all held. */
struct jf_kpi_sums *jf_kpi_interval(struct jf_kpi_account *account, uint64_t utc_ns);

/* What is spent in a state lands in field (an offset in struct jf_kpi_sums), split at boundaries.
 */
void jf_kpi_spend(struct jf_kpi_account *account, uint32_t field, uint64_t from_utc_ns,
                  uint64_t to_utc_ns);

/* A call left its queue; sl_threshold_ns is clocked from queue entry. What happened at the
 * threshold lands in that interval, the rest in the one of the end. */
enum jf_kpi_end {
	JF_KPI_END_ANSWERED,
	JF_KPI_END_ABANDONED,
	JF_KPI_END_ABANDONED_RINGING, /* while an agent's phone rang */
	JF_KPI_END_SHORT,             /* a short abandon: out of service level */
	JF_KPI_END_OVERFLOWED,
	JF_KPI_END_CALLBACK,
	JF_KPI_END_RELEASED, /* by us */
	JF_KPI_END_VOICEMAIL,
};
void jf_kpi_call(struct jf_kpi_account *account, enum jf_kpi_end end, uint64_t entered_utc_ns,
                 uint64_t left_utc_ns, uint64_t sl_threshold_ns);

/* How a caller left what comes before any queue. */
enum jf_kpi_way {
	JF_KPI_WAY_QUEUED,
	JF_KPI_WAY_CONTAINED,
	JF_KPI_WAY_ABANDONED, /* in the IVR */
	JF_KPI_WAY_ABANDONED_RINGING,
	JF_KPI_WAY_TRANSFERRED,
	JF_KPI_WAY_CALLBACK,
	JF_KPI_WAY_VOICEMAIL,
	JF_KPI_WAY_RELEASED, /* by us, and not as planned */
	JF_KPI_WAY_COUNT,
};
void jf_kpi_left_intake(struct jf_kpi_sums *sums, enum jf_kpi_way way);

#endif
