// SPDX-License-Identifier: BSD-3-Clause
#include "jf_routing_acd.h"

#include "jf_acd_flow.h"
#include "jf_acd_skill.h"

#define MINUTE_NS (60 * JF_NS_PER_S)

struct jf_acd_queue_options jf_routing_queue_options(const struct jf_directory_queue *queue)
{
	const struct jf_directory_rules *rules = &queue->rules;

	return (struct jf_acd_queue_options){
	        .wrap_up_ns = queue->wrap_up_ms * JF_NS_PER_MS,
	        .wrap_up_open = rules->wrap_up_open,
	        .wrap_up_extend_ns = rules->wrap_up_extend_ms * JF_NS_PER_MS,
	        .short_abandon_ns = rules->short_abandon_ms * JF_NS_PER_MS,
	        .max_wait_ns = queue->max_wait_ms * JF_NS_PER_MS,
	        .agents_by = rules->agents_by,
	        .ring_at_once = (uint8_t)rules->ring_at_once,
	        .calls_by = rules->calls_by,
	        .ageing_ns = rules->ageing ? MINUTE_NS / rules->ageing : 0,
	        .priority_cap = (uint16_t)rules->priority_cap,
	        .age_cap_ns = rules->age_cap_ms * JF_NS_PER_MS,
	};
}

int jf_routing_overflow_set(struct jf_acd *acd, const struct jf_directory_queue *queue,
                            jf_routing_queue_of *of, void *arg)
{
	const struct jf_directory_rules *rules = &queue->rules;
	struct jf_acd_overflow list[JF_ACD_OVERFLOW_MAX];

	for (unsigned int i = 0; i < rules->n_overflow; i++) {
		const struct jf_directory_overflow *rule = &rules->overflow[i];

		list[i] = (struct jf_acd_overflow){rule->when, rule->limit, of(rule->to, arg)};
		if (rule->when == JF_ACD_OVERFLOW_BY_WAIT ||
		    rule->when == JF_ACD_OVERFLOW_BY_ESTIMATE)
			list[i].limit *= JF_NS_PER_MS;
	}
	return jf_acd_overflow_set(acd, of(queue, arg), list, rules->n_overflow);
}

int jf_routing_abilities_set(struct jf_acd *acd, struct jf_acd_ref agent, uint32_t tenant,
                             const struct jf_directory_abilities *abilities, uint64_t now_ns)
{
	struct jf_acd_skill_level levels[JF_ACD_AGENT_SKILLS_MAX];
	int err = jf_acd_agent_idle_set(acd, agent, abilities->idle_through);

	if (!err)
		err = jf_acd_agent_capacity_set(acd, agent, abilities->capacity, now_ns);
	for (uint32_t i = 0; i < abilities->n_skills && !err; i++) {
		levels[i] = (struct jf_acd_skill_level){.level = abilities->skills[i].level};
		err = jf_acd_skill(acd, tenant, abilities->skills[i].name, &levels[i].skill);
	}
	return err ? err : jf_acd_agent_skills_set(acd, agent, levels, abilities->n_skills, now_ns);
}
