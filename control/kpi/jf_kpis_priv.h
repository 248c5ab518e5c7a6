/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_KPIS_PRIV_H
#define JF_KPIS_PRIV_H

#include "jf_bus.h"
#include "jf_kpis.h"
#include "jf_list.h"
#include "jf_loop.h"
#include "jf_store.h"
#include "jf_time.h"

#define JF_KPIS_KEY_MAX     160u /* "q/acme/billing/", NUL: the letter is the kind's */
#define JF_KPIS_CELLS       3u   /* intervals of one that are at hand */
#define JF_KPIS_BUCKETS     16384u
#define JF_KPIS_INTERVAL_NS (JF_KPIS_INTERVAL_S * JF_NS_PER_S)

/* One interval of one. */
struct jf_kpis_cell {
	uint64_t number; /* UTC / length; 0: none */
	bool dirty;      /* not stored as it is */
	struct jf_kpi_sums sums;
};

struct jf_kpis_subject {
	struct jf_kpis_subject *next; /* in its bucket */
	struct jf_link dirty_link;
	char key[JF_KPIS_KEY_MAX];
	enum jf_kpis_kind kind;
	struct jf_kpis_cell cells[JF_KPIS_CELLS];
	struct jf_kpi_sums today;
	uint64_t today_utc_ns; /* when that began */

	/* Of an agent. */
	enum jf_agent_state state;
	uint64_t since_utc_ns;                /* counted up to then; 0: not seen yet */
	uint64_t until_utc_ns;                /* counted up to then by a process before this one */
	struct jf_kpis_subject *queue, *team; /* NULL: none */
	struct jf_kpis_subject **serves;
	uint32_t n_serves;
};

struct jf_kpis_tenant {
	char name[JF_ACD_NAME_MAX];
	uint64_t begin_utc_ns;
};

struct jf_kpis {
	struct jf_store *store;
	struct jf_bus *bus;
	struct jf_kpis_subject *buckets[JF_KPIS_BUCKETS];
	struct jf_list dirty;
	struct jf_loop_timer store_timer, walk_timer;
	uint32_t walk_at;     /* the bucket that is looked at next */
	uint64_t walk_number; /* the interval that is over */
	struct jf_kpis_tenant *tenants;
	uint32_t n_tenants;
	bool stopped;
	struct jf_kpi_account scratch;
};

/* What is particular to a kind. */
struct jf_kpis_kind_row {
	char letter;       /* of its keys */
	const char *word;  /* what it is called in what is told; NULL: its tenant says it all */
	const char *topic; /* its intervals are told as that; NULL: they are not */
};
extern const struct jf_kpis_kind_row jf_kpis_kinds[JF_KPIS_KIND_COUNT];

uint64_t jf_kpis_utc_ns(void);

/* jf_kpis_store.c: rows and back. */
/* Reads it, or zeros. */
void jf_kpis_row_get(struct jf_kpis *kpis, const char *key, uint64_t number,
                     struct jf_kpi_sums *ret_sums);
/* Adds up its rows from that interval on, and reads up to when they count. */
void jf_kpis_rows_sum(struct jf_kpis *kpis, struct jf_kpis_subject *s, uint64_t from_number);
/* Its rows are stored soon. */
void jf_kpis_dirty(struct jf_kpis *kpis, struct jf_kpis_subject *s);
void jf_kpis_flush(struct jf_kpis *kpis);

/* jf_kpis.c: NULL without memory. */
struct jf_kpis_subject *jf_kpis_subject(struct jf_kpis *kpis, const struct jf_kpis_name *name);
/* What an agent did since it was counted last. */
void jf_kpis_spend(struct jf_kpis *kpis, struct jf_kpis_subject *agent, uint64_t utc_ns);

/* jf_kpis_walk.c: when an interval is over. */
void jf_kpis_walk_arm(struct jf_kpis *kpis);

#endif
