// SPDX-License-Identifier: BSD-3-Clause
/* Which fields of jf_directory_acd.h's values differ. */
#include <string.h>

#include "jf_directory_priv.h"

static bool texts_differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool queues_differ(const struct jf_directory_queue *a, const struct jf_directory_queue *b)
{
	return texts_differ(a ? a->name : NULL, b ? b->name : NULL);
}

static bool steps_differ(const struct jf_directory_step *a, unsigned n_a,
                         const struct jf_directory_step *b, unsigned n_b)
{
	if (n_a != n_b)
		return true;
	for (unsigned i = 0; i < n_a; i++)
		if (a[i].after_ms != b[i].after_ms || texts_differ(a[i].skills, b[i].skills))
			return true;
	return false;
}

static bool data_differ(const struct jf_directory_wants *a, const struct jf_directory_wants *b)
{
	if (a->n_data != b->n_data)
		return true;
	for (uint32_t i = 0; i < a->n_data; i++)
		if (texts_differ(a->data[i].name, b->data[i].name) ||
		    texts_differ(a->data[i].value, b->data[i].value))
			return true;
	return false;
}

static bool overflow_differs(const struct jf_directory_rules *a, const struct jf_directory_rules *b)
{
	if (a->n_overflow != b->n_overflow)
		return true;
	for (unsigned i = 0; i < a->n_overflow; i++)
		if (a->overflow[i].when != b->overflow[i].when ||
		    a->overflow[i].limit != b->overflow[i].limit ||
		    queues_differ(a->overflow[i].to, b->overflow[i].to))
			return true;
	return false;
}

static bool closed_differs(const struct jf_directory_closed *a, const struct jf_directory_closed *b)
{
	return texts_differ(a->prompt, b->prompt) || queues_differ(a->queue, b->queue) ||
	       texts_differ(a->forward, b->forward) || a->waiting != b->waiting;
}

static bool hours_differ(const struct jf_calendar_hours *a, const struct jf_calendar_hours *b)
{
	if (a->count != b->count)
		return true;
	for (unsigned i = 0; i < a->count; i++)
		if (a->spans[i].from_min != b->spans[i].from_min ||
		    a->spans[i].to_min != b->spans[i].to_min)
			return true;
	return false;
}

static bool holidays_differ(const struct jf_calendar *a, const struct jf_calendar *b)
{
	if (a->n_holidays != b->n_holidays)
		return true;
	for (uint32_t i = 0; i < a->n_holidays; i++) {
		const struct jf_calendar_holiday *x = &a->holidays[i], *y = &b->holidays[i];

		if (x->date.year != y->date.year || x->date.month != y->date.month ||
		    x->date.day != y->date.day || texts_differ(x->name, y->name) ||
		    hours_differ(&x->hours, &y->hours))
			return true;
	}
	return false;
}

/* ---- One function a kind --------------------------------------------------------------------- */

#define TELL(differs, text)                                                                        \
	if (differs)                                                                               \
	ret_names[n++] = text

unsigned jf_directory_wants_differ(const struct jf_directory_wants *a,
                                   const struct jf_directory_wants *b,
                                   const char *ret_names[JF_DIRECTORY_ACD_FIELDS])
{
	unsigned n = 0;

	TELL(a->has_priority != b->has_priority || a->priority != b->priority, "priority");
	TELL(steps_differ(a->steps, a->n_steps, b->steps, b->n_steps), "requires");
	TELL(texts_differ(a->language, b->language), "language");
	TELL(data_differ(a, b), "data");
	return n;
}

