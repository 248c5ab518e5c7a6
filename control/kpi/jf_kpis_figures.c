// SPDX-License-Identifier: BSD-3-Clause
/* What is told of sums, by what they are of. */
#include <math.h>
#include <stddef.h>

#include "jf_kpis.h"

/* Whom a figure is told of. */
#define QUEUE  (1u << JF_KPIS_QUEUE)
#define SERVES (1u << JF_KPIS_QUEUE | 1u << JF_KPIS_AGENT | 1u << JF_KPIS_TEAM)
#define INTAKE (1u << JF_KPIS_FLOW | 1u << JF_KPIS_TENANT)

#define COUNT(name, kinds)                                                                         \
	{                                                                                          \
#name, offsetof(struct jf_kpi_sums, name), kinds                                   \
	}

static const struct {
	const char *name;
	size_t at;
	unsigned int kinds;
} counts[] = {
        COUNT(arrived, INTAKE),
        COUNT(contained, INTAKE),
        COUNT(abandoned_ivr, INTAKE),
        COUNT(queued, INTAKE),
        COUNT(transferred, INTAKE),
        COUNT(offered, QUEUE),
        COUNT(answered, QUEUE),
        COUNT(abandoned, QUEUE),
        COUNT(abandoned_ringing, QUEUE | INTAKE),
        COUNT(short_abandoned, QUEUE),
        COUNT(overflowed, QUEUE),
        COUNT(callbacks, QUEUE | INTAKE),
        COUNT(voicemails, QUEUE | INTAKE),
        COUNT(released, QUEUE | INTAKE),
        COUNT(handled, SERVES),
        COUNT(transferred_out, SERVES),
        COUNT(surveys, SERVES),
        COUNT(surveys_answered, SERVES),
};

static bool sl_ignored(const struct jf_kpi_sums *s, double *ret_part)
{
	return jf_kpi_service_level(s, JF_KPI_ABANDONS_IGNORED, ret_part);
}

static bool sl_against(const struct jf_kpi_sums *s, double *ret_part)
{
	return jf_kpi_service_level(s, JF_KPI_ABANDONS_COUNTED_AGAINST, ret_part);
}

static bool sl_for(const struct jf_kpi_sums *s, double *ret_part)
{
	return jf_kpi_service_level(s, JF_KPI_ABANDONS_COUNTED_FOR, ret_part);
}

enum unit {
	MS,      /* of seconds, whole */
	PERCENT, /* of a part, to a tenth */
	PLAIN,   /* to a hundredth */
};

static const struct {
	const char *name;
	bool (*make)(const struct jf_kpi_sums *s, double *ret_figure);
	enum unit unit;
	unsigned int kinds;
} figures[] = {
        {"containment_rate", jf_kpi_containment_rate, PERCENT, INTAKE},
        {"intake_abandon_rate", jf_kpi_intake_abandon_rate, PERCENT, INTAKE},
        {"sl_ignored", sl_ignored, PERCENT, QUEUE},
        {"sl_against", sl_against, PERCENT, QUEUE},
        {"sl_for", sl_for, PERCENT, QUEUE},
        {"asa_ms", jf_kpi_asa_s, MS, QUEUE},
        {"wait_ms", jf_kpi_wait_s, MS, QUEUE},
        {"abandon_rate", jf_kpi_abandon_rate, PERCENT, QUEUE},
        {"aht_ms", jf_kpi_aht_s, MS, SERVES},
        {"acw_ms", jf_kpi_acw_s, MS, SERVES},
        {"occupancy", jf_kpi_occupancy, PERCENT, SERVES},
        {"transfer_rate", jf_kpi_transfer_rate, PERCENT, SERVES},
        {"csat", jf_kpi_csat, PERCENT, SERVES},
        {"nps", jf_kpi_nps, PERCENT, SERVES},
        {"ces", jf_kpi_ces, PLAIN, SERVES},
};

static json_t *in_unit(double figure, enum unit unit)
{
	switch (unit) {
	case MS:
		return json_integer((json_int_t)(figure * 1000 + 0.5));
	case PERCENT:
		return json_real(round(figure * 1000) / 10);
	default:
		return json_real(round(figure * 100) / 100);
	}
}

void jf_kpis_figures_add(json_t *json, enum jf_kpis_kind kind, const struct jf_kpi_sums *sums)
{
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const void *value = (const char *)sums + counts[i].at;

		if (counts[i].kinds & 1u << kind)
			json_object_set_new(json, counts[i].name,
			                    json_integer((json_int_t) * (const uint64_t *)value));
	}
	if (1u << kind & QUEUE)
		json_object_set_new(
		        json, "abandoned_queue",
		        json_integer((json_int_t)(sums->abandoned - sums->abandoned_ringing)));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		double figure;

		if (figures[i].kinds & 1u << kind)
			json_object_set_new(json, figures[i].name,
			                    figures[i].make(sums, &figure)
			                            ? in_unit(figure, figures[i].unit)
			                            : json_null());
	}
}

json_t *jf_kpis_figures(enum jf_kpis_kind kind, const struct jf_kpi_sums *sums)
{
	json_t *json = json_object();

	jf_kpis_figures_add(json, kind, sums);
	return json;
}
