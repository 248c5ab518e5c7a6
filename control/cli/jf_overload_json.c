// SPDX-License-Identifier: BSD-3-Clause
#include "jf_overload_json.h"

#include "jf_sip_admit.h"
#include "jf_time.h"

/* Only the reasons that there were. */
static json_t *refused_json(const struct jf_sip_load *load)
{
	json_t *refused = json_object();

	for (enum jf_sip_why w = JF_SIP_WHY_OVERLOAD; w < JF_SIP_WHY_DOOR_END; w++)
		if (load->refused[w])
			json_object_set_new(refused, jf_sip_why_word(w),
			                    json_integer((json_int_t)load->refused[w]));
	return refused;
}

static double wait_ms(const struct jf_sip_load *load, double share)
{
	return (double)jf_sip_load_wait_ns(load, share) / (double)JF_NS_PER_MS;
}

json_t *jf_overload_json(const struct jf_sip_load *load)
{
	json_t *json = json_pack(
	        "{s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}",
	        "state", load->overload ? "overload" : "normal", "overloads",
	        (json_int_t)load->began, "calls", (json_int_t)load->calls, "urgent",
	        (json_int_t)load->urgent, "others", (json_int_t)load->others, "refused",
	        refused_json(load), "refused_again", (json_int_t)load->refused_again,
	        "others_refused", (json_int_t)load->others_refused, "strangers_limited",
	        (json_int_t)load->limited, "dropped", (json_int_t)load->dropped, "waiting",
	        (json_int_t)load->waiting, "wait_p50_ms", wait_ms(load, 0.5), "wait_p99_ms",
	        wait_ms(load, 0.99), "busy_share", load->busy_share, "call_cost_us", load->call_us);

	if (json && load->overload) {
		json_object_set_new(json, "calls_per_second", json_real(load->calls_per_second));
		json_object_set_new(json, "loss_percent", json_integer(load->loss_percent));
	}
	return json;
}