unsigned jf_directory_rules_differ(const struct jf_directory_rules *a,
                                   const struct jf_directory_rules *b,
                                   const char *ret_names[JF_DIRECTORY_ACD_FIELDS])
{
	unsigned n = 0;

	TELL(a->agents_by != b->agents_by, "agents_by");
	TELL(a->ring_at_once != b->ring_at_once, "ring_at_once");
	TELL(a->calls_by != b->calls_by, "calls_by");
	TELL(a->ageing != b->ageing, "ageing");
	TELL(a->priority_cap != b->priority_cap, "priority_cap");
	TELL(a->age_cap_ms != b->age_cap_ms, "age_cap_s");
	TELL(a->short_abandon_ms != b->short_abandon_ms, "short_abandon_s");
	TELL(a->threshold_ms != b->threshold_ms || a->target != b->target, "service_level");
	TELL(a->wrap_up_open != b->wrap_up_open, "wrap_up");
	TELL(a->wrap_up_extend_ms != b->wrap_up_extend_ms, "wrap_up_extend_s");
	TELL(a->last_agent_ms != b->last_agent_ms, "last_agent_s");
	TELL(steps_differ(a->steps, a->n_steps, b->steps, b->n_steps), "requires");
	TELL(overflow_differs(a, b), "overflow");
	TELL(texts_differ(a->calendar ? a->calendar->name : NULL,
	                  b->calendar ? b->calendar->name : NULL),
	     "calendar");
	TELL(closed_differs(&a->closed, &b->closed), "closed");
	return n;
}

unsigned jf_directory_abilities_differ(const struct jf_directory_abilities *a,
                                       const struct jf_directory_abilities *b,
                                       const char *ret_names[JF_DIRECTORY_ACD_FIELDS])
{
	bool skills = a->n_skills != b->n_skills;
	unsigned n = 0;

	for (uint32_t i = 0; !skills && i < a->n_skills; i++)
		skills = a->skills[i].level != b->skills[i].level ||
		         strcmp(a->skills[i].name, b->skills[i].name) != 0;
	TELL(skills, "skills");
	TELL(a->idle_through != b->idle_through, "idle_through");
	TELL(a->capacity != b->capacity, "capacity");
	return n;
}

unsigned jf_directory_desk_differ(const struct jf_directory_desk *a,
                                  const struct jf_directory_desk *b,
                                  const char *ret_names[JF_DIRECTORY_ACD_FIELDS])
{
	const struct jf_directory_codes *x = &a->codes, *y = &b->codes;
	bool reasons = a->n_reasons != b->n_reasons;
	unsigned n = 0;

	for (uint32_t i = 0; !reasons && i < a->n_reasons; i++)
		reasons = strcmp(a->reasons[i], b->reasons[i]) != 0;
	TELL(texts_differ(a->zone_name, b->zone_name), "zone");
	TELL(texts_differ(x->ready, y->ready) || texts_differ(x->not_ready, y->not_ready) ||
	             texts_differ(x->wrap_up_end, y->wrap_up_end) ||
	             texts_differ(x->wrap_up_extend, y->wrap_up_extend) ||
	             texts_differ(x->logout, y->logout),
	     "codes");
	TELL(reasons, "reasons");
	return n;
}

unsigned jf_directory_calendar_differ(const struct jf_directory_calendar *a,
                                      const struct jf_directory_calendar *b,
                                      const char *ret_names[JF_DIRECTORY_ACD_FIELDS])
{
	bool week = false;
	unsigned n = 0;

	for (unsigned i = 0; i < 7; i++)
		week |= hours_differ(&a->hours.week[i], &b->hours.week[i]);
	TELL(texts_differ(a->zone, b->zone), "zone");
	TELL(week, "week");
	TELL(holidays_differ(&a->hours, &b->hours), "holidays");
	return n;
}

unsigned jf_directory_caller_differ(const struct jf_directory_caller *a,
                                    const struct jf_directory_caller *b,
                                    const char *ret_names[JF_DIRECTORY_ACD_FIELDS])
{
	unsigned n = jf_directory_wants_differ(&a->wants, &b->wants, ret_names);

	TELL(texts_differ(a->number, b->number), "number");
	TELL(texts_differ(a->name, b->name), "name");
	TELL(a->vip != b->vip, "vip");
	TELL(texts_differ(a->agent, b->agent) || a->agent_ms != b->agent_ms, "agent");
	return n;
}
